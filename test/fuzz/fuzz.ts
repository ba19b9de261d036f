/** @file A run of the fuzzer: cases by number, counts by reader, and a reproducer of everything that must not be. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { makeCase } from './case.ts'
import { forbidden, outcomes, type Outcome } from './classify.ts'
import { compileProgram } from './command.ts'
import { Pool } from './pool.ts'
import type { Reader } from './readers/reader.ts'
import type { Answer } from './worker.ts'

/** Settings of {@link fuzz}. */
export interface FuzzOptions {
  readonly cases: number
  readonly seed: number
  /** The first case's number. Default 1. */
  readonly from?: number
  /** Names of readers; default all. */
  readonly only?: readonly string[]
  readonly workers?: number
  /** Where reproducers go. Default: a new folder of the system's temporary one, removed when empty. */
  readonly out?: string
  /** The module whose `readers` are tried. */
  readonly module?: string
  /** Whether a share of the cases goes through the command line. Default true. */
  readonly commands?: boolean
  readonly seconds?: number
  readonly bytes?: number
  readonly log?: (line: string) => void
}

export type Counts = Record<Outcome, number>

/** What {@link fuzz} finds. */
export interface FuzzResult {
  readonly counts: { readonly cases: number } & Counts
  readonly byReader: ReadonlyMap<string, Counts & { readonly ms: number }>
  /** Answers that must not be, first come. */
  readonly found: readonly Answer[]
  /** The folder of reproducers; undefined where there are none. */
  readonly out: string | undefined
}

export const readersModule = fileURLToPath(new URL('./readers/index.ts', import.meta.url))

const none = (): Counts & { ms: number } => ({ clear: 0, accepted: 0, uncaught: 0, wrong: 0, slow: 0, large: 0, ms: 0 })

/**
 * Tries `cases` cases from number `from` on.
 *
 * @throws Error when a reader refuses its own valid inputs: then nothing would be proven
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const {
    cases,
    seed,
    from = 1,
    only = [],
    workers = 2,
    module = readersModule,
    commands = true,
    seconds = 10,
    bytes = 2 ** 30,
    log = () => {},
  } = options
  const home = mkdtempSync(join(tmpdir(), 'kindred-fuzz-'))
  const out = options.out ?? join(home, 'found')
  const found: Answer[] = []
  const byReader = new Map<string, Counts & { ms: number }>()
  try {
    const program = commands ? compileProgram(join(home, 'program')) : undefined
    const orders = { module, only, seed, ...(program === undefined ? {} : { program }) }
    let done = 0
    const onAnswer = (answer: Answer): void => {
      const counts = byReader.get(answer.reader) ?? none()
      byReader.set(answer.reader, counts)
      counts[answer.outcome]++
      counts.ms += answer.ms
      if (forbidden.includes(answer.outcome)) {
        found.push(answer)
        log(`case ${answer.number}, ${answer.reader}${answer.byCommand ? ' (command)' : ''}: ${answer.outcome}: ${answer.what ?? ''}`)
      }
      if (++done % 1000 === 0) log(`${done} of ${cases} cases`)
    }
    const numbers = Array.from({ length: cases }, (_, i) => from + i)
    await new Pool({ orders, workers, folder: home, lifetime: 3000, seconds, bytes, onAnswer }, numbers).run()
    await writeFound(found, { out, module, only, seed })
  } finally {
    rmSync(join(home, 'program'), { recursive: true, force: true })
    if (found.length === 0 || options.out !== undefined) rmSync(home, { recursive: true, force: true })
  }
  const counts = {
    cases,
    ...Object.fromEntries(outcomes.map((o) => [o, [...byReader.values()].reduce((n, c) => n + c[o], 0)])),
  } as FuzzResult['counts']
  return { counts, byReader: new Map([...byReader].sort(([a], [b]) => (a < b ? -1 : 1))), found, out: found.length === 0 ? undefined : out }
}

/** Writes the files of the first cases of each reader and complaint, and what was seen. */
async function writeFound(
  found: readonly Answer[],
  { out, module, only, seed }: { out: string; module: string; only: readonly string[]; seed: number },
): Promise<void> {
  if (found.length === 0) return
  const { readers: all } = (await import(pathToFileURL(module).href)) as { readers: readonly Reader[] }
  const readers = all.filter((reader) => only.length === 0 || only.includes(reader.name))
  const seen = new Map<string, number>()
  for (const answer of found) {
    const key = `${answer.reader} ${answer.outcome} ${(answer.what ?? '').replace(/\d+/g, '#').slice(0, 60)}`
    seen.set(key, (seen.get(key) ?? 0) + 1)
    if (seen.get(key)! > 3) continue
    const { files, resealed } = await makeCase(readers, seed, answer.number)
    const folder = join(out, `${answer.reader}-${seed}-${answer.number}`)
    for (const [name, { bytes }] of Object.entries(files)) {
      const path = join(folder, 'files', name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, bytes)
    }
    writeFileSync(
      join(folder, 'case.json'),
      `${JSON.stringify({ ...answer, resealed, seed, again: `npm run fuzz -- --seed ${seed} --case ${answer.number}` }, null, 2)}\n`,
    )
  }
}

/** The counts by reader, for people. */
export function table({ byReader }: FuzzResult): string {
  const rows = [...byReader].map(([name, c]) => [
    name,
    ...outcomes.map((o) => String(c[o])),
    (
      c.ms /
      Math.max(
        1,
        outcomes.reduce((n, o) => n + c[o], 0),
      )
    ).toFixed(1),
  ])
  const all = [['reader', ...outcomes, 'ms a case'], ...rows]
  const widths = all[0].map((_, k) => all.reduce((w, row) => Math.max(w, row[k].length), 0))
  return all.map((row) => row.map((cell, k) => (k === 0 ? cell.padEnd(widths[k]) : cell.padStart(widths[k]))).join('  ')).join('\n')
}
