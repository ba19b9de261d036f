/**
 * @file Checks an options object: an unknown or misspelt name is an error that suggests the nearest known one.
 */
import { ensure, KindredError, show } from './errors.ts'

/** Levenshtein distance between two short strings, O(|a| |b|). */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    previous = row
  }
  return previous[b.length]
}

/** The known name nearest to `name`, or undefined when none is near enough to be a typo. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(name.length / 2)) + 1
  for (const candidate of known) {
    const d = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (d < bestDistance) {
      best = candidate
      bestDistance = d
    }
  }
  return best
}

/**
 * Throws unless `options` is an object of which every key is in `known`.
 *
 * @throws KindredError `usage`, naming the key and the nearest known name
 */
export function checkOptions(where: string, options: object, known: readonly string[]): void {
  const isObject = typeof options === 'object' && options !== null && !Array.isArray(options)
  ensure(isObject, where, `options must be an object, of ${known.join(', ')}`, options)
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue
    const near = nearestName(key, known)
    throw new KindredError(
      'usage',
      where,
      `options must be among ${known.join(', ')}`,
      show(key),
      near === undefined ? 'Remove it.' : `Did you mean ${show(near)}?`,
      { option: key },
    )
  }
}

/**
 * Throws unless `value` is one of `choices`.
 *
 * @throws KindredError `usage`, naming the nearest choice
 */
export function checkChoice<T extends string>(where: string, name: string, value: string, choices: readonly T[]): asserts value is T {
  if ((choices as readonly string[]).includes(value)) return
  const near = nearestName(String(value), choices)
  throw new KindredError(
    'usage',
    where,
    `${name} must be one of ${choices.join(', ')}`,
    show(value),
    near === undefined ? undefined : `Did you mean ${show(near)}?`,
    { option: name },
  )
}
