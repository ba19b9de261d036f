/** @file The list of characters that look like digits fits the names that alphabets are read with, and the alphabets themselves. */
import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { lookAlikeOf, omniglotLookAlikes } from './look-alikes.ts'
import { alphabetsFrom } from './omniglot.ts'

const omniglot = new URL('../../../shared/data/omniglot', import.meta.url).pathname

it('names the digit that a letter or character would be read as', () => {
  expect(['o', 'l', 'q', 'B', 'a', 'k', 'Korean/character21', 'Korean/character22', 'Korean/character23'].map(lookAlikeOf)).toEqual([
    0,
    1,
    9,
    8,
    undefined,
    undefined,
    1,
    7,
    undefined,
  ])
  expect(['Runes/character01', 'toString', 'constructor/character01', ''].map(lookAlikeOf)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

it('says of each script how it was judged, and takes digits alone', () => {
  const all = Object.values(omniglotLookAlikes)
  expect(all).toHaveLength(8)
  for (const { judged, digits } of all) {
    expect(judged).toMatch(/\w.*\.$/)
    for (const digit of Object.values(digits)) expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).toContain(digit)
  }
})

it.skipIf(!existsSync(omniglot))(
  'judges every alphabet that is there, and no character that is not (skipped without ../shared)',
  async () => {
    const alphabets = await alphabetsFrom([omniglot], { perLetter: 1 })
    expect(alphabets.map(({ name }) => name)).toEqual(Object.keys(omniglotLookAlikes).sort())
    for (const { name, images } of alphabets) {
      const alike = images.classes.flatMap((one) => lookAlikeOf(one) ?? [])
      expect(alike, name).toEqual(Object.values(omniglotLookAlikes[name].digits))
    }
  },
)
