/** @file A training on threads of its own, with steps asked for ahead: the same bytes, stops, and failures as on the caller's thread. */
import { beforeAll, expect, test } from 'vitest'
import { tinyTraining } from '../../test/support/tiny-training.ts'
import type { Dataset } from '../dataset/index.ts'
import { minedObjective } from '../digits/index.ts'
import { nodeRuntime, type Runtime } from '../runtime/index.ts'
import { constantRate } from '../optim/index.ts'
import { mPerClass } from '../samplers/index.ts'
import { memoryStore } from './checkpoint.ts'
import { trainEmbedder, type EpochRecord, type TrainEmbedderOptions, type TrainEmbedderResult } from './index.ts'

let tiny: TrainEmbedderOptions & { source: Dataset; validation: Dataset }
let runtime: Runtime
beforeAll(async () => {
  runtime = await nodeRuntime({ threads: 2 })
  tiny = {
    ...(await tinyTraining()),
    objective: minedObjective('soft-negative', 0.4),
    batches: mPerClass({ classes: 8, perClass: 4 }),
    averageDecay: 0.9,
    augmentation: { rotate: 10, translate: 1 },
    epochs: 2,
    stepsPerEpoch: 17,
    schedule: () => constantRate(2e-3),
    seed: 5,
  }
})

const timeless = (history: readonly EpochRecord[]) => history.map(({ seconds: _, imagesPerSecond: __, ...rest }) => rest)
const told = ({ history, weights, bestEpoch, steps }: TrainEmbedderResult) => ({
  history: timeless(history),
  weights: [...weights].map(([name, a]) => [name, Buffer.from(a.buffer, a.byteOffset, a.byteLength).toString('base64')]),
  bestEpoch,
  steps,
})

test('the bytes are those of a training on this thread, with and without looks, and this thread is free meanwhile', async () => {
  const here = await trainEmbedder({ ...tiny, runtime })
  let turns = 0
  const clock = setInterval(() => turns++, 1)
  const seen: { step: number; numbers: number; dim: number }[] = []
  const apart = await trainEmbedder({
    ...tiny,
    runtime: runtime.apart!(),
    looks: {
      at: [3, 20, 999],
      look: async (step, { embed, dim }) => void seen.push({ step, numbers: (await embed(tiny.validation)).length, dim }),
    },
  })
  clearInterval(clock)
  expect(told(apart)).toEqual(told(here))
  expect(turns).toBeGreaterThan(20)
  const { dim } = seen[0]
  expect(seen).toEqual([3, 20].map((step) => ({ step, numbers: tiny.validation.count * dim, dim })))
  const other = await trainEmbedder({
    ...tiny,
    runtime,
    looks: { at: [3], look: async (_, { embed }) => void (await embed(tiny.validation)) },
  })
  expect(told(other)).toEqual(told(here))
})

test('a look sees the weights of its step', async () => {
  const whole = await trainEmbedder({ ...tiny, runtime, epochs: 1, stepsPerEpoch: 9 })
  for (const on of [runtime, runtime.apart!()]) {
    let seen: ReadonlyMap<string, Float32Array> | undefined
    await trainEmbedder({ ...tiny, runtime: on, looks: { at: [9], look: (_, { weights }) => void (seen = new Map(weights)) } })
    expect(seen).toEqual(whole.weights)
  }
})

test.each([1, 4, 11, 16, 17, 23])('stopped after about %i steps and resumed, it ends as one that was never stopped', async (after) => {
  const unbroken = await trainEmbedder({ ...tiny, runtime })
  const store = memoryStore()
  const stop = new AbortController()
  const progress = {
    log() {},
    warn() {},
    start: () => ({ update: (done: number) => void (done === after && stop.abort()), end() {} }),
  }
  const on = runtime.apart!()
  await expect(trainEmbedder({ ...tiny, runtime: on, store, signal: stop.signal, progress })).rejects.toMatchObject({ code: 'interrupted' })
  expect(told(await trainEmbedder({ ...tiny, runtime: on, store, resume: true }))).toEqual(told(unbroken))
})

test('few steps are asked for ahead where each takes long, so that a stop comes soon', async () => {
  const stop = new AbortController()
  const slowly = (): void => {
    const until = performance.now() + 150
    while (performance.now() < until);
  }
  let taken = 0
  const onStep = (step: number): void => {
    slowly()
    if ((taken = step) === 10) stop.abort()
  }
  await expect(trainEmbedder({ ...tiny, stepsPerEpoch: 60, runtime: runtime.apart!(), signal: stop.signal, onStep })).rejects.toMatchObject(
    { code: 'interrupted' },
  )
  expect(taken).toBeLessThanOrEqual(15) // 21 if a dozen were ahead
})

test('a loss that is no number ends it, with the step named, as on this thread', async () => {
  const wild = { ...tiny, schedule: () => (step: number) => (step < 6 ? 1e-3 : 1e30) }
  const failure = (on: Runtime) =>
    trainEmbedder({ ...wild, runtime: on }).then(
      () => undefined,
      (error: unknown) => error,
    )
  const [here, apart] = [await failure(runtime), await failure(runtime.apart!())]
  expect(here).toMatchObject({ code: 'collapsed' })
  expect((apart as Error).message).toBe((here as Error).message)
})
