/** @file Losses and miners against their definitions written out in plain loops. */
import { describe, expect, test } from 'vitest'
import { rng } from '../base/index.ts'
import { cosine, euclidean, l2Normalize, squaredEuclidean } from '../distances/index.ts'
import {
  allPairs,
  allTriplets,
  batchHard,
  easyPositive,
  semiHard,
  stackedTriplets,
  type Miner,
  type MinerFunction,
} from '../miners/index.ts'
import { Scope } from '../nn/index.ts'
import { compile, floats, nodeRuntime } from '../runtime/index.ts'
import { evaluate, grad, input, integers, mul, ndarray, sum, type NdArray, type Tensor } from '../tensor/index.ts'
import { objective } from '../train/index.ts'
import { constantTriplets, listTriplets, type Triplets } from '../tuples/index.ts'
import {
  classOrNone,
  contrastiveLoss,
  crossEntropy,
  l2OfEmbeddings,
  meanActiveReducer,
  meanReducer,
  softNegativeTripletLoss,
  sumReducer,
  tripletMarginLoss,
  type Loss,
  type Reducer,
} from './index.ts'

const n = 12
const d = 3
const labels = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
const random = rng(5)
const points: NdArray = { shape: [n, d], data: ndarray([n, d]).data.map(() => random.normal()) }
const row = (i: number) => [...points.data.subarray(i * d, (i + 1) * d)]
const dist = (i: number, j: number) => Math.hypot(...row(i).map((v, k) => v - row(j)[k]))
const e = input('e', [n, d])
const compute = (...outputs: Tensor[]) => evaluate(outputs, { e: points }).map((a) => [...a.data])
/** A loss of the points, reduced, with the share of what is active. */
function built(
  loss: Loss,
  parts: { miner?: Miner | MinerFunction; reducer?: Reducer; labels?: Tensor } = {},
): { loss: Tensor; active: Tensor } {
  const { loss: value, figures } = objective({ loss, miner: parts.miner, reducer: parts.reducer }).build({
    embeddings: e,
    labels: parts.labels ?? integers(labels),
    scope: new Scope(),
  })
  return { loss: value, active: figures.active }
}
const fixed =
  (triplets: Triplets): MinerFunction =>
  () =>
    triplets
const near = (a: number, b: number) => expect(Math.abs(a - b)).toBeLessThan(1e-4)

describe('distances', () => {
  const pairs: [typeof euclidean, (i: number, j: number) => number][] = [
    [euclidean, dist],
    [squaredEuclidean, (i, j) => dist(i, j) ** 2],
    [cosine, (i, j) => 1 - row(i).reduce((s, v, k) => s + v * row(j)[k], 0) / Math.hypot(...row(i)) / Math.hypot(...row(j))],
  ]
  test.each(pairs)('%o', (distance, expected) => {
    const [all] = compute(distance.pairwise(e, e))
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (i !== j) near(all[i * n + j], expected(i, j))
    const two = input('f', [n, d])
    const turned: NdArray = { shape: [n, d], data: Float64Array.from({ length: n * d }, (_, k) => points.data[(k + d) % (n * d)]) }
    const paired = evaluate([distance.paired(e, two)], { e: points, f: turned })[0].data
    paired.forEach((v, i) => near(v, expected(i, (i + 1) % n)))
  })
})

/** The same in float32, as training computes it. */
async function inFloat32(
  outputs: Readonly<Record<string, Tensor>>,
  feeds: Readonly<Record<string, NdArray>>,
): Promise<Record<string, number[]>> {
  const program = await compile(await nodeRuntime({ threads: 1 }), outputs)
  const results = await program.run(
    Object.fromEntries(Object.entries(feeds).map(([name, { data, shape }]) => [name, floats(Float32Array.from(data), shape)])),
  )
  await program.dispose()
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from(data as Float32Array)]))
}

/** [anchors; positives; negatives]. */
const stacked = constantTriplets({ anchor: [0, 1, 2, 3], positive: [4, 5, 6, 7], negative: [8, 9, 10, 11] })

