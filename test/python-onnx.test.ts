/** @file Python's onnx and onnxruntime as oracles: the checker accepts our models, and onnxruntime in Python gives the same embeddings. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { pythonWith } from '../bench/peer.ts'
import { contrastiveLoss, meanActiveReducer, softNegativeTripletLoss, tripletMarginLoss } from '../src/losses/index.ts'
import { batchHard, semiHard, stackedTriplets } from '../src/miners/index.ts'
import { exportEmbedder, openEmbedder, type EmbedderCard } from '../src/embedder/index.ts'
import {
  batchNorm,
  colourPixels,
  conv2d,
  dense,
  digitNetwork,
  dropout,
  flatten,
  greyPixels,
  initialWeights,
  maxPool,
  relu,
  residual,
  Scope,
  sequential,
  studentNetwork,
  type Layer,
} from '../src/nn/index.ts'
import { encodeModel, toOnnx } from '../src/onnx/index.ts'
import { adam, adamw, sgd } from '../src/optim/index.ts'
import { input } from '../src/tensor/index.ts'
import { objective, trainStep, type Objective, type TrainStepOptions } from '../src/train/index.ts'

let python: string | undefined
beforeAll(() => {
  try {
    python = pythonWith('test-onnx', ['numpy==2.4.6', 'onnx==1.22.0', 'onnxruntime==1.30.0'])
  } catch (error) {
    console.warn(`skipped: Python with onnx could not be set up (${error instanceof Error ? error.message : String(error)})`)
  }
}, 600_000)

const card: EmbedderCard = {
  labels: ['0', 'é'],
  preprocessing: { range: '0..255', frame: 'mnist' },
  metric: 'euclidean',
  recipe: {},
  seed: 1,
  datasetHash: '',
  versions: {},
}
const images = Uint8Array.from({ length: 3 * 784 }, (_, i) => (i * 7919) % 251)

const step = (network: Layer, minimised: Objective, rest: Omit<TrainStepOptions, 'objective'>) =>
  encodeModel(
    toOnnx(
      trainStep({
        ...rest,
        objective: (scope) =>
          minimised.build({
            embeddings: network(input('images', [12, 28, 28], 'uint8'), scope),
            labels: input('labels', [12], 'int64'),
            scope,
          }),
      }).outputs,
    ),
  )

test('onnx.checker accepts embedders and training steps, and Python gives the same embeddings', { timeout: 600_000 }, async (context) => {
  if (python === undefined) return context.skip()
  const folder = mkdtempSync(join(tmpdir(), 'kindred-onnx-'))
  const embedders: Record<string, Uint8Array> = {}
  const colour = sequential({ px: colourPixels(), c: conv2d(4, 3, { stride: 2 }), r: relu(), flat: flatten(), d: dense(10) })
  const networks = { student: [studentNetwork(), 784], digit: [digitNetwork(), 784], colour: [colour, 16 * 16 * 3] } as const
  for (const [name, [network, each]] of Object.entries(networks)) {
    const scope = new Scope()
    const [shape, size] = each === 784 ? [[28, 28], [28, 28] as const] : [[16, 16, 3], [16, 16] as const]
    const channels = each === 784 ? 1 : 3
    network(input('images', ['N', ...shape], 'uint8'), scope)
    const own = { ...card, preprocessing: { ...card.preprocessing, channels } as const }
    embedders[name] = exportEmbedder({ network, weights: initialWeights(scope.weights, 3), size, card: own })
    writeFileSync(join(folder, `${name}.onnx`), embedders[name])
    writeFileSync(
      join(folder, `${name}.json`),
      JSON.stringify({ feeds: { images: { dtype: 'uint8', shape: [3, ...shape], data: [...images.subarray(0, 3 * each)] } } }),
    )
  }
  const odd = sequential({
    px: greyPixels(),
    c: conv2d(4, 3, { stride: 2, padding: 1 }),
    n: batchNorm(),
    block: residual(sequential({ c: conv2d(4, 3, { padding: 'same' }), r: relu() })),
    pool: maxPool(3, { stride: 2, padding: 1 }),
    flat: flatten(),
    drop: dropout(0.3),
    d: dense(5),
  })
  writeFileSync(
    join(folder, 'step-random.onnx'),
    step(studentNetwork(), objective({ loss: tripletMarginLoss(), miner: stackedTriplets() }), { optimizer: adam() }),
  )
  writeFileSync(
    join(folder, 'step-hard.onnx'),
    step(odd, objective({ loss: tripletMarginLoss(), miner: batchHard() }), {
      optimizer: sgd({ momentum: 0.9, nesterov: true }),
      averageDecay: 0.9,
    }),
  )
  writeFileSync(
    join(folder, 'step-semi.onnx'),
    step(digitNetwork(), objective({ loss: tripletMarginLoss({ soft: true }), miner: semiHard(), reducer: meanActiveReducer() }), {
      optimizer: adamw(),
    }),
  )
  writeFileSync(
    join(folder, 'step-soft.onnx'),
    step(digitNetwork(), objective({ loss: softNegativeTripletLoss() }), { optimizer: adamw(), averageDecay: 0.99 }),
  )
  writeFileSync(join(folder, 'step-all.onnx'), step(digitNetwork(), objective({ loss: tripletMarginLoss() }), { optimizer: adam() }))
  writeFileSync(join(folder, 'step-pairs.onnx'), step(digitNetwork(), objective({ loss: contrastiveLoss() }), { optimizer: adam() }))

  const answers = JSON.parse(
    execFileSync(python, [join(import.meta.dirname, 'python', 'run_onnx.py'), folder], { encoding: 'utf8', maxBuffer: 1 << 26 }),
  ) as Record<string, { checked: boolean; metadata: Record<string, string>; outputs?: Record<string, number[]> }>
  expect(Object.keys(answers).length).toBe(9)
  for (const answer of Object.values(answers)) expect(answer.checked).toBe(true)
  for (const [name, bytes] of Object.entries(embedders)) {
    const answer = answers[`${name}.onnx`]
    expect(JSON.parse(answer.metadata['kindred.labels'])).toEqual(['0', 'é'])
    await using own = await openEmbedder(bytes)
    const vectors = await own.embed(images.subarray(0, 3 * networks[name as keyof typeof networks][1]))
    expect(vectors.length).toBe(30)
    answer.outputs!.embedding.forEach((v, i) => expect(Math.abs(v - vectors[i])).toBeLessThan(1e-5))
  }
})
