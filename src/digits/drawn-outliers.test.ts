/** @file Drawn outliers are seeded, of all kinds, and what they say. */
import { expect, it } from 'vitest'
import { imageAt, indicesByClass, subset } from '../dataset/index.ts'
import { drawnShapes, noiseImages, twoDigits } from './drawn-outliers.ts'
import { loadMnist } from './mnist.ts'

const mnist = await loadMnist({ split: 'test' })
const makers = {
  'drawn shapes': (count: number, seed: number) => drawnShapes({ count, seed }),
  noise: (count: number, seed: number) => noiseImages({ count, seed }),
  'two digits': (count: number, seed: number) => twoDigits(mnist, { count, seed }),
}

it.each(Object.entries(makers))('%s: the same for the same seed, each another one, of every kind alike', (name, make) => {
  const [made, again, other] = [make(66, 1), make(66, 1), make(66, 2)]
  expect([made.height, made.width, made.count, made.source]).toEqual([28, 28, 66, name])
  expect(again.hash).toBe(made.hash)
  expect(other.hash).not.toBe(made.hash)
  expect(new Set(Array.from({ length: 66 }, (_, i) => imageAt(made, i).join())).size).toBe(66)
  const each = indicesByClass(made).map((list) => list.length)
  expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(1)
  expect(() => make(0, 1)).toThrow('whole number above 0')
})

it("shapes lie in MNIST's frame: the longer side is 20 px", () => {
  const shapes = drawnShapes({ count: 44, seed: 3 })
  for (let i = 0; i < shapes.count; i++) {
    const at = [...imageAt(shapes, i).entries()].filter(([, v]) => v > 0).map(([p]) => p)
    const [xs, ys] = [at.map((p) => p % 28), at.map((p) => Math.floor(p / 28))]
    expect(Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)) + 1, shapes.classes[shapes.labels[i]]).toBe(20)
  }
})

it('two digits stand beside each other with paper between them', () => {
  const ones = subset(
    mnist,
    [...mnist.labels.keys()].filter((i) => mnist.labels[i] === 0),
  )
  const pairs = twoDigits(ones, { count: 20 })
  for (let i = 0; i < pairs.count; i++) {
    const image = imageAt(pairs, i)
    const column = Array.from({ length: 28 }, (_, x) => Array.from({ length: 28 }, (_, y) => image[28 * y + x]).reduce((a, b) => a + b))
    const [first, last] = [column.findIndex((v) => v > 0), column.findLastIndex((v) => v > 0)]
    // the gap is the faintest column of the middle half: far fainter than the rings on either side
    const middle = column.slice(Math.round(first + (last - first) / 4), Math.round(last - (last - first) / 4))
    expect(Math.min(...middle)).toBeLessThan(Math.max(...column) / 3)
  }
  expect(() => twoDigits({ ...mnist, height: 14, width: 56 }, { count: 1 })).toThrow('28x28x1')
})
