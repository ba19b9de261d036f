/**
 * @file Kills and failing disks: processes that add to a gallery, train, and tell the faces story are ended with SIGKILL at random moments, or their n-th write
 * fails; the next start must find everything that was acknowledged, nothing half-written, and go on.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { rng, type Rng } from '../../src/base/index.ts'
import { writePeople } from '../support/face-people.ts'

/** What a scenario's processes did and what was found wrong; all but the first three must be 0. */
export interface Tally {
  /** Processes ended with SIGKILL. */
  kills: number
  /** Writes that were made to fail. */
  failedWrites: number
  /** Pieces of work that were reported as safe: items of a gallery, epochs, photos. */
  acknowledged: number
  /** Of these, missing at the next start. */
  lost: number
  /** Things found that are neither the old nor the new state: wrong rows, broken batches, part files, results that differ from an undisturbed run's. */
  halfWritten: number
  /** Starts that should have worked and did not, and errors that came without words. */
  failedStarts: number
}

/** Which piece of the product is tortured. */
export type ScenarioName = 'gallery' | 'training' | 'faces'
export const scenarioNames: readonly ScenarioName[] = ['gallery', 'training', 'faces']

/** Where findings are told. */
export type Tell = (line: string) => void

interface Life {
  readonly open: { held: number; halfWritten: number } | undefined
  /** The last acknowledgement. */
  readonly acknowledged: number
  readonly end: Record<string, unknown> | undefined
  readonly failed: { code: string; message: string } | undefined
  /** A crash, or an error without words. */
  readonly uncaught: string | undefined
  readonly killed: boolean
  readonly writes: number
}

/** How a life is disturbed. */
interface Ending {
  /** Kill so many milliseconds after the start. */
  readonly afterMs?: number
  /** Or after so many acknowledgements, and then `delay` ms. */
  readonly afterAcks?: number
  readonly delay?: number
  /** Let a write fail, as inject.mjs wants to be told. */
  readonly inject?: string
  /** A planted fault: the child acknowledges what it never did. */
  readonly lies?: boolean
}

const childFile = fileURLToPath(new URL('child.ts', import.meta.url))
const injectFile = new URL('inject.mjs', import.meta.url).href
/** A life that takes longer than this hangs. */
const longest = 120_000

/** Runs a process of a scenario to its end, or to the moment it is killed. */
function live(scenario: ScenarioName, folder: string, words: readonly (string | number)[], ending: Ending = {}): Promise<Life> {
  return new Promise((resolve) => {
    const env = {
      ...process.env,
      KINDRED_INJECT: ending.inject ?? '',
      KINDRED_INJECT_BELOW: folder,
      KINDRED_TORTURE_LIES: ending.lies === true ? '1' : '',
    }
    const loader = ending.inject === undefined ? [] : ['--import', injectFile]
    const child = spawn(process.execPath, [...loader, '--import', 'tsx', childFile, scenario, folder, ...words.map(String)], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env,
    })
    const found: { -readonly [K in keyof Life]: Life[K] } = {
      open: undefined,
      acknowledged: 0,
      end: undefined,
      failed: undefined,
      uncaught: undefined,
      killed: false,
      writes: 0,
    }
    let [acks, stderr, writes, asked] = [0, '', '', false]
    const kill = (): void => {
      asked = true
      child.kill('SIGKILL')
    }
    const timers = [setTimeout(() => ((found.uncaught = 'no end within two minutes'), kill()), longest)]
    if (ending.afterMs !== undefined) timers.push(setTimeout(kill, ending.afterMs))
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const space = line.indexOf(' ')
      const [what, value] = [line.slice(0, space), line.slice(space + 1)]
      if (what === 'ack') {
        found.acknowledged = Math.max(found.acknowledged, Number(value))
        if (++acks === ending.afterAcks) timers.push(setTimeout(kill, ending.delay ?? 0))
      } else if (what === 'open' || what === 'end' || what === 'failed') found[what] = JSON.parse(value)
      else if (what === 'uncaught') found.uncaught = (JSON.parse(value) as { message: string }).message
    })
    child.stderr!.on('data', (data: Buffer) => (stderr += data.toString()))
    ;(child.stdio[3] as NodeJS.ReadableStream).on('data', (data: Buffer) => (writes += data.toString()))
    child.on('close', (code, signal) => {
      timers.forEach(clearTimeout)
      found.killed = signal === 'SIGKILL' && asked
      if (!found.killed && code !== 0 && found.failed === undefined) found.uncaught ??= `exit ${code ?? signal}: ${stderr.slice(-2000)}`
      if (code === 0 && found.end === undefined) found.uncaught ??= 'an end without a word'
      found.writes = Number(writes) || 0
      resolve(found)
    })
  })
}

const newTally = (): Tally => ({ kills: 0, failedWrites: 0, acknowledged: 0, lost: 0, halfWritten: 0, failedStarts: 0 })