describe('in float32', () => {
  test('distances far from the origin are those near it', async () => {
    const near32: NdArray = { shape: [n, d], data: Float64Array.from(points.data, (v) => Math.fround(v / 4)) }
    for (const offset of [0, 1, 100, 1e4]) {
      const moved: NdArray = { shape: [n, d], data: Float64Array.from(near32.data, (v) => Math.fround(v + offset)) }
      for (const distance of [euclidean, squaredEuclidean]) {
        const all = distance.pairwise(e, e)
        const other = distance.pairwise(input('f', [n, d]), e)
        const got = await inFloat32({ all, other, slope: grad(sum(mul(all, all)), [e])[0] }, { e: moved, f: moved })
        const [exact, slope] = evaluate([all, grad(sum(mul(all, all)), [e])[0]], { e: moved })
        exact.data.forEach((v, i) => {
          expect(Math.abs(got.all[i] - v)).toBeLessThan(1e-3)
          expect(Math.abs(got.other[i] - v)).toBeLessThan(1e-3)
        })
        slope.data.forEach((v, i) => expect(Math.abs(got.slope[i] - v)).toBeLessThan(1e-3 * n * Math.max(1, Math.abs(v))))
      }
    }
  })

  test('a vector of zeros stays one at unit length, and no gradient passes it', async () => {
    for (const tiny of [0, 1e-30]) {
      const some: NdArray = { shape: [n, d], data: Float64Array.from(points.data, (v, i) => (i < d ? tiny : v)) }
      const weights = input('w', [n, d])
      for (const y of [l2Normalize(e), cosine.pairwise(e, weights), cosine.paired(e, weights)]) {
        const { value, slope } = await inFloat32({ value: y, slope: grad(sum(mul(y, y)), [e])[0] }, { e: some, w: points })
        expect(value.every(Number.isFinite)).toBe(true)
        expect(slope.slice(0, d).map(Math.abs)).toEqual([0, 0, 0])
        if (y.shape[1] === n) expect(Math.max(...slope.slice(d).map(Math.abs))).toBeGreaterThan(0.01)
      }
    }
  })

  test('the soft margin neither overflows nor loses small losses', async () => {
    const t = n / 3
    for (const gap of [-200, -20, -10, -1, 0, 1, 30, 200, 1e4]) {
      // anchor at 0, positive at 300 + gap, negative at 300 on one line
      const line: NdArray = {
        shape: [n, d],
        data: Float64Array.from({ length: n * d }, (_, i) => (i % d > 0 || i < t * d ? 0 : i < 2 * t * d ? 300 + gap : 300)),
      }
      const { loss } = built(tripletMarginLoss({ margin: 0, soft: true }), { miner: fixed(stacked) })
      const { value, slope } = await inFloat32({ value: loss, slope: grad(loss, [e])[0] }, { e: line })
      const exact = gap > 30 ? gap : Math.log1p(Math.exp(gap))
      if (gap > -100) expect(Math.abs(value[0] / exact - 1)).toBeLessThan(1e-4)
      else expect(value[0]).toBeLessThan(1e-30)
      expect(slope.every(Number.isFinite)).toBe(true)
    }
  })
})

