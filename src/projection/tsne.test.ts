import { describe, expect, it } from 'vitest'
import { KindredError, rng } from '../base/index.ts'
import golden from '../../test/golden/tsne.json' with { type: 'json' }
import { barnesHut } from './barnes-hut.ts'
import { gradient } from './gradient.ts'
import {
  affinities,
  klDivergence,
  neighbourPreservation,
  normalise01,
  project,
  trustworthiness,
  tsne,
  tsneFromState,
  tsneMap,
} from './index.ts'

const { small, run: whole } = golden
const smallPoints = Float32Array.from(small.points)
const wholePoints = Float32Array.from(whole.points)

describe('affinities', () => {
  it('equal the plain formula, entry by entry', () => {
    const p = affinities(smallPoints, small.dim, small.perplexity)
    expect(p.n).toBe(60)
    const rows = Array.from(p.column, (_, e) => p.start.findLastIndex((first) => first <= e))
    expect(rows).toEqual(small.row)
    expect(Array.from(p.column)).toEqual(small.column)
    const largest = Math.max(...small.value)
    small.value.forEach((want, e) => expect(Math.abs(p.value[e] - want)).toBeLessThan(1e-6 * largest)) // distances are float32
  })

  it('sum to one half above the diagonal', () => {
    const p = affinities(wholePoints, whole.dim, whole.perplexity)
    expect(p.value.reduce((sum, v) => sum + v)).toBeCloseTo(0.5, 12)
  })

  it('take duplicates, all-equal points and far outliers', () => {
    const doubled = Float32Array.from({ length: 120 }, (_, c) => smallPoints[c % 60])
    const outlier = smallPoints.slice().fill(1e8, 0, 5)
    for (const points of [doubled, new Float32Array(200), outlier]) {
      for (const perplexity of [1, 5]) {
        const p = affinities(points, 5, perplexity)
        expect(p.value.every((v) => v >= 0 && Number.isFinite(v))).toBe(true)
        expect(p.value.reduce((sum, v) => sum + v)).toBeCloseTo(0.5, 12)
      }
    }
  })
})

describe('gradient and KL', () => {
  const p = affinities(smallPoints, small.dim, small.perplexity)
  const positions = Float64Array.from(small.positions)
  const largest = Math.max(...small.gradient.map(Math.abs))

  it('equal scikit-learn with angle 0', () => {
    const got = new Float64Array(120)
    gradient(p, 1, positions, 0, barnesHut(60), got)
    small.gradient.forEach((want, c) => expect(Math.abs(got[c] - want)).toBeLessThan(1e-6 * largest))
    expect(klDivergence(p, positions)).toBeCloseTo(small.kl, 6)
  })

  it('are near with angle 0.5', () => {
    const got = new Float64Array(120)
    gradient(p, 1, positions, 0.5, barnesHut(60), got)
    small.gradient.forEach((want, c) => expect(Math.abs(got[c] - want)).toBeLessThan(0.02 * largest))
  })

  it('agree with each other: the gradient is the slope of KL', () => {
    const got = new Float64Array(120)
    gradient(p, 1, positions, 0, barnesHut(60), got)
    for (const c of [0, 33, 118]) {
      const [up, down] = [1e-4, -1e-4].map((h) =>
        klDivergence(
          p,
          positions.map((v, i) => (i === c ? v + h : v)),
        ),
      )
      expect((up - down) / 2e-4).toBeCloseTo(got[c], 7)
    }
  })

  it('exaggeration acts on the attraction alone', () => {
    const [one, two, three] = [1, 2, 3].map((factor) => {
      const got = new Float64Array(120)
      gradient(p, factor, positions, 0.5, barnesHut(60), got)
      return got
    })
    for (let c = 0; c < 120; c++) expect(three[c] - two[c]).toBeCloseTo(two[c] - one[c], 12)
    expect(Math.abs(two[0] - one[0])).toBeGreaterThan(1e-4)
  })
})

