/**
 * @file VGG-Face at full size (145 million random weights) beside Keras and PyTorch: the same numbers, memory, images a second.
 *
 * The peer writes one set of weights in three layouts; each is loaded in a process of its own, which tells its peak of memory, and its fc7 after ReLU is
 * compared with Keras'. Then kindred, Keras and PyTorch embed the same images in turn, whole batch, all cores.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KindredError } from '../src/base/index.ts'
import { loadVgg, type VggPreprocessing } from '../src/models/index.ts'
import { nodeRuntime } from '../src/runtime/index.ts'
import {
  exchangeFolder,
  machine,
  median,
  numberOptions,
  pythonWith,
  readFloat32,
  startPeer,
  table,
  timed,
  writeArray,
  type Benchmark,
  type Timing,
} from './peer.ts'

const layouts = ['keras-vggface.h5', 'deepface.h5', 'vgg_face_dag.pth']
/** One preparation for all three files, as they hold the same weights. */
const preprocessing: VggPreprocessing = { channelOrder: 'bgr', mean: [93.594, 104.7624, 129.1863], scale: [1, 1, 1] }

/** Runs the benchmark: `--rounds 3 --images 8 --threads 2`. */
export const run: Benchmark = async (argv) => {
  const { rounds, images: n, threads } = numberOptions(argv, { rounds: 3, images: 8, threads: machine().cores })
  const folder = exchangeFolder()
  const pixels = new Uint8Array(n * 224 * 224 * 3)
  for (let i = 0; i < pixels.length; i++) pixels[i] = (i * 7 + (i % 3) * 60 + Math.floor(i / 672) * 3 + Math.floor(i / 150528) * 31) & 255
  const images = writeArray(folder, 'images.u8', pixels)
  const two = writeArray(folder, 'two.u8', pixels.subarray(0, 2 * 150528))

  console.error('Keras and PyTorch make their models and write the weights ...')
  const peer = startPeer(pythonWith('vgg'), 'vgg.py', { KINDRED_THREADS: String(threads) })
  const { versions } = await peer.ask<{ versions: Record<string, string> }>({ make: folder })
  const ask = async (side: 'keras' | 'torch', images: string): Promise<Timing & { out: Float32Array; peak: number }> => {
    const out = join(folder, `${side}.f32`)
    const answer = await peer.ask<Timing & { peak: number }>({ run: side, images, out })
    return { ...answer, out: readFloat32(out) }
  }
  const expected = (await ask('keras', two)).out
  const top = expected.reduce((a, v) => Math.max(a, Math.abs(v)), 0)
  const apart = (got: Float32Array): number => got.reduce((a, v, i) => Math.max(a, Math.abs(v - expected[i])), 0) / top
  const torchDifference = apart((await ask('torch', two)).out)

  const dist = built()
  const files = layouts.map((name) => {
    const path = join(folder, name)
    const bytes = statSync(path).size
    const out = join(folder, `${name}.f32`)
    const { loadSeconds, peak, loadPeak, before } = freshProcess([dist, path, two, out, String(threads), JSON.stringify(preprocessing)])
    console.error(`${name}: loaded in ${loadSeconds.toFixed(1)} s, peak ${(peak / 1e6).toFixed(0)} MB`)
    return { file: name, bytes, difference: apart(readFloat32(out)), loadSeconds, before, loadPeak, peak, peakOverWeights: peak / bytes }
  })

  const vgg = await loadVgg(join(folder, layouts[0]), { layer: 'fc7/relu', preprocessing, runtime: await nodeRuntime({ threads }) })
  const sides = {
    kindred: () => timed(() => vgg.embed(pixels)),
    keras: () => ask('keras', images),
    torch: () => ask('torch', images),
  }
  const names = Object.keys(sides) as (keyof typeof sides)[]
  for (const name of names) await sides[name]() // warm
  const load = machine().load
  const times: Record<keyof typeof sides, Timing[]> = { kindred: [], keras: [], torch: [] }
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < 3; i++) {
      const name = names[(round + i) % 3]
      const { wall, cpu } = await sides[name]()
      times[name].push({ wall, cpu })
    }
    console.error(
      `round ${round + 1} of ${rounds}: ${names.map((name) => `${name} ${(n / times[name][round].wall).toFixed(2)}`).join(', ')} images/s`,
    )
  }
  peer.close()
  await vgg.dispose()

  const against = (name: 'keras' | 'torch', of: keyof Timing) => median(times.kindred.map((t, i) => t[of] / times[name][i][of]))
  table(
    files.map(({ file, bytes, difference, loadSeconds, peak, peakOverWeights }) => ({
      file,
      'weights MB': bytes / 1e6,
      'difference from Keras': difference,
      'load s': loadSeconds,
      'peak MB': peak / 1e6,
      'peak / weights': peakOverWeights,
    })),
  )
  table(
    names.map((name) => ({
      side:
        name === 'kindred'
          ? name
          : `${name} ${name === 'keras' ? `${versions.tf_keras} (TensorFlow ${versions.tensorflow})` : versions.torch}`,
      'images/s': n / median(times[name].map((t) => t.wall)),
      'cpu s / image': median(times[name].map((t) => t.cpu)) / n,
    })),
  )
  const ratios = { keras: against('keras', 'wall'), torch: against('torch', 'wall') }
  return {
    ratio: Math.max(ratios.keras, ratios.torch),
    ratios,
    cpuRatios: { keras: against('keras', 'cpu'), torch: against('torch', 'cpu') },
    imagesPerSecond: Object.fromEntries(names.map((name) => [name, n / median(times[name].map((t) => t.wall))])),
    maxDifference: Math.max(...files.map((f) => f.difference)),
    torchDifference,
    peakOverWeights: Math.max(...files.map((f) => f.peakOverWeights)),
    files,
    images: n,
    rounds,
    threads,
    versions,
    ...machine(),
    load: { before: load, after: machine().load },
  }
}

/** The package, built into the cache (other rooms' type errors do not matter here). */
function built(): string {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const dist = join(root, '.cache', 'bench-dist')
  spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json'), '--outDir', dist], {
    stdio: 'ignore',
  })
  if (!existsSync(join(dist, 'models', 'index.js')))
    throw new KindredError('io', 'bench', 'the package must build', 'no models/index.js', 'Run: npx tsc -p tsconfig.build.json')
  return dist
}

function freshProcess(args: string[]): { loadSeconds: number; before: number; loadPeak: number; peak: number } {
  const script = fileURLToPath(new URL('vgg-load.mjs', import.meta.url))
  const { status, stdout } = spawnSync(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })
  if (status !== 0) throw new KindredError('io', 'bench', `bench/vgg-load.mjs must load ${args[1]}`, `exit ${status}`)
  return JSON.parse(stdout.trim().split('\n').at(-1)!)
}
