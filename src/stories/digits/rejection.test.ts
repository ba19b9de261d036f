/** @file What the rejection rows count, on sets small enough to count by hand. */
import { expect, test } from 'vitest'
import { inMemory } from '../../dataset/index.ts'
import { judgeScore, kept95, keptRight84, type Population } from './rejection.ts'

const population = (scores: readonly number[]): Population => ({
  count: scores.length,
  logits: new Float32Array(0),
  embedding: Float32Array.from(scores),
  features: new Float32Array(0),
  moved: [],
})
const digits = population(Array.from({ length: 100 }, (_, i) => i))
const right = digits.embedding.map(() => 1) as unknown as ArrayLike<boolean>

function rowsFor(classes: readonly string[], scores: readonly number[]) {
  const images = inMemory({
    images: new Uint8Array(scores.length * 784),
    labels: Uint8Array.from(scores, (_, i) => i % classes.length),
    height: 28,
    width: 28,
    classes,
    source: 'letters made for a test',
  })
  const letters = [{ name: 'letters', population: population(scores), images }]
  const data = {
    held: digits,
    heldOf: '100 digits',
    heldRight: right,
    test: digits,
    testRight: right,
    choose: population([150, 160, 170, 180]),
    letters,
  }
  return judgeScore(data, { name: 'knn-distance', score: (p) => p.embedding }, 'none').rows
}

test('letters that look like digits are counted in the whole, and left out of the figure beside it', () => {
  // o and l look like 0 and 1: one of four o and l is rejected, all of the four a and k
  const [at84, at95] = rowsFor(['o', 'a', 'l', 'k'], [10, 200, 20, 200, 120, 200, 30, 200])
  expect([at84.at, at95.at]).toEqual([keptRight84, kept95])
  expect(at84.rejectWhen).toBe('above')
  expect(at84.lettersRejected).toBe(5 / 8)
  expect(at84.lettersRejectedUnlike).toBe(1)
})

test('a set without look-alikes, or of nothing else, has no such figure', () => {
  expect(rowsFor(['a', 'k'], [200, 1])[0].lettersRejectedUnlike).toBeUndefined()
  expect(rowsFor(['o', 'l'], [200, 1])[0].lettersRejectedUnlike).toBeUndefined()
  expect(rowsFor(['α', 'o'], [90, 1])[0].lettersRejectedUnlike).toBe(1)
})
