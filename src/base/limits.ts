/**
 * @file How large an input may be. One table, so that no reader of files has a bound of its own, or no bound at all.
 *
 * The defaults let a laptop with 4 GB of memory survive any file, and let everything pass that people own: a photo of 100 megapixels, the weights of VGG16
 * (553 MB), a million embeddings of 128 numbers. Each can be raised: `--limit NAME=VALUE` on the command line, {@link setLimits} in code.
 */
import { KindredError } from './errors.ts'
import { checkOptions } from './options.ts'

/** The limits by name. */
export interface Limits {
  /** Pixels of one image, width x height, before it is decoded. */
  readonly imagePixels: number
  /** Bytes of decoded pixels held at one time, over all images being worked on; an image whose decoding alone takes more is decoded while no other is held. */
  readonly pixelBytesInFlight: number
  /** Bytes of one image file. */
  readonly imageFileBytes: number
  /** Bytes of any other file that is read into memory: models, weights, data sets, vectors. */
  readonly fileBytes: number
  /** Bytes of a text file: JSON, CSV, lists. */
  readonly textBytes: number
  /** Bytes of the XMP in a photo or beside it. */
  readonly xmpBytes: number
  /** Bytes that come out of one compressed file (gzip, zip, PNG text, ...), counted while unpacking. */
  readonly unpackedBytes: number
  /** Entries of an archive or of a listed folder. */
  readonly entries: number
  /** Elements of one tensor in a file. */
  readonly tensorElements: number
  /** How deeply lists, objects, messages or folders may be nested. */
  readonly nesting: number
}

/** What holds unless {@link setLimits} says otherwise. */
export const defaultLimits: Limits = {
  imagePixels: 100_000_000,
  pixelBytesInFlight: 700_000_000,
  imageFileBytes: 200_000_000,
  fileBytes: 1_000_000_000,
  textBytes: 250_000_000,
  xmpBytes: 4_000_000,
  unpackedBytes: 500_000_000,
  entries: 1_000_000,
  tensorElements: 250_000_000,
  nesting: 64,
}

/** The unit of each limit, for messages. */
const units: Record<keyof Limits, string> = {
  imagePixels: 'pixels',
  pixelBytesInFlight: 'bytes',
  imageFileBytes: 'bytes',
  fileBytes: 'bytes',
  textBytes: 'bytes',
  xmpBytes: 'bytes',
  unpackedBytes: 'bytes',
  entries: 'entries',
  tensorElements: 'elements',
  nesting: 'levels',
}

let current: Limits = defaultLimits

/** The limits in force. */
export const limits = (): Limits => current

/**
 * Changes some limits for the whole process.
 *
 * @param changes positive whole numbers by name; Infinity lifts a limit
 * @returns what puts back the limits that were in force before
 * @throws KindredError `usage` for an unknown name (suggests the nearest) or a number that is not positive
 * @example
 * using _ = { [Symbol.dispose]: setLimits({ imagePixels: 300_000_000 }) }
 */
export function setLimits(changes: Partial<Limits>): () => void {
  checkOptions('limits', changes, Object.keys(defaultLimits))
  for (const [name, value] of Object.entries(changes)) {
    const good = value === undefined || value === Infinity || (Number.isSafeInteger(value) && value > 0)
    if (!good)
      throw new KindredError('usage', 'limits', `${name} must be a positive whole number of ${units[name as keyof Limits]}`, String(value))
  }
  const before = current
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
  current = { ...current, ...given }
  return () => {
    current = before
  }
}

/**
 * Throws where an input is larger than its limit allows.
 *
 * @param name the limit
 * @param value how large it is, in the limit's unit
 * @param where the file or thing, as in every error
 * @param what the thing measured, such as "the picture"
 * @throws KindredError `limit`, naming the limit and how to raise it
 */
export function ensureWithin(name: keyof Limits, value: number, where: string, what: string): void {
  if (value <= current[name]) return
  throw overLimit(name, where, what, value.toLocaleString('en-US'))
}

/** The error of {@link ensureWithin}, for readers that stop before they know the whole size. */
export function overLimit(name: keyof Limits, where: string, what: string, got = 'more'): KindredError {
  const most = current[name].toLocaleString('en-US')
  const fix = `If this input is meant, raise the limit: \`${name}\` (setLimits in code).`
  return new KindredError('limit', where, `${what} must have at most ${most} ${units[name]} (limit ${name})`, got, fix, { option: name })
}
