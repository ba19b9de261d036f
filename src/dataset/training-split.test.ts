import { expect, it } from 'vitest'
import { imageAt, inMemory, trainingSplit } from './index.ts'

const all = inMemory({
  images: Uint8Array.from({ length: 100 }, (_, i) => i),
  labels: Array.from({ length: 100 }, (_, i) => i % 4),
  height: 1,
  width: 1,
})
const numbers = (d: typeof all): number[] => Array.from({ length: d.count }, (_, i) => imageAt(d, i)[0])

it('draws so many training images by the seed, and judges fewer and more on the same', () => {
  const of = (images?: number, seed = 3) => trainingSplit(all, { validation: 20, images, seed })
  const [whole, few] = [of(), of(10)]
  expect([whole.train.count, few.train.count, few.validation.count]).toEqual([80, 10, 20])
  expect(numbers(few.validation)).toEqual(numbers(whole.validation))
  expect(numbers(whole.train)).toEqual(expect.arrayContaining(numbers(few.train)))
  expect(numbers(few.train)).not.toEqual(numbers(whole.train).slice(0, 10))
  expect(numbers(of(10).train)).toEqual(numbers(few.train))
  expect(numbers(of(10, 4).train)).not.toEqual(numbers(few.train))
  expect(() => of(81)).toThrow('images must be a whole number in 1..80')
  expect(() => of(0)).toThrow('in 1..80')
})
