/**
 * @file Inputs that the fuzzer has found, which stay as cases: `found.jsonl`, one a line.
 *
 * `tsx test/fuzz/found.ts FOLDER...` adds the reproducers of a run. A file is kept whole (deflated, base64) where that is short, else as one edit of the valid
 * input it was made from.
 */
import { appendFileSync, existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { seedsOf } from './case.ts'
import { join as joined } from './mutate/bytes.ts'
import { readers } from './readers/index.ts'
import type { Files, Part } from './readers/reader.ts'

/** A file of a found input: whole, as one edit of a valid one, or that one itself. */
type Kept = { readonly whole: string } | { readonly at: number; readonly remove: number; readonly insert: string } | 'same'

/** A found input. */
export interface Found {
  readonly reader: string
  /** What was seen when it was found. */
  readonly what: string
  /** Which of the reader's valid inputs it was made from. */
  readonly seed: number
  readonly resealed?: boolean
  readonly files: Readonly<Record<string, Kept>>
}

const path = new URL('./found.jsonl', import.meta.url)

export const allFound = (): Found[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Found)
    : []

/** The files of a found input, and those it was made from. */
export async function filesOf({ reader: name, seed, files }: Found): Promise<{ files: Files; seed: Files }> {
  const reader = readers.find((r) => r.name === name)
  if (reader === undefined) throw new Error(`found.jsonl names a reader ${name} that is none`)
  const from = (await seedsOf(reader))[seed]
  const out: Record<string, Part> = {}
  for (const [kept, edit] of Object.entries(files)) {
    const file = Object.keys(from).find((now) => withoutHash(now) === withoutHash(kept))
    if (file === undefined) throw new Error(`found.jsonl names a file ${kept}, which the reader ${name} has none of`)
    out[file] = { kind: from[file].kind, bytes: restored(edit, from[file].bytes) }
  }
  return { files: out, seed: from }
}

/** Names of vector files hold a hash of their recipe, which changes with what recipes say. */
const withoutHash = (file: string): string => file.replace(/-[0-9a-f]{12}\./, '-.')

function restored(kept: Kept, from: Uint8Array): Uint8Array {
  if (kept === 'same') return from
  if ('whole' in kept) return new Uint8Array(inflateRawSync(Buffer.from(kept.whole, 'base64')))
  return joined(from.subarray(0, kept.at), Buffer.from(kept.insert, 'base64'), from.subarray(kept.at + kept.remove))
}

function kept(bytes: Uint8Array, from: Uint8Array): Kept | undefined {
  if (Buffer.from(bytes).equals(Buffer.from(from))) return 'same'
  const whole = deflateRawSync(bytes, { level: 9 }).toString('base64')
  if (whole.length <= 600) return { whole }
  let at = 0
  while (at < bytes.length && at < from.length && bytes[at] === from[at]) at++
  let end = 0
  while (end < bytes.length - at && end < from.length - at && bytes[bytes.length - 1 - end] === from[from.length - 1 - end]) end++
  const insert = Buffer.from(bytes.subarray(at, bytes.length - end)).toString('base64')
  return insert.length <= 2000 ? { at, remove: from.length - end - at, insert } : whole.length <= 2000 ? { whole } : undefined
}

/** Adds a run's reproducers; those that would be long are left out. */
async function add(folder: string): Promise<number> {
  let added = 0
  const seen = new Set(allFound().map((f) => JSON.stringify(f.files)))
  for (const name of readdirSync(folder).filter((n) => statSync(join(folder, n)).isDirectory())) {
    const {
      reader: of,
      what = '',
      outcome,
      resealed,
    } = JSON.parse(readFileSync(join(folder, name, 'case.json'), 'utf8')) as {
      reader: string
      what?: string
      outcome: string
      resealed?: boolean
    }
    const reader = readers.find((r) => r.name === of)
    if (reader === undefined) continue
    const names = readdirSync(join(folder, name, 'files'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const options = (await seedsOf(reader)).flatMap((from, seed) => {
      if (names.length !== Object.keys(from).length || !Object.keys(from).every((file) => existsSync(join(folder, name, 'files', file))))
        return []
      const entries = Object.keys(from).map(
        (file) => [file, kept(new Uint8Array(readFileSync(join(folder, name, 'files', file))), from[file].bytes)] as const,
      )
      return entries.some(([, k]) => k === undefined) ? [] : [{ seed, files: Object.fromEntries(entries) as Record<string, Kept> }]
    })
    const [best] = options.sort((a, b) => JSON.stringify(a.files).length - JSON.stringify(b.files).length)
    if (best === undefined || seen.has(JSON.stringify(best.files))) continue
    seen.add(JSON.stringify(best.files))
    const line: Found = {
      reader: of,
      what: `${outcome}: ${what
        .split('\n')[0]
        .replace(/\/\S*kindred-fuzz-\S*?\/case\//g, '')
        .slice(0, 160)}`,
      ...best,
      ...(resealed === true ? { resealed } : {}),
    }
    appendFileSync(path, `${JSON.stringify(line)}\n`)
    added++
  }
  return added
}

if (process.argv[1]?.endsWith('found.ts'))
  for (const folder of process.argv.slice(2)) console.log(`${await add(folder)} added from ${folder}`)
