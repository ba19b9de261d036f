import { describe, expect, it } from 'vitest'
import {
  balanced,
  mPerClass,
  randomTriplets,
  shuffledBatches,
  type BalancedState,
  type MPerClassState,
  type ShuffleState,
  type TripletState,
} from './index.ts'

/** Three classes, 5, 20 and 75 images, mixed up. */
const labels = Uint8Array.from({ length: 100 }, (_, i) => (i % 20 === 7 ? 9 : i % 5 === 1 ? 4 : 1))
const json = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
const counts = (values: ArrayLike<number>): Record<number, number> =>
  Array.from(values).reduce<Record<number, number>>((c, v) => ({ ...c, [v]: (c[v] ?? 0) + 1 }), {})

/** Same seed same batches; another seed others; a state saved in the middle goes on the same. */
function checkSeeds<S>(make: (more: { seed?: number; state?: S }) => { next(): unknown; state(): S }): void {
  const [a, b] = [make({ seed: 5 }), make({ seed: 5 })]
  const run = (s: { next(): unknown }, n: number): unknown[] => Array.from({ length: n }, () => s.next())
  expect(run(a, 25)).toEqual(run(b, 25))
  expect(run(make({ seed: 6 }), 25)).not.toEqual(run(make({ seed: 5 }), 25))
  for (const steps of [0, 1, 3, 4, 10]) {
    const c = make({ seed: 5 })
    run(c, steps)
    const resumed = make({ state: json(c.state()) })
    expect(run(resumed, 12)).toEqual(run(c, 12))
    expect(resumed.state()).toEqual(c.state())
  }
}

describe('random triplets', () => {
  it('draws by label: positive of the class but another image, negative of another class', () => {
    const sampler = randomTriplets(labels, { batch: 60, seed: 1 })
    expect(sampler.stepsPerEpoch).toBe(2)
    const seen: number[] = []
    for (let step = 0; step < 100; step++) {
      const { anchor, positive, negative } = sampler.next()
      expect(anchor.length).toBe(60)
      for (let i = 0; i < 60; i++) {
        expect(labels[positive[i]]).toBe(labels[anchor[i]])
        expect(positive[i]).not.toBe(anchor[i])
        expect(labels[negative[i]]).not.toBe(labels[anchor[i]])
        seen.push(labels[anchor[i]])
      }
    }
    // every class equally often, whatever its size: 2000 each, standard deviation 37
    for (const n of Object.values(counts(seen))) expect(Math.abs(n - 2000)).toBeLessThan(185)
  })

  it('reaches every ordered pair of a class', () => {
    const sampler = randomTriplets(Uint8Array.of(0, 0, 0, 1), { batch: 4, seed: 2 })
    const pairs = new Set<string>()
    for (let i = 0; i < 60; i++) {
      const { anchor, positive, negative } = sampler.next()
      anchor.forEach((a, k) => pairs.add(`${a}${positive[k]}${negative[k]}`))
    }
    expect([...pairs].sort()).toEqual(['013', '023', '103', '123', '203', '213'])
  })

  it('is seeded and resumable', () => checkSeeds<TripletState>((more) => randomTriplets(labels, { batch: 8, ...more })))

  it('counts epochs as 60,000 images in batches of 128 do: 469 steps', () => {
    const many = Uint8Array.from({ length: 60000 }, (_, i) => i % 10)
    expect(randomTriplets(many, { batch: 128 }).stepsPerEpoch).toBe(469)
    expect(randomTriplets(many, { batch: 128, stepsPerEpoch: 7 }).stepsPerEpoch).toBe(7)
  })

  it('refuses data without triplets', () => {
    expect(() => randomTriplets(new Uint8Array(0), { batch: 1 })).toThrow('an empty dataset')
    expect(() => randomTriplets(new Uint8Array(4), { batch: 2 })).toThrow('at least two classes, got "one class only (label 0)"')
    expect(() => randomTriplets(Uint8Array.of(0, 1), { batch: 2 })).toThrow('at least one class must have two images')
    expect(() => randomTriplets(labels, { batch: 101 })).toThrow('not be larger than the dataset (100 images), got 101')
    expect(() => randomTriplets(labels, { batch: 0 })).toThrow('above 0')
    expect(() => randomTriplets(labels, { batchSize: 8 } as never)).toThrow('Did you mean "batch"')
  })
})

