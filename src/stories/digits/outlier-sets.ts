/** @file The sets of the table of rejection that need no photos: alphabets, drawn outliers, and digits of other sources. */
import type { Progress } from '../../base/index.ts'
import { take, type Dataset } from '../../dataset/index.ts'
import {
  alphabetsFrom,
  drawnShapes,
  lettersFrom,
  noiseImages,
  reframed,
  renderedDigits,
  twoDigits,
  type Alphabet,
} from '../../digits/index.ts'
import type { JudgedSet } from './outlier-table.ts'

/** One set an alphabet. */
export const scriptSets = (alphabets: readonly Alphabet[]): JudgedSet[] =>
  alphabets.map(({ name, images }) => ({ name, kind: 'script', images }))

/**
 * The letters of an archive or folder: Latin where it is there, else the first alphabet, with all its drawings; of each other alphabet the first ten of every
 * character, to save half of the time.
 */
export async function lettersOf(
  path: string,
  options: { readonly progress: Progress; readonly signal?: AbortSignal },
): Promise<{ lead: Alphabet; others: readonly Alphabet[] }> {
  const found = await alphabetsFrom([path], { ...options, perLetter: 10 })
  const { name } = found.find((one) => one.name === 'Latin') ?? found[0]
  return {
    lead: { name, images: await lettersFrom(path, { alphabet: name, signal: options.signal }) },
    others: found.filter((one) => one.name !== name),
  }
}

/** Drawn shapes, noise, and two of the given digits side by side. @param count images of each */
export function drawnSets(digits: Dataset, { seed, count }: { readonly seed: number; readonly count: number }): JudgedSet[] {
  return [
    { name: 'drawn shapes', kind: 'outliers', images: drawnShapes({ count, seed: seed + 11 }) },
    { name: 'noise', kind: 'outliers', images: noiseImages({ count, seed: seed + 12 }) },
    { name: 'two digits side by side', kind: 'outliers', images: twoDigits(digits, { count, seed: seed + 13 }) },
  ]
}

/** Digits that should be kept: those given, the same framed again as letters are, and digits drawn in fonts that no training has seen. */
export function digitSets(digits: Dataset, { seed }: { readonly seed: number }): JudgedSet[] {
  return [
    { name: 'MNIST’s own test digits', kind: 'digits', images: digits },
    {
      name: 'the same, enlarged to 105 pixels and framed as letters are',
      kind: 'digits',
      images: reframed(take(digits, Math.min(1000, digits.count))),
    },
    { name: 'digits drawn in the unseen fonts', kind: 'digits', images: renderedDigits({ fonts: 'test', perDigit: 100, seed }) },
  ]
}
