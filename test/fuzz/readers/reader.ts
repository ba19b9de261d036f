/** @file What a reader of outside bytes is to the fuzzer: valid inputs, how the product reads them, and what would be a wrong acceptance. */
import type { ErrorCode } from '../../../src/base/index.ts'
import type { Runtime } from '../../../src/runtime/index.ts'
import type { Kind } from '../mutate/index.ts'

/** A file of an input. */
export interface Part {
  readonly kind: Kind
  readonly bytes: Uint8Array
}

/** An input: files by their paths in a folder. */
export type Files = Readonly<Record<string, Part>>

/** One case, as a reader sees it. */
export interface Input {
  /** A folder of the case's own, in which the files lie. */
  readonly folder: string
  readonly files: Files
  /** What the files were made of. */
  readonly seed: Files
  /** A checksum was put right again: other content than the seed's may rightly be read. */
  readonly resealed: boolean
  /** The bytes of the first file whose name ends so. */
  bytes(ending?: string): Uint8Array
  /** The path of the first file whose name ends so. */
  path(ending?: string): string
  /** The path of the first file as it was before the mutation. */
  seedPath(): string
  /** One thread. */
  runtime(): Promise<Runtime>
}

/** One reader. */
export interface Reader {
  readonly name: string
  /** Its share of the cases; default 1. */
  readonly weight?: number
  /** Valid inputs. The first must be accepted as they are. */
  seeds(): readonly Files[] | Promise<readonly Files[]>
  /** Which files are mutated; default all. */
  readonly mutable?: RegExp
  /** Reads the input by the product. Throws what the product throws, and {@link WrongAcceptance} where it accepted what it must not. */
  read(input: Input): Promise<void> | void
  /** Even its valid inputs are refused, as they are only a part of what would be accepted. */
  readonly refusesSeeds?: boolean
  /** Codes of errors that fit besides {@link fitting}. */
  readonly codes?: readonly ErrorCode[]
  /** What errors call the input: one of these must stand in the message. Default: the names of the files. */
  readonly called?: readonly string[]
  /** The command line that reads the input; false for a case that must not be given to a command. */
  command?(input: Input): readonly string[]
}

/** Codes that fit what is wrong with a file. */
export const fitting: readonly ErrorCode[] = ['corrupt', 'unsupported', 'limit', 'mismatch']

/** The product accepted what it must not accept. */
export class WrongAcceptance extends Error {}

/** Throws {@link WrongAcceptance} unless something holds. */
export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new WrongAcceptance(what)
}

/** All numbers must be finite. */
export function mustBeFinite(numbers: ArrayLike<number>, what: string): void {
  for (let i = 0; i < numbers.length; i++) if (!Number.isFinite(numbers[i])) throw new WrongAcceptance(`${what}[${i}] is ${numbers[i]}`)
}

/** Must be texts, all of them. */
export function mustBeTexts(list: unknown, what: string): void {
  must(Array.isArray(list), `${what} is no list`)
  for (const [i, v] of (list as unknown[]).entries()) must(typeof v === 'string', `${what}[${i}] is a ${typeof v}`)
}

/** A line for people must not show what a program had no value for. */
export function mustRead(line: string): void {
  must(!/\bNaN\b|undefined|\[object|Infinity/.test(line), `"${line.slice(0, 200)}" is shown`)
}

const encoder = new TextEncoder()
export const text = (content: string, kind: Kind = 'text'): Part => ({ kind, bytes: encoder.encode(content) })
export const json = (value: unknown): Part => text(`${JSON.stringify(value)}\n`, 'json')
export const part = (kind: Kind, bytes: Uint8Array): Part => ({ kind, bytes })

/** Made once. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