describe('m per class', () => {
  it('fills batches with perClass different images of each of some classes', () => {
    const sampler = mPerClass(labels, { perClass: 4, batchSize: 8, seed: 1 })
    const together: number[] = []
    for (let step = 0; step < 300; step++) {
      const batch = sampler.next()
      expect(batch.length).toBe(8)
      expect(new Set(batch).size).toBe(8)
      for (const at of [0, 4]) expect(new Set(batch.slice(at, at + 4).map((i) => labels[i])).size).toBe(1)
      expect(labels[batch[0]]).not.toBe(labels[batch[4]])
      together.push(labels[batch[0]], labels[batch[4]])
    }
    for (const n of Object.values(counts(together))) expect(Math.abs(n - 200)).toBeLessThan(60)
    expect(mPerClass(labels, { perClass: 4, seed: 1 }).next().length).toBe(12)
    expect(mPerClass(labels, { perClass: 4, classes: 2 }).stepsPerEpoch).toBe(13)
  })

  it('draws the images of a class evenly', () => {
    const sampler = mPerClass(Uint8Array.of(0, 0, 0, 0, 0, 1, 1, 1), { perClass: 3, seed: 1 })
    const first: number[] = []
    const drawn: number[] = []
    for (let i = 0; i < 1000; i++) {
      const batch = sampler.next()
      const own = batch.filter((b) => b < 5)
      first.push(own[0])
      drawn.push(...own)
    }
    for (let i = 0; i < 5; i++) {
      expect(Math.abs(counts(drawn)[i] - 600)).toBeLessThan(80)
      expect(Math.abs(counts(first)[i] - 200)).toBeLessThan(65)
    }
  })

  it('repeats images of small classes only when asked', () => {
    expect(() => mPerClass(labels, { perClass: 6 })).toThrow('at least perClass = 6 images, got "label 9: 5"')
    const batch = mPerClass(labels, { perClass: 6, replace: true }).next()
    expect(counts(batch.map((i) => labels[i]))).toEqual({ 1: 6, 4: 6, 9: 6 })
  })

  it('is seeded and resumable', () => checkSeeds<MPerClassState>((more) => mPerClass(labels, { perClass: 2, batchSize: 4, ...more })))

  it('refuses what does not fit', () => {
    expect(() => mPerClass(new Uint8Array(0), { perClass: 1 })).toThrow('empty dataset')
    expect(() => mPerClass(new Uint8Array(9), { perClass: 2 })).toThrow('one class only')
    expect(() => mPerClass(labels, { perClass: 3, batchSize: 8 })).toThrow('multiple of perClass')
    expect(() => mPerClass(labels, { perClass: 2, batchSize: 8 })).toThrow('classes per batch must be in 1..3')
    expect(() => mPerClass(labels, { perClass: 2, batchSize: 4, classes: 3 })).toThrow('classes x perClass')
    expect(() => mPerClass(labels, { perClass: 50, replace: true })).toThrow('not be larger than the dataset')
    expect(() => mPerClass(labels, { perClass: 2, state: { kind: 'balanced' } as never })).toThrow('state must be of a m per class sampler')
  })
})

describe('shuffled batches', () => {
  it('gives every image once an epoch, in another order each time', () => {
    const sampler = shuffledBatches(10, { batchSize: 4, seed: 1 })
    expect(sampler.stepsPerEpoch).toBe(3)
    const epoch = (): number[] => [0, 1, 2].flatMap(() => [...sampler.next()])
    const [one, two] = [epoch(), epoch()]
    for (const e of [one, two]) expect(e.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(one).not.toEqual(two)
    const dropping = shuffledBatches(10, { batchSize: 4, seed: 1, dropLast: true })
    expect(dropping.stepsPerEpoch).toBe(2)
    expect([0, 1, 2, 3, 4].map(() => dropping.next().length)).toEqual([4, 4, 4, 4, 4])
  })

  it('is seeded and resumable, at the end of an epoch too', () => {
    checkSeeds<ShuffleState>((more) => shuffledBatches(100, { batchSize: 33, ...more }))
    checkSeeds<ShuffleState>((more) => shuffledBatches(100, { batchSize: 25, ...more }))
    checkSeeds<ShuffleState>((more) => shuffledBatches(100, { batchSize: 33, dropLast: true, ...more }))
  })

  it('refuses empty sets and large batches', () => {
    expect(() => shuffledBatches(0, { batchSize: 1 })).toThrow('empty dataset')
    expect(() => shuffledBatches(5, { batchSize: 6 })).toThrow('not be larger')
  })
})

describe('balanced', () => {
  it('draws every class equally often and every image of a class before any again', () => {
    const sampler = balanced(labels, { batchSize: 50, seed: 3 })
    const drawn = Array.from({ length: 60 }, () => [...sampler.next()]).flat()
    for (const n of Object.values(counts(drawn.map((i) => labels[i])))) expect(Math.abs(n - 1000)).toBeLessThan(130)
    const small = drawn.filter((i) => labels[i] === 9)
    for (let at = 0; at + 5 <= small.length; at += 5) expect(new Set(small.slice(at, at + 5)).size).toBe(5)
  })

  it('is seeded and resumable', () => checkSeeds<BalancedState>((more) => balanced(labels, { batchSize: 10, ...more })))

  it('refuses one class, empty sets, large batches', () => {
    expect(() => balanced(new Uint8Array(5), { batchSize: 2 })).toThrow('one class only')
    expect(() => balanced(new Int32Array(0), { batchSize: 2 })).toThrow('empty dataset')
    expect(() => balanced(labels, { batchSize: 200 })).toThrow('not be larger')
  })
})
