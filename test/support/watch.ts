/** @file Runs a program and tells what it wrote and whom it called, by its system calls (strace; Linux only). */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** What a program did outside itself. */
export interface Watched {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  /** Paths opened for writing, made, renamed to or linked, without those under /dev and /proc. */
  readonly written: readonly string[]
  /** Calls that open a way off this machine, and reads of the files by which names are looked up. */
  readonly network: readonly string[]
  /** Paths of the sockets that processes of this machine meet at. */
  readonly meetingPoints: readonly string[]
}

const writing =
  '?open,openat,?openat2,?creat,?mkdir,mkdirat,?rename,renameat,?renameat2,?link,linkat,?symlink,symlinkat,?mknod,mknodat,truncate'

/** Whether system calls can be watched here. */
export const canWatch = (): boolean => spawnSync('strace', ['-f', '-o', '/dev/null', '-e', 'trace=network', 'true']).status === 0

/** Runs `command` to its end under strace, children and threads included. */
export function watch(command: readonly string[], { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }): Watched {
  const folder = mkdtempSync(join(tmpdir(), 'kindred-watch-'))
  try {
    const log = join(folder, 'calls')
    const options = ['-f', '-y', '-qq', '-s', '4096', '--seccomp-bpf', '-o', log, '-e', `trace=%network,${writing}`]
    const { status, stdout, stderr } = spawnSync('strace', [...options, ...command], {
      cwd,
      env,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      timeout: 300_000,
    })
    return { status, stdout, stderr, ...callsOf(readFileSync(log, 'utf8'), cwd) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Reads strace's lines: `PID call(arguments) = result`; a call cut in two by another thread is joined again. */
function callsOf(text: string, cwd: string): { written: string[]; network: string[]; meetingPoints: string[] } {
  const [written, network, meetingPoints] = [new Set<string>(), new Set<string>(), new Set<string>()]
  const begun = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, pid, rest] = /^(\d+) +(.*)$/.exec(line) ?? []
    if (rest === undefined) continue
    const cut = /^(.*) <unfinished \.\.\.>$/.exec(rest)
    if (cut !== null) {
      begun.set(pid, cut[1])
      continue
    }
    const call = rest.replace(/^<\.\.\. \w+ resumed>/, () => begun.get(pid) ?? '')
    const name = /^\w+/.exec(call)?.[0] ?? ''
    const done = /\) = (?!-1)\d/.test(call)
    const paths = [...call.matchAll(/(?:\d+<((?:[^>\\]|\\.)*)>, )?"((?:[^"\\]|\\.)*)"/g)].map(([, base, path]) =>
      resolve(base ?? cwd, path),
    )
    if (name.startsWith('open')) {
      if (done && /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(call)) written.add(paths[0])
      if (paths[0] === '/etc/resolv.conf' || paths[0] === '/etc/hosts') network.add(paths[0])
    } else if (/^(creat|mkdir|mkdirat|mknod|mknodat|truncate)$/.test(name)) {
      if (done) written.add(paths[0])
    } else if (/^(rename|link|symlink)/.test(name)) {
      if (done) written.add(paths.at(-1)!)
    } else if (/^(bind|connect)$/.test(name) && call.includes('AF_UNIX')) {
      meetingPoints.add(paths[0] ?? call)
    } else if (/^(socket|connect|bind|sendto|sendmsg|sendmmsg)$/.test(name) && /\b(AF|PF)_(?!UNIX|LOCAL|NETLINK)/.test(call))
      network.add(call)
  }
  return { written: [...written].filter((path) => !/^\/(dev|proc)\//.test(path)), network: [...network], meetingPoints: [...meetingPoints] }
}
