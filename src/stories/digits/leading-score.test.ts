import { expect, test } from 'vitest'
import { preferred } from './leading-score.ts'
import type { ScoredRejection } from './rejection.ts'

const scored = (...shares: number[]): ScoredRejection[] =>
  shares.map((heldOutRejected, i) => ({ name: String(i), heldOutRejected, heldOutCount: 1000 }) as unknown as ScoredRejection)

test('the last of the scores that so many letters cannot tell from the best', () => {
  expect(preferred(scored(0.5, 0.8, 0.6)).name).toBe('1')
  // one standard error of .8 on 1,000 letters is .0126
  expect(preferred(scored(0.5, 0.8, 0.7876)).name).toBe('2')
  expect(preferred(scored(0.5, 0.8, 0.787)).name).toBe('1')
  expect(preferred(scored(0.79, 0.8, 0.7)).name).toBe('1')
  expect(preferred(scored(1, 1, 0.999)).name).toBe('1')
  expect(preferred(scored(0, 0)).name).toBe('1')
})