/** Two tallies as one. */
export function sum(tallies: readonly Tally[]): Tally {
  const total = newTally()
  for (const tally of tallies) for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += tally[key]
  return total
}

/** What a scenario adds to the common course of things. */
interface Scenario {
  /** Makes what the processes work on. */
  prepare(folder: string): Promise<void>
  readonly words: readonly (string | number)[]
  /** Processes killed before one may work to its end. */
  readonly killsARound: number
  /** The words of the process that works to its end. */
  readonly lastWords: readonly (string | number)[]
  /** Milliseconds and acknowledgements of a life that is not disturbed, for the choice of moments. */
  readonly ms: number
  readonly acks: number
  /** How many of `acknowledged` a life that found `open` and `end` shows as lost. */
  lost(acknowledged: number, life: Life): number
  /** What is wrong with a finished life, in words. */
  wrong(folder: string, life: Life): string | undefined
  /** Done between two lives, such as taking a photo away. */
  between?(folder: string, random: Rng): void
}

async function scenarioOf(name: ScenarioName, root: string): Promise<Scenario> {
  if (name === 'gallery') {
    return {
      prepare: async (folder) => void mkdirSync(folder, { recursive: true }),
      words: [],
      lastWords: [50],
      killsARound: 40,
      ms: 3000,
      acks: 12,
      lost: (acknowledged, { open }) => Math.max(0, acknowledged - (open?.held ?? Infinity)),
      wrong: () => undefined,
    }
  }
  if (name === 'training') {
    const folder = join(root, 'undisturbed')
    const { end, uncaught, failed } = await live('training', folder, [40])
    if (end === undefined) throw new Error(`the undisturbed training failed: ${uncaught ?? failed?.message}`)
    rmSync(folder, { recursive: true, force: true })
    return {
      prepare: async (place) => void mkdirSync(place, { recursive: true }),
      words: [40],
      lastWords: [40],
      killsARound: 9,
      ms: 2500,
      acks: 4,
      lost: (acknowledged, { open }) => Math.max(0, acknowledged - (open?.held ?? Infinity)),
      wrong: (_, life) => (life.end!.hash === end.hash ? undefined : 'other weights than an undisturbed run'),
    }
  }
  return facesScenario(root)
}

