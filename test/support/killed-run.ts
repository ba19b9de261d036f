/**
 * @file `kindred faces` as a process that is watched and may be killed, and its output folder as something two runs can be compared by.
 */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { sha256, type Rng } from '../../src/base/index.ts'

/** What a process took, as the system tells (Linux; 0 elsewhere). */
export interface Taken {
  /** Memory in use now, in MB. */
  readonly rss: number
  /** Bytes handed to write calls so far. */
  readonly written: number
}

/** A line of progress, and what the process had taken by then. */
export interface Seen extends Taken {
  readonly task: string
  readonly done: number
}

/** One life of `kindred faces`. */
export interface FacesLife {
  readonly killed: boolean
  readonly code: number | null
  readonly seen: readonly Seen[]
  readonly stderr: string
  readonly cpuSeconds: number
}

const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/**
 * Runs `kindred faces PHOTOS --out OUT ... --json` to its end, or to the first line of progress that `kill` wants to be the last one, and then `delay` ms.
 *
 * @param kill called with each line of progress; a number of milliseconds ends the process with SIGKILL so much later
 */
export function facesLife(
  photos: string,
  out: string,
  words: readonly string[],
  kill: (seen: Seen) => number | undefined = () => undefined,
): Promise<FacesLife> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', cli, 'faces', photos, '--out', out, ...words, '--json'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const seen: Seen[] = []
    let [stderr, killed, cpuSeconds] = ['', false, 0]
    createInterface({ input: child.stderr }).on('line', (line) => {
      stderr = `${stderr}${line}\n`.slice(-4000)
      if (!line.startsWith('{"event":"progress"')) return
      const { task, done } = JSON.parse(line) as { task: string; done: number }
      const taken = takenBy(child.pid!)
      cpuSeconds = Math.max(cpuSeconds, taken.cpuSeconds)
      seen.push({ task, done, rss: taken.rss, written: taken.written })
      const delay = killed ? undefined : kill(seen.at(-1)!)
      if (delay === undefined) return
      killed = true
      setTimeout(() => child.kill('SIGKILL'), delay)
    })
    child.on('close', (code, signal) => resolve({ killed: signal === 'SIGKILL', code, seen, stderr, cpuSeconds }))
  })
}

function takenBy(pid: number): Taken & { cpuSeconds: number } {
  try {
    const line = (file: string, name: string): number =>
      Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))![1])
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
    return { rss: line('status', 'VmRSS') / 1024, written: line('io', 'wchar'), cpuSeconds: (Number(stat[11]) + Number(stat[12])) / 100 }
  } catch {
    return { rss: 0, written: 0, cpuSeconds: 0 } // it has just ended, or this is no Linux
  }
}

/**
 * Runs `kindred faces` again and again, killed at random lines of progress, until it has come to its end.
 *
 * @param kills how many lives are killed at most: of `photos` photos each life does a random share of what is left, and some die while they embed or draw
 * @returns all lives; the last one ended by itself
 */
export async function killedRun(
  photos: string,
  out: string,
  words: readonly string[],
  { kills, count, random }: { kills: number; count: number; random: Rng },
): Promise<FacesLife[]> {
  const lives: FacesLife[] = []
  let done = 0
  for (let k = 0; k < kills; k++) {
    const left = Math.max(1, count - done)
    // the last third of the kills waits for the work that follows the photos
    const at = k < Math.ceil((2 * kills) / 3) ? done + Math.ceil(left * random.uniform() * 0.6) : Infinity
    const later = random.integer(4)
    let others = 0
    const delay = random.uniform() * 150
    const life = await facesLife(photos, out, words, ({ task, done: now }) => {
      if (task === 'faces') done = Math.max(done, now)
      else others++
      return (task === 'faces' && now >= at) || others > later ? delay : undefined
    })
    lives.push(life)
    if (!life.killed) return lives
  }
  lives.push(await facesLife(photos, out, words))
  return lives
}

/** What a finished run left that must not depend on how often it was killed: hashes by file, and the report without times. */
export function outcome(out: string): Record<string, string> {
  const hash = (bytes: Uint8Array): string => sha256(bytes).slice(0, 16)
  const files = (readdirSync(out, { recursive: true, withFileTypes: true }) as import('node:fs').Dirent[])
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(out.length + 1))
    .filter((path) => path !== 'report.json' && path !== 'report.html')
    .sort()
  const {
    seconds: _s,
    processor: _cpu,
    stages: _t,
    photosPerSecond: _p,
    embedded: _e,
    command: _c,
    photos,
    ...report
  } = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Record<string, unknown>
  const { processed: _, ...counts } = photos as Record<string, unknown>
  return {
    ...Object.fromEntries(files.map((path) => [path, hash(readFileSync(join(out, path)))])),
    report: JSON.stringify({ ...report, photos: counts }),
  }
}
