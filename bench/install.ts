/**
 * @file What an install weighs: the packed tarball in an empty project, as a stranger gets it (no variable set, an empty cache, production dependencies),
 * beside
 * what others bring for the same work. Downloads are the bytes of all package archives, disk the bytes that the files occupy.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { KindredError } from '../src/base/index.ts'
import { npm, strangersEnvironment } from '../test/support/stranger.ts'
import { median, table, type Benchmark } from './peer.ts'

/** The most that an install may weigh on linux-x64, and the most processor time that help may take. */
const limits = { downloadMB: 60, diskMB: 160, helpCpuSeconds: 0.35 }

/** npm packages for the same work, and what their use in Node needs beside them. */
const peers: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-node alone': ['onnxruntime-node@1.30.0'],
  'face-api with tfjs (WASM)': ['@vladmandic/face-api@1.7.15', '@tensorflow/tfjs@4.22.0', '@tensorflow/tfjs-backend-wasm@4.22.0'],
  'face-api with tfjs-node, without its TensorFlow': ['@vladmandic/face-api@1.7.15', '@tensorflow/tfjs-node@4.22.0'],
  'transformers.js': ['@huggingface/transformers@4.3.2'],
}
const pythonPeer = ['deepface', 'tf-keras']

interface Weight {
  readonly downloadMB: number
  readonly diskMB: number
  readonly packages: number
}

/** Runs the benchmark: `--no-peers` for kindred alone, `--no-python` without deepface. */
export const run: Benchmark = async (argv) => {
  const options = readOptions(argv)
  const place = mkdtempSync(join(tmpdir(), 'kindred-install-'))
  try {
    const tarball = pack(place)
    const own = await installed(join(place, 'kindred'), [tarball], statSync(tarball).size)
    const helpCpuSeconds = Math.max(
      ...['--version', '--help'].map((word) =>
        processorSeconds(place, join(place, 'kindred/project/node_modules/kindred/dist/cli/main.js'), word),
      ),
    )
    const nodeCpuSeconds = processorSeconds(place, '-e', '0')
    const rows: { what: string; weight: Weight | string }[] = [{ what: 'kindred', weight: own }]
    if (options.peers) {
      for (const [what, packages] of Object.entries(peers))
        rows.push({
          what,
          weight: await attempt(what, () => installed(join(place, what.replaceAll(/\W+/g, '-')), packages, 0, ['--ignore-scripts'])),
        })
      if (options.python)
        rows.push({ what: pythonPeer[0], weight: await attempt(pythonPeer[0], () => installedByPip(join(place, 'python'))) })
    }
    table(
      rows.map(({ what, weight }) =>
        typeof weight === 'string'
          ? { install: what, 'downloads MB': weight, 'disk MB': '-', packages: '-' }
          : { install: what, 'downloads MB': weight.downloadMB, 'disk MB': weight.diskMB, packages: weight.packages },
      ),
    )
    console.log(`kindred --version and --help: ${helpCpuSeconds} s of processor time, Node alone ${nodeCpuSeconds} s`)
    const over = Object.entries(limits).filter(([name, limit]) => ({ ...own, helpCpuSeconds })[name as keyof typeof limits] > limit)
    if (over.length > 0) {
      console.log(`over the limit: ${over.map(([name, limit]) => `${name} may be ${limit}`).join(', ')}`)
      process.exitCode = 1
    }
    const beside = rows[1]?.weight
    return {
      ratio: beside === undefined || typeof beside === 'string' ? NaN : own.diskMB / beside.diskMB,
      ...own,
      helpCpuSeconds,
      nodeCpuSeconds,
      limits,
      platform: `${process.platform}-${process.arch}`,
      peers: Object.fromEntries(rows.slice(1).map(({ what, weight }) => [what, weight])),
    }
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

function readOptions(argv: string[]): { peers: boolean; python: boolean } {
  try {
    return parseArgs({
      args: argv,
      allowNegative: true,
      options: { peers: { type: 'boolean', default: true }, python: { type: 'boolean', default: true } },
    }).values
  } catch (error) {
    throw new KindredError('usage', 'install', 'options must be among --no-peers, --no-python', (error as Error).message)
  }
}

function pack(place: string): string {
  const packed = npm(['pack', '--json', '--pack-destination', place], { cwd: resolve(import.meta.dirname, '..'), env: process.env })
  if (packed.status !== 0) throw new KindredError('io', 'install', 'npm pack must succeed', packed.stderr.slice(-500))
  const name = readdirSync(place).find((file) => file.endsWith('.tgz'))!
  return join(place, name)
}

/** Installs in an empty project with an empty cache, and weighs. @param local bytes of archives that were not fetched */
async function installed(folder: string, packages: readonly string[], local: number, more: readonly string[] = []): Promise<Weight> {
  const [home, project, cache] = ['home', 'project', 'cache'].map((name) => join(folder, name))
  for (const path of [home, project]) mkdirSync(path, { recursive: true })
  writeFileSync(join(project, 'package.json'), '{ "name": "stranger", "private": true }\n')
  console.error(`installing ${packages.map((p) => p.split('/').at(-1)).join(' ')} ...`)
  const { status, stderr } = npm(['install', '--omit=dev', '--cache', cache, ...more, ...packages], {
    cwd: project,
    env: strangersEnvironment(home),
  })
  if (status !== 0) throw new KindredError('io', 'install', 'npm install must succeed', stderr.slice(-500))
  const lock = JSON.parse(readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8')) as { packages: object }
  const weight = {
    downloadMB: mega(local + fetched(cache)),
    diskMB: mega(occupied(join(project, 'node_modules'))),
    packages: Object.keys(lock.packages).length,
  }
  rmSync(cache, { recursive: true, force: true })
  return weight
}

/** Bytes of the package archives in npm's cache: the sizes in its index, each archive once. */
function fetched(cache: string): number {
  const sizes = new Map<string, number>()
  for (const name of readdirSync(join(cache, '_cacache/index-v5'), { recursive: true }) as string[]) {
    const path = join(cache, '_cacache/index-v5', name)
    if (!statSync(path).isFile()) continue
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      if (line === '') continue
      const { key, integrity, size } = JSON.parse(line.slice(line.indexOf('\t') + 1)) as { key: string; integrity: string; size: number }
      if (/^make-fetch-happen:request-cache:https?:.*\.tgz$/.test(key)) sizes.set(integrity, size)
    }
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}

/** Bytes on the disk of all files and folders below; what is linked twice counts once. */
function occupied(folder: string, seen = new Set<number>()): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name)
    const stats = lstatSync(path)
    const bytes = seen.has(stats.ino) ? 0 : stats.blocks === undefined ? stats.size : stats.blocks * 512
    seen.add(stats.ino)
    return sum + bytes + (entry.isDirectory() ? occupied(path, seen) : 0)
  }, 0)
}