async function facesScenario(root: string): Promise<Scenario> {
  const template = join(root, 'people')
  await writePeople(join(template, 'photos'), { names: ['anna', 'bea', 'cleo'], each: 4 })
  const undisturbed = join(root, 'undisturbed')
  cpSync(template, undisturbed, { recursive: true })
  const { end, uncaught, failed } = await live('faces', undisturbed, [])
  if (end === undefined) throw new Error(`the undisturbed faces story failed: ${uncaught ?? failed?.message}`)
  const lines = readFileSync(join(undisturbed, 'out/manifest.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
  const photo = 'bea/2.jpg'
  const away = (folder: string): string => join(folder, 'away.jpg')
  const isAway = (folder: string): boolean => readdirSync(folder).includes('away.jpg')
  return {
    prepare: async (folder) => cpSync(template, folder, { recursive: true }),
    words: [],
    lastWords: [],
    killsARound: 6,
    ms: 4500,
    acks: 3,
    lost: (acknowledged, { end: finished }) =>
      finished === undefined ? 0 : Math.max(0, Number(finished.processed) - Math.max(0, Number(finished.total) - acknowledged)),
    between(folder, random) {
      if (random.uniform() < 0.3) {
        if (isAway(folder)) renameSync(away(folder), join(folder, 'photos', photo))
        else renameSync(join(folder, 'photos', photo), away(folder))
      }
    },
    wrong(folder, { end: finished }) {
      const expected = lines.filter((line) => !(isAway(folder) && (JSON.parse(line) as { source: string }).source === photo))
      const crops = readdirSync(join(folder, 'out/crops'), { recursive: true, withFileTypes: true }).filter((e) => e.isFile()).length
      if (crops !== expected.length) return `${crops} crops on the disk, ${expected.length} faces`
      if (finished!.halfWritten !== 0) return 'part files left'
      if (finished!.complete !== true) return 'a report that says it goes on'
      const hash = createHash('sha256')
        .update(expected.map((line) => `${line}\n`).join(''))
        .digest('hex')
      return finished!.manifest === hash ? undefined : 'another manifest than an undisturbed run'
    },
  }
}

/**
 * Kills processes of one scenario at random moments: in their start-up, in the midst of work, just after an acknowledgement.
 *
 * @param kills how many
 * @param options.lies a planted fault, to see the torture fail
 * @returns the tally; findings are told as they come
 */
export async function killAtRandom(
  name: ScenarioName,
  kills: number,
  seed: number,
  tell: Tell = () => {},
  { lies = false }: { lies?: boolean } = {},
): Promise<Tally> {
  const root = mkdtempSync(join(tmpdir(), `kindred-torture-${name}-`))
  const random = rng(seed).fork(name)
  const tally = newTally()
  try {
    const scenario = await scenarioOf(name, root)
    for (let round = 0; tally.kills < kills; round++) {
      const folder = join(root, `round-${round}`)
      await scenario.prepare(folder)
      let acknowledged = 0
      const judge = (life: Life): void => {
        const problem = life.uncaught ?? (life.failed === undefined ? undefined : `${life.failed.code}: ${life.failed.message}`)
        if (problem !== undefined) {
          tally.failedStarts++
          tell(`${name}, round ${round}, kill ${tally.kills}: ${problem}`)
        }
        const lost = scenario.lost(acknowledged, life)
        if (lost > 0) tell(`${name}, round ${round}, kill ${tally.kills}: ${lost} of ${acknowledged} lost`)
        tally.lost += lost
        if ((life.open?.halfWritten ?? 0) > 0) tell(`${name}, round ${round}, kill ${tally.kills}: ${life.open!.halfWritten} half-written`)
        tally.halfWritten += life.open?.halfWritten ?? 0
        const wrong = life.end === undefined ? undefined : scenario.wrong(folder, life)
        if (wrong !== undefined) {
          tally.halfWritten++
          tell(`${name}, round ${round}, kill ${tally.kills}: ${wrong}`)
        }
        tally.acknowledged += Math.max(0, life.acknowledged - acknowledged)
        acknowledged = Math.max(acknowledged, life.acknowledged)
      }
      for (let i = 0; i < scenario.killsARound && tally.kills < kills; i++) {
        const early = random.uniform() < 0.35
        const moment = early
          ? { afterMs: random.uniform() * scenario.ms }
          : { afterAcks: 1 + random.integer(scenario.acks), delay: random.uniform() * 60 }
        const life = await live(name, folder, scenario.words, { ...moment, lies })
        if (life.killed) tally.kills++
        judge(life)
        if (scenario.between !== undefined) {
          const before = readdirSync(folder).length
          scenario.between(folder, random)
          if (readdirSync(folder).length !== before) acknowledged = 0 // another set of photos: its first ones are others
        }
        if (life.end !== undefined) break
      }
      judge(await live(name, folder, scenario.lastWords))
      rmSync(folder, { recursive: true, force: true })
    }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
  return tally
}

/**
 * Lets each write of a process fail in turn, by turns with a full disk (which stays full) and with an input/output error (which passes), and starts again.
 *
 * @param most at most so many writes, spread evenly over all
 * @param seed whether odd or even writes meet the full disk
 */
export async function failWrites(name: ScenarioName, most: number, seed: number, tell: Tell = () => {}): Promise<Tally> {
  const root = mkdtempSync(join(tmpdir(), `kindred-torture-${name}-`))
  const tally = newTally()
  const words = name === 'gallery' ? [75] : name === 'training' ? [6] : []
  try {
    const scenario = await scenarioOf(name, root)
    const prepared = join(root, 'prepared')
    await scenario.prepare(prepared)
    // the first run of a gallery makes a database of thousands of files: what counts is adding to one
    if (name === 'gallery') await live(name, prepared, [25])
    const counted = join(root, 'counted')
    cpSync(prepared, counted, { recursive: true })
    const { writes, uncaught, failed } = await live(name, counted, words, { inject: '0:EIO:once' })
    if (writes === 0) throw new Error(`no write was counted: ${uncaught ?? failed?.message ?? ''}`)
    rmSync(counted, { recursive: true, force: true })
    const count = Math.min(most, writes)
    for (let k = 0; k < count; k++) {
      const at = Math.floor((k * writes) / count) + 1
      const inject = (k + seed) % 2 === 0 ? 'ENOSPC:always' : 'EIO:once'
      const folder = join(root, `write-${k}`)
      cpSync(prepared, folder, { recursive: true })
      const hurt = await live(name, folder, words, { inject: `${at}:${inject}` })
      tally.failedWrites++
      tally.acknowledged += hurt.acknowledged
      if (hurt.uncaught !== undefined) {
        tally.failedStarts++
        tell(`${name}, write ${at} of ${writes}, ${inject}: ${hurt.uncaught}`)
      }
      const next = await live(name, folder, name === 'gallery' ? [25] : words)
      const problem = next.uncaught ?? next.failed?.message
      if (problem !== undefined) {
        tally.failedStarts++
        tell(`${name}, the start after write ${at} of ${writes}, ${inject}: ${problem}`)
      } else {
        const lost = scenario.lost(hurt.acknowledged, next)
        const wrong = name === 'faces' ? scenario.wrong(folder, next) : undefined
        tally.lost += lost
        tally.halfWritten += (next.open?.halfWritten ?? 0) + (wrong === undefined ? 0 : 1)
        if (lost > 0 || wrong !== undefined || (next.open?.halfWritten ?? 0) > 0)
          tell(
            `${name}, the start after write ${at} of ${writes}, ${inject}: ${lost} lost, ${next.open?.halfWritten} half-written, ${wrong ?? ''}`,
          )
      }
      rmSync(folder, { recursive: true, force: true })
    }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
  return tally
}
