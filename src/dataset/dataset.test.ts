import { describe, expect, it } from 'vitest'
import { concat, imageAt, indicesByClass, makeDataset, stratifiedSplit, subset, take, type Dataset } from './dataset.ts'

/** n images of 2x2 whose first pixel is the image's number. */
function numbered(labels: number[], classes = ['a', 'b', 'c'], start = 0): Dataset {
  const images = new Uint8Array(labels.length * 4)
  labels.forEach((_, i) => images.set([start + i, 7, 0, 0], i * 4))
  return makeDataset({ images, labels: Uint8Array.from(labels), height: 2, width: 2, classes, source: 'numbers' })
}
const numbers = (d: Dataset): number[] => Array.from({ length: d.count }, (_, i) => imageAt(d, i)[0])

describe('dataset', () => {
  it('hashes content: same bytes same hash; a changed pixel, label or class name another', () => {
    const hash = numbered([0, 1, 2]).hash
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect(numbered([0, 1, 2]).hash).toBe(hash)
    expect(numbered([0, 1, 1]).hash).not.toBe(hash)
    expect(numbered([0, 1, 2], ['a', 'b', 'd']).hash).not.toBe(hash)
    expect(numbered([0, 1, 2], undefined, 1).hash).not.toBe(hash)
  })

  it('refuses parts that do not fit', () => {
    const parts = { height: 2, width: 2, classes: ['a'], source: 's' }
    expect(() => makeDataset({ ...parts, images: new Uint8Array(7), labels: new Uint8Array(2) })).toThrow('2 x 2 x 2 x 1 = 8 bytes')
    expect(() => makeDataset({ ...parts, images: new Uint8Array(8), labels: Uint8Array.of(0, 1) })).toThrow('label 1 at image 1')
  })

  it('takes subsets in the order asked', () => {
    const d = numbered([0, 1, 2, 0])
    expect(numbers(subset(d, [3, 1, 3]))).toEqual([3, 1, 3])
    expect([...subset(d, [3, 1]).labels]).toEqual([0, 1])
    expect(() => subset(d, [4])).toThrow('index must be in 0..3')
    expect(numbers(take(d, 2))).toEqual([0, 1])
    const some = numbers(take(numbered(Array<number>(50).fill(0)), 10, { seed: 3 }))
    expect(new Set(some).size).toBe(10)
    expect(some).not.toEqual([...some].sort((a, b) => a - b))
    expect(numbers(take(numbered(Array<number>(50).fill(0)), 10, { seed: 3 }))).toEqual(some)
    expect(() => take(d, 5)).toThrow('0..4')
  })

  it('joins sets and merges classes by name', () => {
    const joined = concat(numbered([0, 1], ['a', 'b']), numbered([0, 1], ['b', 'x'], 10))
    expect(joined.classes).toEqual(['a', 'b', 'x'])
    expect([...joined.labels]).toEqual([0, 1, 1, 2])
    expect(numbers(joined)).toEqual([0, 1, 10, 11])
    const other = makeDataset({ images: new Uint8Array(9), labels: new Uint8Array(1), height: 3, width: 3, classes: ['a'], source: 'big' })
    expect(() => concat(joined, other)).toThrow('3x3x1 in big')
  })

  it('splits by class in proportion, disjoint, complete, seeded', () => {
    const labels = [...Array<number>(100).fill(0), ...Array<number>(53).fill(1), ...Array<number>(7).fill(2)]
    const d = numbered(labels)
    const { train, validation } = stratifiedSplit(d, { fraction: 0.2, seed: 5 })
    expect(validation.count).toBe(32)
    expect(indicesByClass(validation).map((l) => l.length)).toEqual([20, 11, 1])
    expect([...numbers(train), ...numbers(validation)].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i))
    expect(numbers(stratifiedSplit(d, { fraction: 0.2, seed: 5 }).validation)).toEqual(numbers(validation))
    expect(numbers(stratifiedSplit(d, { fraction: 0.2, seed: 6 }).validation)).not.toEqual(numbers(validation))
    expect(stratifiedSplit(d, { count: 40, seed: 1 }).validation.count).toBe(40)
    expect(() => stratifiedSplit(d, { count: 160, seed: 1 })).toThrow('between 1 and 159')
  })
})
