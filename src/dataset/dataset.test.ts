import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { portableSha256 } from '../base/sha256.ts'
import {
  concat,
  imageAt,
  imageBytes,
  indicesByClass,
  inMemory,
  inMemoryOf,
  stratifiedSplit,
  subset,
  take,
  type Dataset,
  type ImageSource,
} from './index.ts'

/** n images of 2x2 whose first pixel is the image's number. */
function numbered(labels: number[], classes = ['a', 'b', 'c'], start = 0): Dataset {
  const images = new Uint8Array(labels.length * 4)
  labels.forEach((_, i) => images.set([start + i, 7, 0, 0], i * 4))
  return inMemory({ images, labels, height: 2, width: 2, classes, source: 'numbers' })
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
    const parts = { height: 2, width: 2, classes: ['a'], source: 's', images: new Uint8Array(8), labels: [0, 0] as number[] | string[] }
    const refused = (changes: object) => expect(() => inMemory({ ...parts, ...changes }))
    refused({ images: new Uint8Array(7) }).toThrow('2 x 2 x 2 x 1 = 8 bytes')
    refused({ images: new Float32Array(8) }).toThrow('images must be a Uint8Array')
    refused({ channels: 3 }).toThrow('2 x 2 x 2 x 3 = 24 bytes')
    refused({ channels: 2 }).toThrow('channels must be 1 (grey), 3 (RGB) or 4 (RGB and alpha)')
    refused({ width: 2.5 }).toThrow('width must be a whole number of pixels above 0')
    for (const label of [1, -1, 0.5, Number.NaN, 2 ** 32]) refused({ labels: [0, label] }).toThrow(`label ${label} at image 1`)
    for (const labels of [Int32Array.of(0, -1), Int32Array.of(0, 1)]) refused({ labels }).toThrow('at image 1')
    refused({ labels: ['a', 'b'] }).toThrow('one of the classes, got label "b" at image 1')
    refused({ classes: ['a', 'b', 'a'] }).toThrow('every class must have a name of its own, got "a" twice')
    refused({ labels: [0, 1e9], classes: undefined }).toThrow(expect.objectContaining({ code: 'limit' }))
  })

  it('takes labels as numbers or as names, and knows the classes from either', () => {
    const parts = { height: 1, width: 1, images: new Uint8Array(3) }
    const named = inMemory({ ...parts, labels: ['dog', 'ant', 'dog'] })
    expect([[...named.labels], named.classes]).toEqual([
      [1, 0, 1],
      ['ant', 'dog'],
    ])
    expect([...inMemory({ ...parts, labels: ['dog', 'ant', 'dog'], classes: ['dog', 'emu', 'ant'] }).labels]).toEqual([0, 2, 0])
    expect(inMemory({ ...parts, labels: Uint8Array.of(2, 0, 2) }).classes).toEqual(['0', '1', '2'])
    expect(inMemory({ height: 1, width: 1, images: new Uint8Array(0), labels: [] }).classes).toEqual([])
  })

  it('holds 300 classes: none wraps, in whole, cut, joined or split', () => {
    const labels = Array.from({ length: 600 }, (_, i) => i % 300)
    const d = inMemory({ images: new Uint8Array(600), labels, height: 1, width: 1 })
    expect(d.labels).toEqual(Int32Array.from(labels))
    expect(subset(d, [299, 599]).labels).toEqual(Int32Array.of(299, 299))
    expect(indicesByClass(stratifiedSplit(d, { count: 300, seed: 0 }).validation).every((list) => list.length === 1)).toBe(true)
    const other = inMemory({ images: new Uint8Array(1), labels: ['one more'], height: 1, width: 1 })
    expect(concat(d, other).labels.at(-1)).toBe(300)
    const wrapped = inMemory({ ...d, labels: labels.map((label) => label % 256) })
    expect(wrapped.hash).not.toBe(d.hash)
  })

  it('hashes shape, classes, labels and pixels: labels as bytes up to 256 classes, as int32 above', () => {
    const images = Uint8Array.of(7, 8, 9)
    const of = (labels: number[], classes: string[]) => inMemory({ images, labels, height: 1, width: 1, classes, source: 's' }).hash
    const head = (classes: string[]) => JSON.stringify({ count: 3, height: 1, width: 1, channels: 1, classes })
    const names = Array.from({ length: 257 }, (_, i) => `${i}`)
    const few = names.slice(0, 256)
    expect(of([0, 255, 1], few)).toBe(
      portableSha256()
        .update(head(few))
        .update(Uint8Array.of(0, 255, 1))
        .update(images)
        .hex(),
    )
    const wide = Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0)
    expect(of([0, 256, 1], names)).toBe(portableSha256().update(head(names)).update(wide).update(images).hex())
  })

  it('reads any images in any order into the place given', () => {
    const d = numbered([0, 1, 2])
    const out = new Uint8Array(8)
    d.read([2, 0], out)
    expect([...out]).toEqual([2, 7, 0, 0, 0, 7, 0, 0])
    expect(() => d.read([3], new Uint8Array(4))).toThrow('index must be in 0..2, got 3')
    expect(() => d.read([0.5], new Uint8Array(4))).toThrow('index must be in 0..2')
    expect(() => d.read([0], new Uint8Array(5))).toThrow('out must hold 1 images of 4 = 4 bytes')
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
    const other = inMemory({ images: new Uint8Array(9), labels: new Uint8Array(1), height: 3, width: 3, classes: ['a'], source: 'big' })
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

/** The same set, its pixels read when asked: a promise, as files give it. */
function behind(d: Dataset): ImageSource {
  const { images: _, ...rest } = d
  return { ...rest, hash: d.hash, read: async (indices, out) => d.read(indices, out) }
}

const anySet = fc
  .record({
    height: fc.integer({ min: 1, max: 3 }),
    width: fc.integer({ min: 1, max: 3 }),
    channels: fc.constantFrom(1 as const, 3 as const, 4 as const),
  })
  .chain((shape) =>
    fc
      .array(
        fc.record({
          label: fc.integer({ min: 0, max: 4 }),
          pixels: fc.uint8Array({ minLength: imageBytes(shape), maxLength: imageBytes(shape) }),
        }),
        {
          minLength: 4,
          maxLength: 20,
        },
      )
      .map((all) => {
        const images = Uint8Array.from(all.flatMap(({ pixels }) => [...pixels]))
        return inMemory({ ...shape, images, labels: all.map(({ label }) => label), classes: ['a', 'b', 'c', 'd', 'e'], source: 's' })
      }),
  )

describe('a source whose pixels are not in memory', () => {
  it('is cut, joined and split as one in memory, without being read before it is asked', async () => {
    const check = async (lazy: ImageSource, eager: Dataset) => {
      expect({ ...lazy, read: 0, hash: 0 }).toEqual({ ...eager, images: undefined, read: 0, hash: 0 })
      const whole = await inMemoryOf(lazy)
      expect(whole.images).toEqual(eager.images)
      expect(whole.hash).toBe(eager.hash)
    }
    await fc.assert(
      fc.asyncProperty(anySet, fc.array(fc.nat(), { maxLength: 12 }), fc.nat(9), async (d, numbers, seed) => {
        const rows = numbers.map((n) => n % d.count)
        const source = behind(d)
        await check(subset(source, rows), subset(d, rows))
        await check(take(source, d.count - 1, { seed }), take(d, d.count - 1, { seed }))
        await check(concat(source, d, source), concat(d, d, d))
        const [lazy, eager] = [stratifiedSplit(source, { count: 2, seed }), stratifiedSplit(d, { count: 2, seed })]
        await check(lazy.train, eager.train)
        await check(lazy.validation, eager.validation)
        // what is read is what slices of the pixels are, however deep the cut
        const joined = concat(subset(source, rows), d)
        const wanted = rows.map((_, i) => (i * 7) % joined.count)
        const out = new Uint8Array(wanted.length * imageBytes(d))
        await joined.read(wanted, out)
        const all = concat(subset(d, rows), d)
        expect([...out]).toEqual(wanted.flatMap((i) => [...imageAt(all, i)]))
      }),
      { numRuns: 60 },
    )
  })

  it('tells cuts apart by their hash, and checks what is asked of them', async () => {
    const source = behind(numbered([0, 1, 2, 0]))
    const hashes = [source, subset(source, [0, 3]), subset(source, [3, 0]), concat(source, source), concat(source)].map((s) => s.hash)
    expect(new Set(hashes).size).toBe(5)
    expect(subset(source, [3, 0]).hash).toBe(hashes[2])
    expect(() => subset(source, [4])).toThrow('index must be in 0..3')
    expect(() => subset(source, [3]).read([1], new Uint8Array(4))).toThrow('index must be in 0..0')
    expect(() => take(source, 5)).toThrow('0..4')
    await expect(inMemoryOf(source, { signal: AbortSignal.abort('enough') })).rejects.toMatchObject({
      code: 'interrupted',
      cause: 'enough',
    })
  })

  it('gives the signal on to whoever reads', async () => {
    let seen: AbortSignal | undefined
    const source: ImageSource = { ...behind(numbered([0, 1])), read: async (_, __, options) => void (seen = options?.signal) }
    const { signal } = new AbortController()
    await inMemoryOf(concat(subset(source, [1]), source), { signal })
    expect(seen).toBe(signal)
  })
})
