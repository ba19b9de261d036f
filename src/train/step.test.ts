/** @file The training step against PyTorch, on both runtimes, and its determinism. */
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { tripletMarginLoss } from '../losses/index.ts'
import { stackedTriplets } from '../miners/index.ts'
import { batchNorm, dense, dropout, relu, sequential, studentNetwork, type Layer } from '../nn/index.ts'
import { adam, adamw, constantRate, sgd, type Optimizer } from '../optim/index.ts'
import { bytes, compile, floats, ints, nodeRuntime, webRuntime, type Runtime } from '../runtime/index.ts'
import { input, mean, square, sub } from '../tensor/index.ts'
import { objective } from './objective.ts'
import { Stepper, trainStep } from './step.ts'

const golden = JSON.parse(readFileSync(new URL('../../test/golden/train_step.json', import.meta.url), 'utf8')) as {
  triplets: number
  margin: number
  lr: number
  epsilon: number
  losses: number[]
  parameters: Record<string, { norm: number; change: number; projections: number[]; stride: number; entries: number[] }>
}

const t = golden.triplets

/** The integers of the golden script: a multiplicative hash. */
const pattern = (n: number, salt: number) => Float64Array.from({ length: n }, (_, i) => Math.imul(i + salt * 7919, 2654435761) >>> 16)

function goldenWeights(shape: readonly number[], salt: number): Float32Array {
  const n = shape.reduce((a, b) => a * b, 1)
  const fanIn = shape.length > 1 ? shape.slice(1).reduce((a, b) => a * b, 1) : 64
  return Float32Array.from(pattern(n, salt), (v) => ((v / 65535) * 2 - 1) * Math.sqrt(3 / fanIn))
}

const classOf = (i: number) => ((i % t) + (i >= 2 * t ? 1 : 0)) % 5

function goldenImages(n: number): Uint8Array {
  const inside = (k: number) => {
    const [r, c] = [Math.floor(k / 28) % 28, k % 28]
    return r >= 6 && r < 22 && c >= 5 && c < 23
  }
  const classes = [0, 1, 2, 3, 4].map((c) => pattern(784, 50 + c))
  return Uint8Array.from(pattern(n * 784, 99), (v, k) =>
    inside(k) ? (classes[classOf(Math.floor(k / 784))][k % 784] % 96) + (v % 160) : 0,
  )
}

const tripletStep = (net: Layer, optimizer: Optimizer) =>
  trainStep({
    objective: (scope) => {
      const embeddings = net(input('images', [3 * t, 28, 28], 'uint8'), scope)
      return objective({ loss: tripletMarginLoss({ margin: golden.margin }), miner: stackedTriplets() }).build({
        embeddings,
        labels: input('labels', [3 * t], 'int64'),
        scope,
      })
    },
    optimizer,
  })
const feeds = { images: bytes(goldenImages(3 * t), [3 * t, 28, 28]), labels: ints(Array.from({ length: 3 * t }, (_, i) => classOf(i))) }

const runtimes: Record<string, Runtime> = {}
beforeAll(async () => {
  runtimes.cpu = await nodeRuntime({ threads: 2 })
  runtimes.wasm = await webRuntime()
})

describe.each(['cpu', 'wasm'])('five Adam steps of the digit network on %s', (name) => {
  test('agree with PyTorch in loss and in every parameter', { timeout: 120_000 }, async () => {
    const graph = tripletStep(studentNetwork(), adam({ epsilon: golden.epsilon }))
    const weights = new Map(graph.weights.map((w, i) => [w.name, goldenWeights(w.shape, i + 1)]))
    expect([...weights.keys()]).toEqual(Object.keys(golden.parameters))
    const stepper = await Stepper.create(runtimes[name], graph, { seed: 0, weights })
    for (const expected of golden.losses) {
      const { loss, active } = await stepper.run(feeds, golden.lr)
      expect(Math.abs(loss / expected - 1)).toBeLessThan(2e-5)
      expect(active).toBeGreaterThan(0)
    }
    for (const [parameter, want] of Object.entries(golden.parameters)) {
      const got = stepper.weights().get(parameter)!
      const norm = Math.sqrt(got.reduce((s, v) => s + v * v, 0))
      expect(Math.abs(norm / want.norm - 1)).toBeLessThan(1e-4)
      // Each moved far more than the tolerance (the last bias cannot: the loss does not change when all embeddings move together).
      if (parameter !== 'embedding.bias') expect(want.change).toBeGreaterThan(1e-3 * want.norm)
      const error = Math.hypot(...want.entries.map((v, i) => got[i * want.stride] - v))
      expect(error).toBeLessThan(2e-5 * Math.hypot(...want.entries))
      want.projections.forEach((p, k) => {
        const signs = pattern(got.length, 1000 + k)
        const projection = got.reduce((s, v, i) => s + v * ((signs[i] / 65535) * 2 - 1), 0)
        expect(Math.abs(projection - p)).toBeLessThan(1e-4 * want.norm)
      })
    }
    await stepper.dispose()
  })
})

