/**
 * @file What every benchmark beside a peer shares: the peer's own environment (Python or Node), a long-lived peer process, interleaving, and an honest report.
 *
 * A peer script reads one JSON object a line from stdin and answers each with one JSON line on stdout (stderr goes through to the terminal).
 * Arrays travel as raw little-endian files in a temporary folder: see {@link writeArray}.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { KindredError } from '../src/base/index.ts'

/** What a benchmark exports as `run`: its figures, of which `ratio` is kindred / peer, below 1 where kindred is faster. */
export type Benchmark = (argv: string[]) => Promise<{ ratio: number } & Record<string, unknown>>

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * The Python of a virtual environment under `.cache/bench-venv/` with exactly these requirements; made on first use, kept afterwards.
 *
 * @param name         one environment a benchmark
 * @param requirements pinned, as pip wants them, or nothing for the lines of `bench/requirements.txt` under `# name`
 */
export function pythonWith(name: string, requirements: readonly string[] = pinned(name)): string {
  const folder = join(root, '.cache', 'bench-venv', name)
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const stamp = join(folder, 'requirements.sha256')
  const wanted = createHash('sha256').update(requirements.join('\n')).digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python
  console.error(`Making the peer's environment in ${folder}: ${requirements.join(', ')}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  command(process.env.PYTHON ?? 'python3', ['-m', 'venv', folder])
  command(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements])
  writeFileSync(stamp, wanted)
  return python
}

/**
 * A folder under `.cache/bench-node/` where exactly these npm packages are installed; made on first use, kept afterwards. Scripts of packages are not run.
 *
 * @param packages pinned, as npm wants them: `name@1.2.3`
 */
export function nodeWith(name: string, packages: readonly string[]): string {
  const folder = join(root, '.cache', 'bench-node', name)
  const stamp = join(folder, 'packages.txt')
  const wanted = packages.join('\n')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return folder
  console.error(`Making the peer's environment in ${folder}: ${packages.join(', ')}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  command(
    'npm',
    ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...packages],
    'The peer needs npm and the package registry.',
  )
  writeFileSync(stamp, wanted)
  return folder
}

/** The requirements of one benchmark: the lines of `bench/requirements.txt` between `# name` and the next blank line. */
function pinned(name: string): string[] {
  const section = readFileSync(join(root, 'bench', 'requirements.txt'), 'utf8')
    .split(/\n\s*\n/)
    .find((block) => block.trim().split('\n')[0] === `# ${name}`)
  if (section === undefined) throw new KindredError('not-found', 'bench', `bench/requirements.txt must have a section "# ${name}"`, 'none')
  return section
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('#'))
}

function command(
  program: string,
  args: string[],
  needs = 'The peer needs Python 3.11 or newer with pip (set PYTHON to choose one), and the package index.',
): void {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0)
    throw new KindredError(
      'not-found',
      'bench',
      `\`${program} ${args.slice(0, 3).join(' ')} ...\` must succeed`,
      error?.message ?? `exit ${status}`,
      needs,
    )
}

/** A running peer. */
export interface Peer {
  /** Sends one request and waits for its answer; requests must not overlap. */
  ask<T = Record<string, unknown>>(request: Record<string, unknown>): Promise<T>
  /** Ends the process. */
  close(): void
}

/** Starts `bench/<script>` with the given Python, or Node for `.mjs`; it stays alive between requests, so that imports and warm-up are paid once. */
export function startPeer(program: string, script: string, env: Record<string, string> = {}): Peer {
  const path = join(root, 'bench', script)
  const child = spawn(program, script.endsWith('.mjs') ? [path] : ['-u', path], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  child.on('error', () => {}) // a failed start ends stdout, which `ask` reports
  child.stdin.on('error', () => {})
  return {
    async ask<T>(request: Record<string, unknown>) {
      child.stdin.write(`${JSON.stringify(request)}\n`)
      const { value, done } = await lines.next()
      if (done)
        throw new KindredError(
          'io',
          'bench',
          `bench/${script} must answer ${JSON.stringify(request).slice(0, 80)}`,
          'its end',
          'Its own message is above.',
        )
      return JSON.parse(value) as T
    },
    close: () => child.stdin.end(),
  }
}

/** A fresh folder for arrays, removed when the process exits. */
export function exchangeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kindred-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes a typed array's raw bytes (`numpy.fromfile(path, dtype)` reads them) and returns the path. */
export function writeArray(folder: string, name: string, array: ArrayBufferView): string {
  const path = join(folder, name)
  writeFileSync(path, new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
  return path
}

/** Reads what `array.astype('<f4').tofile(path)` wrote. */
export function readFloat32(path: string): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(path)).buffer)
}

/** Seconds on the wall and on all processor cores together. */
export interface Timing {
  wall: number
  cpu: number
}