describe('triplet margin loss', () => {
  const mined = listTriplets(labels)
  const hinge = (margin: number) =>
    Array.from(mined.anchor, (a, t) => Math.max(0, dist(a, mined.positive[t]) - dist(a, mined.negative[t]) + margin))

  test('equals its formula over all triplets, with every reducer', () => {
    expect(mined.anchor.length).toBe(4 * 3 * 2 * 9)
    for (const margin of [0, 0.4, 5]) {
      const losses = hinge(margin)
      const active = losses.filter((v) => v > 0).length
      const total = losses.reduce((a, b) => a + b, 0)
      for (const [reducer, expected] of [
        [meanReducer(), total / losses.length],
        [sumReducer(), total],
        [meanActiveReducer(), total / active],
      ] as const) {
        const { loss, active: share } = built(tripletMarginLoss({ margin }), { miner: fixed(constantTriplets(mined)), reducer })
        const [[value], [got]] = compute(loss, share)
        expect(Math.abs(value / expected - 1)).toBeLessThan(1e-4)
        near(got, active / losses.length)
      }
    }
    const soft = compute(built(tripletMarginLoss({ margin: 0, soft: true }), { miner: fixed(constantTriplets(mined)) }).loss)[0][0]
    near(
      soft,
      hinge(-1e9)
        .map((_, t) => Math.log1p(Math.exp(dist(mined.anchor[t], mined.positive[t]) - dist(mined.anchor[t], mined.negative[t]))))
        .reduce((a, b) => a + b, 0) / mined.anchor.length,
    )
  })

  test('stacked triplets pair row i with t+i and 2t+i', () => {
    const t = n / 3
    const [[value]] = compute(built(tripletMarginLoss({ margin: 0.4 }), { miner: fixed(stacked) }).loss)
    const expected =
      Array.from({ length: t }, (_, i) => Math.max(0, dist(i, t + i) - dist(i, 2 * t + i) + 0.4)).reduce((a, b) => a + b, 0) / t
    near(value, expected)
  })

  test('a negative margin is an error', () => {
    expect(() => tripletMarginLoss({ margin: -0.1 })).toThrow('margin must be a number >= 0, got -0.1')
    expect(() => contrastiveLoss({ margin: Number.POSITIVE_INFINITY })).toThrow('margin')
    expect(() => softNegativeTripletLoss({ margin: Number.NaN })).toThrow('margin')
    expect(() => softNegativeTripletLoss({ temperature: 0 })).toThrow('temperature')
  })

  test('its gradient is finite where all embeddings coincide', () => {
    const same: NdArray = { shape: [n, d], data: new Float64Array(n * d).fill(0.3) }
    for (const { loss } of [built(tripletMarginLoss(), { miner: fixed(stacked) }), built(softNegativeTripletLoss())]) {
      const [value, g] = evaluate([loss, grad(loss, [e])[0]], { e: same })
      expect(value.data[0]).toBeGreaterThan(0)
      expect([...g.data].every(Number.isFinite)).toBe(true)
    }
  })
})

