/** @file A process that tries cases, one after the other. What it does not survive is laid to the case it was at. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inputOf, makeCase, seedsOf, type Case } from './case.ts'
import { judgeError, type Judged } from './classify.ts'
import { tryCommand } from './command.ts'
import type { Reader } from './readers/reader.ts'

/** What a worker is told first. */
export interface Orders {
  /** The module that exports `readers`. */
  readonly module: string
  /** Names of the readers wanted; all where empty. */
  readonly only: readonly string[]
  readonly seed: number
  readonly folder: string
  /** The compiled program; without it all cases are tried in the process. */
  readonly program?: string
  readonly seconds: number
}

/** What it answers to a case number. */
export interface Answer extends Judged {
  readonly number: number
  readonly reader: string
  readonly byCommand: boolean
  readonly ms: number
}

const [orders] = process.argv.slice(2).map((text) => JSON.parse(text) as Orders)
const { readers: all } = (await import(pathToFileURL(orders.module).href)) as { readers: readonly Reader[] }
const readers = all.filter((reader) => orders.only.length === 0 || orders.only.includes(reader.name))
mkdirSync(orders.folder, { recursive: true })
process.chdir(orders.folder)

/** Rejections and exceptions that no one waits for belong to the case that is running. */
let stray: unknown
process.on('unhandledRejection', (error) => (stray = error))
process.on('uncaughtException', (error) => (stray = error))

async function judge(c: Case): Promise<Judged> {
  const folder = join(orders.folder, 'case')
  const input = inputOf(c, folder)
  if (c.byCommand && orders.program !== undefined) return tryCommand(orders.program, c.reader.command!(input), folder, orders.seconds * 3)
  stray = undefined
  let judged: Judged
  try {
    await c.reader.read(input)
    judged = { outcome: 'accepted' }
  } catch (error) {
    judged = judgeError(c.reader, c.files, error)
  }
  if (stray !== undefined)
    judged = { outcome: 'uncaught', what: `besides: ${stray instanceof Error ? (stray.stack ?? stray.message) : String(stray)}` }
  return judged
}

/** Valid inputs must be accepted as they are, or the cases prove nothing. */
async function checkSeeds(): Promise<string[]> {
  const wrong: string[] = []
  for (const reader of readers) {
    for (const [i, files] of (await seedsOf(reader)).entries()) {
      if (reader.refusesSeeds === true) continue
      const { outcome, what = '' } = await judge({ reader, files, seed: files, resealed: false, byCommand: false })
      if (outcome !== 'accepted') wrong.push(`${reader.name}, valid input ${i + 1}: ${outcome} ${what}`)
    }
  }
  return wrong
}

process.on('message', (message: number | 'seeds') => {
  void (async () => {
    if (message === 'seeds') return process.send!({ seeds: await checkSeeds() })
    const c = await makeCase(readers, orders.seed, message)
    process.send!({ at: message, reader: c.reader.name, byCommand: c.byCommand })
    const from = performance.now()
    const judged = await judge(c)
    process.send!({
      ...judged,
      number: message,
      reader: c.reader.name,
      byCommand: c.byCommand,
      ms: performance.now() - from,
    } satisfies Answer)
  })()
})
process.send!({ ready: true })
