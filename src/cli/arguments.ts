/** @file Numbers and choices from the command line: checked where they are read, so that the message names the option. */
import { InvalidArgumentError } from 'commander'
import { nearestName } from '../base/index.ts'

interface Range {
  readonly min?: number
  readonly max?: number
}

function inRange(value: number, text: string, kind: string, { min = -Infinity, max = Infinity }: Range): number {
  const range = min === -Infinity ? (max === Infinity ? '' : ` <= ${max}`) : max === Infinity ? ` >= ${min}` : ` from ${min} to ${max}`
  if (text.trim() === '' || !Number.isFinite(value) || value < min || value > max)
    throw new InvalidArgumentError(`It must be a ${kind}${range}.`)
  return value
}

/** A parser of whole numbers. */
export const whole =
  (range: Range = {}) =>
  (text: string): number => {
    const value = Number(text)
    if (!Number.isSafeInteger(value))
      throw new InvalidArgumentError(`It must be a whole number${range.min === undefined ? '' : ` >= ${range.min}`}.`)
    return inRange(value, text, 'whole number', range)
  }

/** A parser of numbers. */
export const real =
  (range: Range = {}) =>
  (text: string): number =>
    inRange(Number(text), text, 'number', range)

/** A parser of one of some words; a typo is answered with the nearest. */
export const oneOf =
  <T extends string>(choices: readonly T[]) =>
  (text: string): T => {
    if ((choices as readonly string[]).includes(text)) return text as T
    const near = nearestName(text, choices)
    throw new InvalidArgumentError(`It must be one of ${choices.join(', ')}.${near === undefined ? '' : ` Did you mean ${near}?`}`)
  }