describe('miners', () => {
  test('stacked triplets are those whose labels make one; each outlier is a negative more', () => {
    const given = integers([0, 1, 2, 9, 0, 1, 7, 9, 1, 1, 3, 1, 100, 101])
    const mined = stackedTriplets().mine(input('e', [14, d]), given, { labelled: 12 })
    const feeds = { e: { shape: [14, d], data: new Float64Array(14 * d) } }
    const [a, p, ng, exists] = evaluate([mined.anchor, mined.positive, mined.negative, mined.exists!], feeds).map((x) => [...x.data])
    expect(a).toEqual([0, 1, 2, 3, 0, 1])
    expect(p).toEqual([4, 5, 6, 7, 4, 5])
    expect(ng).toEqual([8, 9, 10, 11, 12, 13])
    expect(exists).toEqual([1, 0, 0, 1, 1, 1])
    expect(() => stackedTriplets().mine(input('e', [14, d]), given)).toThrow('three times as many images as triplets')
  })

  test('all triplets are those of the plain loops', () => {
    const mined = allTriplets().mine(e, integers(labels))
    const [a, p, ng, exists] = compute(mined.anchor, mined.positive, mined.negative, mined.exists!)
    const found = a.flatMap((x, k) => (exists[k] === 1 ? [[x, p[k], ng[k]].join()] : []))
    const listed = listTriplets(labels)
    expect(found).toEqual(Array.from(listed.anchor, (x, k) => [x, listed.positive[k], listed.negative[k]].join()))
    // more tuples than pairs: their distances come from the matrix
    near(
      compute(built(tripletMarginLoss({ margin: 2 })).loss)[0][0],
      compute(built(tripletMarginLoss({ margin: 2 }), { miner: fixed(constantTriplets(listed)) }).loss)[0][0],
    )
  })

  const others = (i: number, same: boolean) => labels.flatMap((l, j) => (j !== i && (l === labels[i]) === same ? [j] : []))
  const best = (list: number[], f: (j: number) => number) => list.reduce((a, b) => (f(b) > f(a) ? b : a))

  test('batch-hard: farthest positive, nearest negative; easy-positive: nearest both', () => {
    const hard = batchHard().mine(e, integers(labels))
    const easy = easyPositive().mine(e, integers(labels))
    const [a, p, ng, ep] = compute(hard.anchor, hard.positive, hard.negative, easy.positive)
    for (let i = 0; i < n; i++) {
      expect(a[i]).toBe(i)
      expect(p[i]).toBe(best(others(i, true), (j) => dist(i, j)))
      expect(ng[i]).toBe(best(others(i, false), (j) => -dist(i, j)))
      expect(ep[i]).toBe(best(others(i, true), (j) => -dist(i, j)))
    }
  })

  test('semi-hard: nearest negative beyond the positive, else the farthest', () => {
    const mined = semiHard().mine(e, integers(labels))
    const [a, p, ng, exists] = compute(mined.anchor, mined.positive, mined.negative, mined.exists!)
    let fallbacks = 0
    a.forEach((i, t) => {
      const isPair = i !== p[t] && labels[i] === labels[p[t]]
      expect(exists[t]).toBe(isPair ? 1 : 0)
      if (!isPair) return
      const farther = others(i, false).filter((k) => dist(i, k) > dist(i, p[t]))
      if (farther.length === 0) fallbacks++
      expect(ng[t]).toBe(farther.length > 0 ? best(farther, (k) => -dist(i, k)) : best(others(i, false), (k) => dist(i, k)))
    })
    expect(exists.reduce((s, v) => s + v, 0)).toBe(n * 2)
    expect(fallbacks).toBeLessThan(n * 2)
  })

  /** Batches in which some or all rows have no positive or no negative. */
  const sparse: [string, number[], number[]][] = [
    ['one class', labels.map(() => 7), []],
    ['all labels different', labels.map((_, i) => i), []],
    ['a lone label', [0, ...labels.slice(1)].map((l, i) => (i === 0 ? 9 : l)), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
  ]
  test.each(sparse)('no triplet is invented: %s', (_, given, anchors) => {
    const labelled = integers(given)
    const positives = (i: number) => given.filter((l, j) => j !== i && l === given[i]).length
    const negatives = (i: number) => given.filter((l) => l !== given[i]).length
    for (const [miner, each] of [
      [batchHard(), () => 1],
      [easyPositive(), () => 1],
      [semiHard(), positives],
      [allTriplets(), (i: number) => positives(i) * negatives(i)],
      [stackedTriplets(), undefined],
    ] as const) {
      const mined = miner.mine(e, labelled)
      const [a, p, ng, exists] = compute(mined.anchor, mined.positive, mined.negative, mined.exists!)
      a.forEach((i, k) => {
        if (exists[k] === 0) return
        expect(p[k]).not.toBe(i)
        expect(given[p[k]]).toBe(given[i])
        expect(given[ng[k]]).not.toBe(given[i])
      })
      if (each === undefined) continue // stacked rows of these labels make no triplet, or other ones
      expect(exists.reduce((s, v) => s + v, 0)).toBe(anchors.reduce((s, i) => s + each(i), 0))
      const { loss } = built(tripletMarginLoss({ margin: 100 }), { miner, labels: labelled })
      const [[value], slope] = compute(loss, grad(loss, [e])[0])
      if (anchors.length > 0) expect(value).toBeGreaterThan(50)
      else expect([value, ...slope.map(Math.abs)]).toEqual(Array(1 + n * d).fill(0))
    }
    const soft = built(softNegativeTripletLoss({ margin: 100 }), { labels: labelled }).loss
    const [[value], slope] = compute(soft, grad(soft, [e])[0])
    if (anchors.length > 0) expect(value).toBeGreaterThan(50)
    else expect([value, ...slope.map(Math.abs)]).toEqual(Array(1 + n * d).fill(0))
  })

  test('no gradient flows through the choice', () => {
    const { loss } = built(tripletMarginLoss({ margin: 1 }), { miner: batchHard() })
    const chosen = batchHard().mine(e, integers(labels))
    const [p, ng] = compute(chosen.positive, chosen.negative)
    const constant = built(tripletMarginLoss({ margin: 1 }), {
      miner: fixed(constantTriplets({ anchor: labels.map((_, i) => i), positive: p, negative: ng })),
    })
    const [mined, plain] = compute(grad(loss, [e])[0], grad(constant.loss, [e])[0])
    mined.forEach((v, i) => near(v, plain[i]))
    expect(Math.max(...mined.map(Math.abs))).toBeGreaterThan(0.01)
  })
})

test('soft-negative loss equals its formula', () => {
  const temperature = 0.2
  const margin = 0.5
  let [total, count, active] = [0, 0, 0]
  for (let i = 0; i < n; i++) {
    const soft = -temperature * Math.log(labels.reduce((s, l, k) => (l === labels[i] ? s : s + Math.exp(-dist(i, k) / temperature)), 0))
    labels.forEach((l, j) => {
      if (j === i || l !== labels[i]) return
      const loss = Math.max(0, dist(i, j) - soft + margin)
      total += loss
      count++
      if (loss > 0) active++
    })
  }
  const out = built(softNegativeTripletLoss({ temperature, margin }))
  const [[loss], [share]] = compute(out.loss, out.active)
  near(loss, total / count)
  near(share, active / count)
})

test('contrastive loss equals its formula over all pairs', () => {
  for (const margin of [0.5, 2]) {
    let [total, count, active] = [0, 0, 0]
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) {
        const loss = (labels[i] === labels[j] ? dist(i, j) ** 2 : Math.max(0, margin - dist(i, j)) ** 2) / 2
        total += loss
        count++
        if (loss > 0) active++
      }
    }
    expect(count).toBe((n * (n - 1)) / 2)
    for (const miner of [undefined, allPairs()]) {
      const out = built(contrastiveLoss({ margin }), { miner })
      const [[loss], [share]] = compute(out.loss, out.active)
      near(loss, total / count)
      near(share, active / count)
    }
  }
})