describe('tsne', () => {
  it('steps as scikit-learn does: momentum, gains, exaggeration, fresh start after it', () => {
    const { positions: want, iterations, ...schedule } = small.schedule
    const [velocities, gains] = [0, 1].map((value) => new Float64Array(120).fill(value))
    const start = Int32Array.from({ length: 61 }, (_, i) => small.row.filter((row) => row < i).length)
    const p = { n: 60, start, column: Int32Array.from(small.column), value: Float64Array.from(small.value) }
    const settings = { ...schedule, iterations, earlyExaggeration: 12, angle: 0 }
    const run = tsneFromState({ settings, iteration: 0, positions: Float64Array.from(small.positions), velocities, gains, affinities: p })
    run.step(iterations)
    const got = run.state().positions
    expect(Math.max(...want.map((v, c) => Math.abs(v - small.positions[c])))).toBeGreaterThan(1)
    want.forEach((v, c) => expect(Math.abs(got[c] - v)).toBeLessThan(1e-8))
  })

  it('ends no worse than scikit-learn on the same points', () => {
    const p = affinities(wholePoints, whole.dim, whole.perplexity)
    const theirs = Float32Array.from(whole.positions)
    expect(klDivergence(p, theirs)).toBeCloseTo(whole.kl, 4)
    expect(neighbourPreservation(wholePoints, whole.dim, theirs)).toBeCloseTo(whole.preservation, 3)
    expect(trustworthiness(wholePoints, whole.dim, theirs)).toBeCloseTo(whole.trustworthiness, 5)
    const ours = tsneMap(wholePoints, whole.dim, { perplexity: whole.perplexity, iterations: whole.iterations })
    expect(klDivergence(p, ours)).toBeLessThan(whole.kl * 1.01)
    expect(neighbourPreservation(wholePoints, whole.dim, ours)).toBeGreaterThan(whole.preservation - 0.01)
    expect(trustworthiness(wholePoints, whole.dim, ours)).toBeGreaterThan(whole.trustworthiness - 0.002)
  })

  it('resumed anywhere gives the same bytes', () => {
    const options = { perplexity: 10, iterations: 60, seed: 3 }
    const straight = tsne(wholePoints, whole.dim, options)
    straight.step(60)
    for (const stop of [0, 29, 30, 31, 59]) {
      const first = tsne(wholePoints, whole.dim, options)
      first.step(stop)
      first.kl()
      const saved = first.state()
      first.step(5) // what was saved must not move with the run
      const second = tsneFromState(structuredClone(saved))
      expect(second.iteration).toBe(stop)
      second.step(1000)
      expect(second.done).toBe(true)
      expect(second.state()).toEqual(straight.state())
      expect(second.kl()).toBe(straight.kl())
    }
  })

  it('step by step is the same as at once, and stops at its end', () => {
    const options = { perplexity: 10, iterations: 20 }
    const at_once = tsne(wholePoints, whole.dim, options)
    expect(at_once.step(100)).toBe(20)
    expect(at_once.step()).toBe(0)
    const single = tsne(wholePoints, whole.dim, options)
    while (!single.done) expect(single.step()).toBe(1)
    expect(single.positions).toEqual(at_once.positions)
  })

  it('another seed is another map', () => {
    const maps = [1, 1, 2].map((seed) => tsneMap(smallPoints, small.dim, { perplexity: 5, iterations: 20, seed, init: 'random' }))
    expect(maps[1]).toEqual(maps[0])
    expect(maps[2]).not.toEqual(maps[0])
  })

  it('starts where it is told', () => {
    const init = Float32Array.from(small.positions)
    expect(tsne(smallPoints, small.dim, { perplexity: 5, init }).positions).toEqual(init)
  })

  it('starts along the principal axes, the first with deviation 1e-4', () => {
    const { positions } = tsne(wholePoints, whole.dim, {})
    const spread = [0, 1].map((axis) => {
      const along = positions.filter((_, c) => c % 2 === axis)
      const mean = along.reduce((s, v) => s + v) / along.length
      return Math.sqrt(along.reduce((s, v) => s + (v - mean) ** 2, 0) / along.length)
    })
    expect(spread[0]).toBeGreaterThan(0.99e-4)
    expect(spread[0]).toBeLessThan(1.01e-4)
    expect(spread[1]).toBeLessThan(spread[0])
    expect(spread[1]).toBeGreaterThan(1e-5)
  })

  it('maps duplicates, equal points, one dimension and four points to finite places', () => {
    const random = rng(1)
    const cases: [Float32Array, number][] = [
      [Float32Array.from({ length: 300 }, (_, c) => smallPoints[c % 50]), 5],
      [new Float32Array(120).fill(2), 3],
      [Float32Array.from({ length: 50 }, () => random.normal()), 1],
      [Float32Array.of(0, 0, 1, 0, 0, 1, 5, 5), 2],
    ]
    for (const [points, dim] of cases) {
      const positions = tsneMap(points, dim, { iterations: 300 })
      expect(positions.every(Number.isFinite)).toBe(true)
      expect(new Set(positions).size).toBeGreaterThan(positions.length / 2)
      expect(normalise01(positions).every((v) => v >= 0 && v <= 1)).toBe(true)
    }
  })

  it('says what is wrong', () => {
    const points = new Float32Array(60)
    expect(() => tsne(points, 2, { perplexity: 10 })).toThrow(
      '3 * perplexity must be less than the number of points (30), got 10. Pass a perplexity of at most 9, or more points.',
    )
    expect(() => tsne(points, 2, { perplexity: 0.5 })).toThrow('perplexity must be at least 1')
    expect(() => tsne(points.slice(0, 6), 2)).toThrow('there must be at least 4 points, got 3')
    expect(() =>
      tsne(
        points.map((v, i) => (i === 7 ? Infinity : v)),
        2,
      ),
    ).toThrow('got Infinity in row 3, column 1')
    expect(() => tsne(points, 2, { perplexty: 3 } as never)).toThrow('Did you mean "perplexity"')
    expect(() => tsne(points, 2, { init: 'pcs' as never })).toThrow('Did you mean "pca"')
    expect(() => tsne(points, 2, { init: new Float32Array(58) })).toThrow('one position for each of the 30 points, got 29')
    expect(() => tsne(points, 2, { iterations: 1.5 })).toThrow('iterations')
    expect(() => tsne(points, 2, { angle: 2 })).toThrow('angle')
    expect(() => tsne(points, 2, { learningRate: 0 })).toThrow('learningRate')
    expect(() => tsneFromState({ ...tsne(points, 2).state(), gains: new Float64Array(3) })).toThrow(KindredError)
  })
})

