/** @file Reads JSON that came from outside. */
import { KindredError } from './errors.ts'

/**
 * The value of a JSON text.
 *
 * @param what the file or thing the text comes from
 * @throws KindredError `corrupt` with the parser's own words
 */
export function parseJson<T>(text: string, what: string, expected = 'it must hold JSON', fix?: string): T {
  try {
    return JSON.parse(text) as T
  } catch (error) {
    throw new KindredError('corrupt', what, expected, error instanceof Error ? error.message : String(error), fix, { cause: error })
  }
}