test('the mean squared length of embeddings is added to the loss', () => {
  const plain = compute(built(softNegativeTripletLoss()).loss)[0][0]
  const { loss } = objective({
    loss: softNegativeTripletLoss(),
    regularisers: [l2OfEmbeddings({ weight: 0.3 }), () => sum(mul(e, 0))],
  }).build({ embeddings: e, labels: integers(labels), scope: new Scope() })
  near(compute(loss)[0][0], plain + (0.3 * points.data.reduce((s, v) => s + v * v, 0)) / n)
  expect(() => l2OfEmbeddings({ weight: 0 })).toThrow('weight must be a number > 0')
})

test('cross-entropy equals its formula; rows without a column do not count', () => {
  const y = labels.map((l, i) => (i === 2 ? 3 : i === 7 ? 99 : l % 3))
  const counted = y.flatMap((l, i) => (l < 3 ? [i] : []))
  const { loss, figures } = objective({ loss: crossEntropy() }).build({ embeddings: e, labels: integers(y), scope: new Scope() })
  const [[value], [share], [count]] = compute(loss, figures.accuracy, figures.tuples)
  const expected = counted.map((i) => Math.log(row(i).reduce((s, v) => s + Math.exp(v), 0)) - row(i)[y[i]])
  near(value, expected.reduce((a, b) => a + b, 0) / counted.length)
  near(share, counted.filter((i) => row(i).indexOf(Math.max(...row(i))) === y[i]).length / counted.length)
  expect(count).toBe(10)
})

