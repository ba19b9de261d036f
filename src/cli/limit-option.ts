/** @file The option `--limit NAME=VALUE`: how large inputs may be. */
import { InvalidArgumentError } from 'commander'
import { defaultLimits, largest, nearestName, type Limits } from '../base/index.ts'

const names = Object.keys(defaultLimits) as (keyof Limits)[]
const factors: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 }

/**
 * Collects the values of the option, which may be given more than once.
 *
 * @param text `imagePixels=300M`: a name, and a positive whole number such as 5000, 1e9, 200M or 1.5G (k, M, G, T are powers of 1,000), or `none` to lift the
 *   limit
 */
export function limitOption(text: string, before: Partial<Limits> = {}): Partial<Limits> {
  const at = text.indexOf('=')
  if (at < 0) throw new InvalidArgumentError('It must be NAME=VALUE, such as imagePixels=300M.')
  const [name, value] = [text.slice(0, at), text.slice(at + 1).trim()]
  if (!names.includes(name as keyof Limits)) {
    const near = nearestName(name, names)
    throw new InvalidArgumentError(`Its name must be one of ${names.join(', ')}.${near === undefined ? '' : ` Did you mean ${near}?`}`)
  }
  return { ...before, [name]: valueOf(value) }
}

function valueOf(text: string): number {
  if (text === 'none') return Infinity
  const [, digits, unit] = /^(\d+(?:\.\d+)?(?:e\d+)?)([kmgt]?)$/i.exec(text) ?? []
  const value = digits === undefined ? NaN : Math.round(Number(digits) * factors[unit.toLowerCase()] * 1e6) / 1e6
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('Its value must be a positive whole number, such as 5000, 1e9, 200M or 2G, or none.')
  return value
}

/** All names with their defaults, for the help. */
export function limitsHelp(): string {
  const width = largest(names.map((name) => name.length))
  const what: Readonly<Record<keyof Limits, string>> = {
    imagePixels: 'pixels of one picture',
    pixelBytesInFlight: 'bytes of decoded pixels at one time',
    imageFileBytes: 'bytes of one picture file',
    fileBytes: 'bytes of any other file: models, weights, data',
    textBytes: 'bytes of a text file: JSON, CSV',
    xmpBytes: 'bytes of the XMP in a photo or beside it',
    unpackedBytes: 'bytes that come out of one compressed file',
    entries: 'entries of an archive or a folder',
    tensorElements: 'elements of one tensor',
    nesting: 'levels of lists, messages or folders in each other',
  }
  return names.map((name) => `  ${name.padEnd(width)}  ${short(defaultLimits[name]).padStart(4)}  ${what[name]}`).join('\n')
}

const short = (value: number): string => {
  for (const [unit, factor] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const)
    if (value >= factor && value % (factor / 10) === 0) return `${value / factor}${unit}`
  return String(value)
}