describe('project', () => {
  it('is the normalised map of tsne, with progress', async () => {
    const seen: number[] = []
    const options = { perplexity: 5, iterations: 40, seed: 2 }
    const progress = {
      start: (_t: string, total: number) => ({ update: (done: number) => seen.push(done / total), end: () => seen.push(-1) }),
      log() {},
      warn() {},
    }
    const { positions, kl } = await project(smallPoints, small.dim, { ...options, progress })
    expect(positions).toEqual(normalise01(tsneMap(smallPoints, small.dim, options)))
    expect(kl).toBeGreaterThan(0)
    expect(seen.slice(-2)).toEqual([1, -1])
  })

  it('offers PCA', async () => {
    const { positions, explainedVarianceRatio } = await project(smallPoints, small.dim, { method: 'pca' })
    expect(positions.length).toBe(120)
    expect(explainedVarianceRatio![0]).toBeGreaterThan(explainedVarianceRatio![1])
    await expect(project(smallPoints, small.dim, { method: 'pca', perplexity: 5 })).rejects.toThrow('"perplexity"')
    await expect(project(smallPoints, small.dim, { method: 'umap' as never })).rejects.toThrow('method must be one of tsne, pca')
  })

  it('measures the neighbours that it keeps as neighbourPreservation does', async () => {
    for (const method of ['tsne', 'pca'] as const) {
      const { positions, neighbourPreservation: kept } = await project(wholePoints, whole.dim, { method, preservationOf: 7 })
      expect(kept).toBe(neighbourPreservation(wholePoints, whole.dim, positions, { k: 7 }))
    }
    const few = await project(smallPoints, small.dim, { perplexity: 2, iterations: 20, preservationOf: 20 }) // more than t-SNE itself needs
    expect(few.positions).toEqual(normalise01(tsneMap(smallPoints, small.dim, { perplexity: 2, iterations: 20 })))
    expect(few.neighbourPreservation).toBe(neighbourPreservation(smallPoints, small.dim, few.positions, { k: 20 }))
    await expect(project(smallPoints, small.dim, { preservationOf: 60 })).rejects.toThrow('from 1 to the number of points less one (59)')
  })

  it('stops before its first step, too', async () => {
    const random = rng(4)
    const many = Float32Array.from({ length: 5000 * 64 }, () => random.normal())
    for (const method of ['tsne', 'pca'] as const) {
      const stop = new AbortController()
      setTimeout(() => stop.abort(), 1)
      const stopped = project(many, 64, { method, signal: stop.signal, preservationOf: 10 })
      await expect(stopped).rejects.toMatchObject({
        code: 'interrupted',
        got: expect.stringMatching(/^a stop after \d+ of \d+ (row|point|step)s/),
      })
    }
  })

  it('stops when asked', async () => {
    const stop = new AbortController()
    const task = (name: string) => ({ update: (done: number) => name === 't-SNE' && done > 0 && stop.abort('enough'), end() {} })
    const progress = { start: task, log() {}, warn() {} }
    await expect(project(wholePoints, whole.dim, { iterations: 1_000_000, progress, signal: stop.signal })).rejects.toMatchObject({
      code: 'interrupted',
      message: expect.stringMatching(/a stop after \d+ of 1000000 iterations \(t-SNE\)/),
      cause: 'enough',
    })
  })
})