test('class or none equals its formula: labels without a name are one class more; it learns weights of its own', () => {
  const y = labels.map((l, i) => (i === 2 ? 3 : i === 7 ? 99 : l % 3))
  const scope = new Scope()
  const { loss, figures } = objective({ loss: classOrNone({ classes: 3, scale: 2 }) }).build({ embeddings: e, labels: integers(y), scope })
  expect(scope.weights.map((w) => [w.name, w.shape])).toEqual([
    ['weight', [4, d]],
    ['bias', [4]],
  ])
  const draw = rng(8)
  const weight: NdArray = { shape: [4, d], data: Float64Array.from({ length: 4 * d }, () => draw.normal()) }
  const bias: NdArray = { shape: [4], data: Float64Array.from({ length: 4 }, () => draw.normal()) }
  const feeds = { e: points, weight, bias }
  const [value, right, slope] = evaluate([loss, figures.accuracy, grad(loss, [scope.tensor('weight')])[0]], feeds)
  const z = y.map((_, i) => [...bias.data].map((b, c) => b + row(i).reduce((s, v, k) => s + 2 * v * weight.data[c * d + k], 0)))
  const of = y.map((l) => Math.min(l, 3))
  const each = z.map((logits, i) => Math.log(logits.reduce((s, v) => s + Math.exp(v), 0)) - logits[of[i]])
  near(value.data[0], each.reduce((a, b) => a + b, 0) / n)
  near(right.data[0], z.filter((logits, i) => logits.indexOf(Math.max(...logits)) === of[i]).length / n)
  expect(Math.max(...slope.data.map(Math.abs))).toBeGreaterThan(0.01)
  for (const [wrong, says] of [
    [{ classes: 0 }, 'classes must be a whole number above 0'],
    [{ classes: 3, scale: 0 }, 'scale must be > 0'],
  ] as const)
    expect(() => classOrNone(wrong)).toThrow(says)
})

test('class or none at one point is at best the shares of the classes and of the outliers', () => {
  const same: NdArray = { shape: [n, d], data: new Float64Array(n * d).fill(0.3) }
  const y = labels.map((l, i) => (l === 3 ? 3 + i : l))
  const scope = new Scope()
  const { loss } = objective({ loss: classOrNone({ classes: 3 }) }).build({ embeddings: e, labels: integers(y), scope })
  const feeds = { e: same, weight: { shape: [4, d], data: new Float64Array(4 * d) }, bias: { shape: [4], data: new Float64Array(4) } }
  const least = classOrNone({ classes: 3 }).atCollapse!({ images: n, labelled: 9, perClass: 3 })
  near(evaluate([loss], feeds)[0].data[0], least) // even shares: a flat answer is the best
  near(classOrNone({ classes: 3 }).atCollapse!({ images: 9, labelled: 9, perClass: 3 }), Math.log(3))
})

test('what a loss is where all embeddings coincide is what it says', () => {
  const same: NdArray = { shape: [n, d], data: new Float64Array(n * d).fill(0.3) }
  const shape = { images: n, labelled: n, perClass: 3 }
  for (const loss of [
    tripletMarginLoss({ margin: 0.7 }),
    tripletMarginLoss({ margin: 0.7, soft: true }),
    contrastiveLoss({ margin: 1.5 }),
    softNegativeTripletLoss({ margin: 0.2, temperature: 0.3 }),
  ]) {
    const [value] = evaluate([built(loss).loss], { e: same })
    expect(Math.abs(value.data[0] - loss.atCollapse!(shape)), loss.name).toBeLessThan(1e-3)
  }
})

test('a batch without a pair or without a second label has no triplets', () => {
  expect(() => listTriplets([1, 1, 1])).toThrow('a label twice and a second label')
  expect(() => listTriplets([1, 2, 3])).toThrow('labels 1, 2, 3')
})