const bytesOf = (stepper: Stepper) =>
  Buffer.concat([...stepper.state().arrays.values()].map((a) => Buffer.from(a.buffer, a.byteOffset, a.byteLength)))

test('same seed, same bytes; another seed, other bytes', async () => {
  const train = async (seed: number) => {
    const stepper = await Stepper.create(runtimes.cpu, tripletStep(studentNetwork(), adamw()), { seed })
    for (let i = 0; i < 3; i++) await stepper.run(feeds, 1e-3)
    return bytesOf(stepper)
  }
  const first = await train(1)
  expect((await train(1)).equals(first)).toBe(true)
  expect((await train(2)).equals(first)).toBe(false)
})

test('a state taken midway continues to the same bytes', async () => {
  const graph = tripletStep(studentNetwork(), adam())
  const whole = await Stepper.create(runtimes.cpu, graph, { seed: 3 })
  for (let i = 0; i < 4; i++) await whole.run(feeds, 1e-3)
  const half = await Stepper.create(runtimes.cpu, graph, { seed: 3 })
  for (let i = 0; i < 2; i++) await half.run(feeds, 1e-3)
  const resumed = await Stepper.create(runtimes.cpu, graph, { state: half.state() })
  for (let i = 0; i < 2; i++) await resumed.run(feeds, 1e-3)
  expect(resumed.step).toBe(4)
  expect(bytesOf(resumed).equals(bytesOf(whole))).toBe(true)
})

test('batch norm trains on batch statistics, keeps running ones, and dropout is off when embedding', async () => {
  const net = sequential({ a: dense(8), norm: batchNorm(), r: relu(), drop: dropout(0.5), b: dense(1) })
  const graph = trainStep({
    objective: (scope) => ({ loss: mean(square(sub(net(input('x', [16, 4]), scope), input('y', [16, 1])))) }),
    optimizer: sgd({ momentum: 0.9 }),
    averageDecay: 0.5,
  })
  const stepper = await Stepper.create(runtimes.cpu, graph, { seed: 0 })
  const x = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i) * 3 + 5)
  const y = Float32Array.from({ length: 16 }, (_, i) => x[4 * i] - x[4 * i + 1])
  const losses: number[] = []
  for (let i = 0; i < 60; i++)
    losses.push((await stepper.run({ x: floats(x, [16, 4]), y: floats(y, [16, 1]) }, constantRate(0.02 / (1 + i))(i + 1))).loss)
  expect(losses[59]).toBeLessThan(losses[0] * 0.7)
  expect(new Set(losses.slice(0, 5)).size).toBe(5) // dropout draws anew each step
  const last = stepper.weights({ averaged: false })
  // running mean of the first layer's output over the constant batch converges to the batch's own mean
  const w = last.get('a.weight')!
  const b = last.get('a.bias')!
  const out0 = Array.from({ length: 16 }, (_, r) => [0, 1, 2, 3].reduce((s, k) => s + w[k] * x[4 * r + k], b[0]))
  const batchMean = out0.reduce((s, v) => s + v, 0) / 16
  expect(Math.abs(last.get('norm.running_mean')![0] - batchMean)).toBeLessThan(0.2 * Math.abs(batchMean) + 0.3)
  expect(stepper.weights().get('b.weight')).not.toEqual(last.get('b.weight'))
  const { Scope } = await import('../nn/index.ts')
  const embed = await compile(runtimes.cpu, { out: net(input('x', ['N', 4]), new Scope()) }, { weights: Object.fromEntries(last) })
  const [one, two] = [await embed.run({ x: floats(x.subarray(0, 8), [2, 4]) }), await embed.run({ x: floats(x.subarray(0, 8), [2, 4]) })]
  expect(one.out.data).toEqual(two.out.data)
})

test('a state of another network is refused by name', async () => {
  const graph = tripletStep(studentNetwork(), adam())
  const other = await Stepper.create(runtimes.cpu, tripletStep(studentNetwork({ dim: 3 }), adam()), { seed: 0 })
  await expect(Stepper.create(runtimes.cpu, graph, { state: other.state() })).rejects.toThrow(
    'embedding.weight must hold 1280 numbers, got 384',
  )
})

test('a stepper ends with its block', async () => {
  const ended: string[] = []
  const { cpu } = runtimes
  const watched: Runtime = {
    ...cpu,
    load: async (...given) => ({ ...(await cpu.load(...given)), dispose: async () => void ended.push('program') }),
  }
  {
    await using stepper = await Stepper.create(watched, tripletStep(studentNetwork(), adam()), { seed: 1 })
    expect([stepper.step, ended]).toEqual([0, []])
  }
  expect(ended).toEqual(['program'])
})
