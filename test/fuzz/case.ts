/** @file From a seed and a case number to an input: which reader, which of its valid inputs, what is changed in it. The same numbers give the same bytes. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rng, type Rng } from '../../src/base/index.ts'
import { nodeRuntime, type Runtime } from '../../src/runtime/index.ts'
import { pick } from './mutate/bytes.ts'
import { mutate } from './mutate/index.ts'
import { once, type Files, type Input, type Part, type Reader } from './readers/reader.ts'

/** A case before it is tried. */
export interface Case {
  readonly reader: Reader
  readonly files: Files
  readonly seed: Files
  readonly resealed: boolean
  /** Through the command line, in a process of its own. */
  readonly byCommand: boolean
}

/** One case in so many goes through the command line. */
const commandShare = 100

const made = new WeakMap<Reader, Promise<readonly Files[]>>()

/** The valid inputs of a reader, made once. */
export function seedsOf(reader: Reader): Promise<readonly Files[]> {
  let found = made.get(reader)
  if (found === undefined) made.set(reader, (found = Promise.resolve(reader.seeds())))
  return found
}

function chosen(r: Rng, readers: readonly Reader[]): Reader {
  const whole = readers.reduce((sum, reader) => sum + (reader.weight ?? 1), 0)
  let at = r.uniform() * whole
  for (const reader of readers) {
    at -= reader.weight ?? 1
    if (at < 0) return reader
  }
  return readers.at(-1)!
}

/** Makes a case. */
export async function makeCase(readers: readonly Reader[], seed: number, number: number): Promise<Case> {
  const r = rng(seed).fork(`case ${number}`)
  const withCommand = readers.filter((reader) => reader.command !== undefined)
  const byCommand = withCommand.length > 0 && r.integer(commandShare) === 0
  const reader = chosen(r, byCommand ? withCommand : readers)
  const valid = await seedsOf(reader)
  const from = pick(r, valid)
  const names = Object.keys(from).filter((name) => reader.mutable === undefined || reader.mutable.test(name))
  const files: Record<string, Part> = { ...from }
  let resealed = false
  const rounds = pick(r, [1, 1, 1, 1, 2, 2, 3, 6])
  const name = pick(r, names)
  for (let round = 0; round < rounds; round++) {
    const at = r.integer(8) === 0 ? pick(r, names) : name
    const donor = (pick(r, valid)[at] ?? pick(r, Object.values(from))).bytes
    const mutated = mutate(r, files[at].kind, files[at].bytes, donor)
    resealed ||= mutated.resealed
    files[at] = { kind: files[at].kind, bytes: mutated.bytes.length > 4_000_000 ? mutated.bytes.slice(0, 4_000_000) : mutated.bytes }
  }
  return { reader, files, seed: from, resealed, byCommand }
}

const oneThread = once((): Promise<Runtime> => nodeRuntime({ threads: 1 }))

/** Writes a case's files into an empty folder, and is what the reader sees of it. */
export function inputOf({ files, seed, resealed }: Pick<Case, 'files' | 'seed' | 'resealed'>, folder: string): Input {
  rmSync(folder, { recursive: true, force: true })
  const put = (name: string, bytes: Uint8Array): string => {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
    return path
  }
  mkdirSync(folder, { recursive: true })
  for (const [name, { bytes }] of Object.entries(files)) put(name, bytes)
  const named = (ending: string): string => Object.keys(files).find((name) => name.endsWith(ending))!
  return {
    folder,
    files,
    seed,
    resealed,
    bytes: (ending = '') => files[named(ending)].bytes,
    path: (ending = '') => join(folder, named(ending)),
    seedPath: () => put(`seed-of-${named('')}`, seed[named('')].bytes),
    runtime: oneThread,
  }
}