const mega = (bytes: number): number => Math.round(bytes / 1e4) / 100

/** Seconds on all cores that a Node program takes from start to end, as the shell counts them: the median of nine runs. */
function processorSeconds(place: string, ...args: string[]): number {
  return (
    Math.round(
      median(
        Array.from({ length: 9 }, () => {
          const { stdout } = spawnSync('sh', ['-c', '"$@" >/dev/null 2>&1; times', 'sh', process.execPath, ...args], {
            encoding: 'utf8',
            env: strangersEnvironment(place),
          })
          const [user, system] = [...stdout.split('\n')[1].matchAll(/(\d+)m([\d.]+)s/g)].map(
            ([, minutes, seconds]) => 60 * Number(minutes) + Number(seconds),
          )
          return user + system
        }),
      ) * 1e3,
    ) / 1e3
  )
}

/** The weight, or why there is none. */
async function attempt(what: string, weigh: () => Promise<Weight>): Promise<Weight | string> {
  try {
    return await weigh()
  } catch (error) {
    console.error(`${what} is left out: ${error instanceof Error ? error.message : String(error)}`)
    return 'not installed here'
  }
}

/** deepface by pip: archives first, then the packages. */
async function installedByPip(folder: string): Promise<Weight> {
  const [venv, archives, target] = ['venv', 'archives', 'target'].map((name) => join(folder, name))
  mkdirSync(folder, { recursive: true })
  const python = join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const call = (program: string, ...args: string[]): void => {
    console.error(`${args.slice(0, 4).join(' ')} ...`)
    const { status, stderr } = spawnSync(program, args, {
      encoding: 'utf8',
      env: { ...strangersEnvironment(folder), PIP_DISABLE_PIP_VERSION_CHECK: '1' },
    })
    if (status !== 0) throw new KindredError('io', 'install', `${args.slice(0, 4).join(' ')} must succeed`, stderr.slice(-500))
  }
  call(process.env.PYTHON ?? 'python3', '-m', 'venv', venv)
  call(python, '-m', 'pip', 'download', '--quiet', '--dest', archives, ...pythonPeer)
  call(python, '-m', 'pip', 'install', '--quiet', '--find-links', archives, '--target', target, ...pythonPeer)
  const weight = {
    downloadMB: mega(readdirSync(archives).reduce((sum, name) => sum + statSync(join(archives, name)).size, 0)),
    diskMB: mega(occupied(target)),
    packages: readdirSync(target).filter((name) => name.endsWith('.dist-info')).length,
  }
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true })
  return weight
}
