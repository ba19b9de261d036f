import { describe, expect, it, test } from 'vitest'
import { balanced, mPerClass, randomTriplets, shuffledBatches, type Batches, type DrawOptions, type Sampler } from './index.ts'

/** Three classes, 5, 20 and 75 images, mixed up. */
const labels = Uint8Array.from({ length: 100 }, (_, i) => (i % 20 === 7 ? 9 : i % 5 === 1 ? 4 : 1))
const json = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
const counts = (values: ArrayLike<number>): Record<number, number> =>
  Array.from(values).reduce<Record<number, number>>((c, v) => ({ ...c, [v]: (c[v] ?? 0) + 1 }), {})

/** Same seed same batches; another seed others; a state saved in the middle goes on the same. */
function checkSeeds<S>(sampler: Sampler<S>): void {
  const make = (from: DrawOptions<S>): Batches<S> => sampler.over(labels, from)
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

const ten = new Uint8Array(10)

describe('random triplets', () => {
  it('draws by label: positive of the class but another image, negative of another class', () => {
    const sampler = randomTriplets({ triplets: 60 }).over(labels, { seed: 1 })
    expect(sampler.stepsPerEpoch).toBe(2)
    const seen: number[] = []
    for (let step = 0; step < 100; step++) {
      const batch = sampler.next()
      expect(batch.length).toBe(sampler.size)
      const [anchor, positive, negative] = [0, 60, 120].map((at) => batch.subarray(at, at + 60))
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
    const sampler = randomTriplets({ triplets: 4 }).over(Uint8Array.of(0, 0, 0, 1), { seed: 2 })
    const pairs = new Set<string>()
    for (let i = 0; i < 60; i++) {
      const batch = sampler.next()
      for (let k = 0; k < 4; k++) pairs.add(`${batch[k]}${batch[4 + k]}${batch[8 + k]}`)
    }
    expect([...pairs].sort()).toEqual(['013', '023', '103', '123', '203', '213'])
  })

  it('is seeded and resumable', () => checkSeeds(randomTriplets({ triplets: 8 })))

  it('counts epochs as 60,000 images in batches of 128 do: 469 steps', () => {
    const many = Uint8Array.from({ length: 60000 }, (_, i) => i % 10)
    expect(randomTriplets().over(many).stepsPerEpoch).toBe(469)
    expect(randomTriplets({ triplets: 128, stepsPerEpoch: 7 }).over(many).stepsPerEpoch).toBe(7)
  })

  it('refuses data without triplets', () => {
    expect(() => randomTriplets({ triplets: 1 }).over(new Uint8Array(0))).toThrow('an empty dataset')
    expect(() => randomTriplets({ triplets: 2 }).over(new Uint8Array(4))).toThrow('at least two classes, got "one class only (label 0)"')
    expect(() => randomTriplets({ triplets: 2 }).over(Uint8Array.of(0, 1))).toThrow('at least one class must have two images')
    expect(() => randomTriplets({ triplets: 101 }).over(labels)).toThrow('not be larger than the dataset (100 images), got 101')
    expect(() => randomTriplets({ triplets: 0 })).toThrow('above 0')
    expect(() => randomTriplets({ triplet: 8 } as never)).toThrow('Did you mean "triplets"')
  })
})

describe('m per class', () => {
  it('fills batches with perClass different images of each of some classes', () => {
    const sampler = mPerClass({ perClass: 4, batchSize: 8 }).over(labels, { seed: 1 })
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
    expect(mPerClass({ perClass: 4 }).over(labels, { seed: 1 }).next().length).toBe(12)
    expect(mPerClass({ perClass: 4, classes: 2 }).over(labels).stepsPerEpoch).toBe(13)
  })

  it('draws the images of a class evenly', () => {
    const sampler = mPerClass({ perClass: 3 }).over(Uint8Array.of(0, 0, 0, 0, 0, 1, 1, 1), { seed: 1 })
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
    expect(() => mPerClass({ perClass: 6 }).over(labels)).toThrow('at least perClass = 6 images, got "label 9: 5"')
    const batch = mPerClass({ perClass: 6, replace: true }).over(labels).next()
    expect(counts(batch.map((i) => labels[i]))).toEqual({ 1: 6, 4: 6, 9: 6 })
  })

  it('is seeded and resumable', () => checkSeeds(mPerClass({ perClass: 2, batchSize: 4 })))

  it('refuses what does not fit', () => {
    expect(() => mPerClass({ perClass: 1 }).over(new Uint8Array(0))).toThrow('empty dataset')
    expect(() => mPerClass({ perClass: 2 }).over(new Uint8Array(9))).toThrow('one class only')
    expect(() => mPerClass({ perClass: 3, batchSize: 8 })).toThrow('multiple of perClass')
    expect(() => mPerClass({ perClass: 2, batchSize: 8 }).over(labels)).toThrow('classes per batch must be in 1..3')
    expect(() => mPerClass({ perClass: 2, batchSize: 4, classes: 3 }).over(labels)).toThrow('classes x perClass')
    expect(() => mPerClass({ perClass: 50, replace: true }).over(labels)).toThrow('not be larger than the dataset')
    expect(() => mPerClass({ perClass: 2 }).over(labels, { state: { kind: 'balanced' } as never })).toThrow(
      'state must be of a m per class sampler',
    )
  })
})

describe('shuffled batches', () => {
  it('gives every image once an epoch, in another order each time', () => {
    const sampler = shuffledBatches({ batchSize: 4, dropLast: false }).over(ten, { seed: 1 })
    expect(sampler.stepsPerEpoch).toBe(3)
    const epoch = (): number[] => [0, 1, 2].flatMap(() => [...sampler.next()])
    const [one, two] = [epoch(), epoch()]
    for (const e of [one, two]) expect(e.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(one).not.toEqual(two)
    const dropping = shuffledBatches({ batchSize: 4 }).over(ten, { seed: 1 })
    expect(dropping.stepsPerEpoch).toBe(2)
    expect([0, 1, 2, 3, 4].map(() => dropping.next().length)).toEqual([4, 4, 4, 4, 4])
  })

  it('is seeded and resumable, at the end of an epoch too', () => {
    checkSeeds(shuffledBatches({ batchSize: 33, dropLast: false }))
    checkSeeds(shuffledBatches({ batchSize: 25 }))
    checkSeeds(shuffledBatches({ batchSize: 33 }))
  })

  it('refuses empty sets and large batches', () => {
    expect(() => shuffledBatches({ batchSize: 1 }).over(new Uint8Array(0))).toThrow('empty dataset')
    expect(() => shuffledBatches({ batchSize: 6 }).over(new Uint8Array(5))).toThrow('not be larger')
  })
})

describe('balanced', () => {
  it('draws every class equally often and every image of a class before any again', () => {
    const sampler = balanced({ batchSize: 50 }).over(labels, { seed: 3 })
    const drawn = Array.from({ length: 60 }, () => [...sampler.next()]).flat()
    for (const n of Object.values(counts(drawn.map((i) => labels[i])))) expect(Math.abs(n - 1000)).toBeLessThan(130)
    const small = drawn.filter((i) => labels[i] === 9)
    for (let at = 0; at + 5 <= small.length; at += 5) expect(new Set(small.slice(at, at + 5)).size).toBe(5)
  })

  it('is seeded and resumable', () => checkSeeds(balanced({ batchSize: 10 })))

  it('refuses one class, empty sets, large batches', () => {
    expect(() => balanced({ batchSize: 2 }).over(new Uint8Array(5))).toThrow('one class only')
    expect(() => balanced({ batchSize: 2 }).over(new Int32Array(0))).toThrow('empty dataset')
    expect(() => balanced({ batchSize: 200 }).over(labels)).toThrow('not be larger')
  })
})

test.each([
  ['random triplets', randomTriplets({ triplets: 8 })],
  ['m per class', mPerClass({ perClass: 2 })],
  ['shuffled batches', shuffledBatches({ batchSize: 8 })],
  ['balanced', balanced({ batchSize: 8 })],
] as [string, Sampler][])('%s: a damaged state is told, not gone on with', (_, sampler) => {
  const good = json(sampler.over(labels, { seed: 1 }).state()) as Record<string, unknown>
  expect(sampler.over(labels, { state: good }).next().length).toBe(sampler.over(labels).size)
  const damaged: unknown[] = [7, 'x', { ...good, random: undefined }, { ...good, random: [1, 2, 3] }, { ...good, random: [1, 2, 3, 1e300] }]
  if ('classes' in good) damaged.push(...[5, [], [null, 1, 2], [{}, {}, {}]].map((classes) => ({ ...good, classes })))
  if ('position' in good) damaged.push({ ...good, position: -1 }, { ...good, position: 'x' })
  for (const state of damaged) {
    expect(() => sampler.over(labels, { state }), JSON.stringify(state)).toThrow(expect.objectContaining({ code: 'corrupt' }))
  }
})

test('fit makes batches that a small set can fill', () => {
  const few = Uint8Array.of(0, 0, 0, 1, 1, 2, 2, 2)
  expect(mPerClass({ classes: 10, perClass: 25 }).over(few, { fit: true }).size).toBe(6)
  expect(mPerClass({ classes: 2, perClass: 2 }).over(few, { fit: true }).size).toBe(4)
  expect(randomTriplets().over(few, { fit: true }).size).toBe(24)
  expect(shuffledBatches({ batchSize: 100 }).over(few, { fit: true }).size).toBe(8)
  expect(balanced({ batchSize: 100 }).over(few, { fit: true }).size).toBe(8)
  expect(() => mPerClass({ perClass: 25 }).over(few)).toThrow('the batch must not be larger than the dataset')
  expect(() => mPerClass({ perClass: 25 }).over(Uint8Array.of(0, 0, 1), { fit: true })).toThrow('each class must have at least two images')
})