/** Times a piece of work in this process. */
export async function timed<T>(work: () => T | Promise<T>): Promise<Timing & { result: T }> {
  const cpu = process.cpuUsage()
  const wall = process.hrtime.bigint()
  const result = await work()
  const used = process.cpuUsage(cpu)
  return { wall: Number(process.hrtime.bigint() - wall) / 1e9, cpu: (used.user + used.system) / 1e6, result }
}

/** One kindred measurement and the peer's beside it. */
export interface Pair<A, B> {
  kindred: A
  peer: B
}

/**
 * Measures A B A B ... so that whatever else the machine does falls on both alike.
 *
 * Every second pair begins with the peer, so that neither always follows the other.
 */
export async function interleave<A extends Timing, B extends Timing>(
  pairs: number,
  kindred: (pair: number) => Promise<A>,
  peer: (pair: number) => Promise<B>,
): Promise<Pair<A, B>[]> {
  const out: Pair<A, B>[] = []
  for (let i = 0; i < pairs; i++) {
    if (i % 2 === 0) {
      const a = await kindred(i)
      out.push({ kindred: a, peer: await peer(i) })
    } else {
      const b = await peer(i)
      out.push({ kindred: await kindred(i), peer: b })
    }
    const { kindred: k, peer: p } = out[i]
    console.error(
      `pair ${i + 1} of ${pairs}: kindred ${k.wall.toPrecision(3)} s, peer ${p.wall.toPrecision(3)} s, ratio ${(k.wall / p.wall).toPrecision(3)}`,
    )
  }
  return out
}

/** The middle value; the mean of the two middle ones of an even count. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/** Medians of both sides' times and of the pairs' ratios kindred / peer; `ratio` is of wall time. */
export function summarise(pairs: readonly Pair<Timing, Timing>[]): {
  ratio: number
  cpuRatio: number
  ratios: number[]
  kindred: Timing
  peer: Timing
} {
  const side = (of: (pair: Pair<Timing, Timing>) => Timing): Timing => ({
    wall: median(pairs.map((p) => of(p).wall)),
    cpu: median(pairs.map((p) => of(p).cpu)),
  })
  const ratios = pairs.map((p) => p.kindred.wall / p.peer.wall)
  return {
    ratio: median(ratios),
    cpuRatio: median(pairs.map((p) => p.kindred.cpu / p.peer.cpu)),
    ratios,
    kindred: side((p) => p.kindred),
    peer: side((p) => p.peer),
  }
}

/** The machine and how busy it is: belongs in every report. */
export function machine(): { cpu: string; cores: number; load: number[]; node: string } {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    load: loadavg().map((l) => Math.round(l * 100) / 100),
    node: process.version,
  }
}

/** Prints rows as a table with aligned columns, numbers to four figures. */
export function table(rows: readonly Record<string, string | number>[]): void {
  const heads = Object.keys(rows[0])
  const cell = (value: string | number) => (typeof value === 'number' ? String(Number(value.toPrecision(4))) : value)
  const widths = heads.map((head) => Math.max(head.length, ...rows.map((row) => cell(row[head]).length)))
  const line = (cells: string[]) => console.log(cells.map((c, i) => (i === 0 ? c.padEnd(widths[i]) : c.padStart(widths[i]))).join('  '))
  line(heads)
  for (const row of rows) line(heads.map((head) => cell(row[head])))
}

/** An option's text as a whole number from `least` on. @throws Error */
export function wholeNumber(name: string, text: string, least = 0): number {
  if (!/^\d+$/.test(text) || Number(text) < least) throw new Error(`--${name} must be a whole number from ${least} on, got ${text}`)
  return Number(text)
}

/** The one word of a benchmark on a finished digits run: its folder. @throws Error */
export function digitsRunOf([dir, more]: readonly string[]): string {
  if (dir === undefined || more !== undefined) throw new Error('one folder of a finished digits run must be named')
  if (!existsSync(dir) || !statSync(dir).isDirectory()) throw new Error(`${dir} must be a folder of a finished digits run`)
  return dir
}

/**
 * Reads `--name value` options that are whole numbers; unknown names are errors.
 *
 * @param defaults name and default of each
 */
export function numberOptions<T extends Record<string, number>>(argv: string[], defaults: T): T {
  try {
    const { values } = parseArgs({
      args: argv,
      options: Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }])),
    })
    return Object.fromEntries(
      Object.entries(defaults).map(([name, fallback]) => {
        const value = Number(values[name] ?? fallback)
        if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} must be a whole number, got ${values[name]}`)
        return [name, value]
      }),
    ) as T
  } catch (error) {
    throw new KindredError(
      'usage',
      'bench',
      `options must be among ${Object.keys(defaults)
        .map((name) => `--${name} NUMBER`)
        .join(', ')}`,
      (error as Error).message,
    )
  }
}
