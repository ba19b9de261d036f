/**
 * @file Faces on labelled photos: how many each detector finds, how well vectors tell people apart (face model, general model on the same faces), and photos
 * a second of the whole warm pipeline beside @vladmandic/face-api in Node, interleaved.
 *
 * The pipeline reads, decodes, detects (SSD), finds landmarks, aligns and embeds one face a photo, in memory, networks open. face-api does the same with the
 * same weights and the same decoder. Both describe every photo before the clock starts; `--timed` of them, spread evenly, are described again in each pass.
 */
import { existsSync, statSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { KindredError } from '../src/base/index.ts'
import { decodeImage } from '../src/images/index.ts'
import {
  alignFace,
  detectorNames,
  dlibTemplate,
  faceModel,
  findFaces,
  findFacesIn,
  onnxModel,
  openDetector,
  type FaceDetector,
  type FaceModel,
} from '../src/faces/index.ts'
import { iou, type Box } from '../src/images/index.ts'
import { readBytes } from '../src/files/index.ts'
import { knnAccuracy } from '../src/metrics/index.ts'
import { askEachOther, retrievalFigures } from '../src/people/ask-each-other.ts'
import { nodeRuntime, type Runtime } from '../src/runtime/index.ts'
import { photosBelow, type LabelledPhoto } from './labelled-photos.ts'
import { interleave, machine, median, nodeWith, startPeer, summarise, table, timed, type Benchmark, type Timing } from './peer.ts'

const usage = '[DIR] --passes 5 --timed 40 --threads 2 --no-peer'
const peerPackages = ['@vladmandic/face-api@1.7.15', '@tensorflow/tfjs@4.22.0', '@tensorflow/tfjs-backend-wasm@4.22.0']
/** How the general model wants its input, and which of its outputs is the feature before the classes. */
const generalRecipe = {
  name: 'mobilenet-v2',
  size: 224,
  channels: 'RGB',
  mean: 127.5,
  scale: 1 / 127.5,
  output: 'v99',
  padding: dlibTemplate.padding,
} as const

function readOptions(argv: string[]): { dir: string | undefined; passes: number; timedPhotos: number; threads: number; peer: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      allowNegative: true,
      options: {
        passes: { type: 'string', default: '5' },
        timed: { type: 'string', default: '40' },
        threads: { type: 'string', default: String(machine().cores) },
        peer: { type: 'boolean', default: true },
      },
    })
    if (positionals.length > 1) throw new Error(`${positionals.length} folders`)
    const [passes, timedPhotos, threads] = [values.passes, values.timed, values.threads].map((v) => {
      if (!/^[1-9]\d*$/.test(v)) throw new Error(`--passes, --timed and --threads must be whole numbers above 0, got ${v}`)
      return Number(v)
    })
    return { dir: positionals[0], passes, timedPhotos, threads, peer: values.peer }
  } catch (error) {
    throw new KindredError('usage', 'faces', `options must be among ${usage}`, (error as Error).message)
  }
}

/** Runs the benchmark; options as in `usage`. */
export const run: Benchmark = async (argv) => {
  const { passes, timedPhotos, threads, peer: withPeer, ...given } = readOptions(argv)
  const dir = given.dir ?? fileURLToPath(new URL('../../shared/data/celeb5', import.meta.url))
  if (!existsSync(dir) || !statSync(dir).isDirectory())
    throw new KindredError(
      'not-found',
      'faces',
      `${dir} must be a folder of photos, one folder a person`,
      'none',
      'Name one: npm run bench -- faces DIR. With train/ and val/ in it, train is asked about val.',
    )
  const photos = photosBelow(dir)
  const people = [...new Set(photos.map((p) => p.person))].sort()
  if (people.length < 2)
    throw new KindredError('usage', 'faces', `${dir} must hold photos of two people or more, one folder a person`, `${people.length}`)
  const general = fileURLToPath(new URL('../../shared/data/mobilenet-v2/mobilenet_v2_1.0_224.onnx', import.meta.url))

  const { runtime, ssd, dlib } = await openBoth(threads)

  console.error('Detectors ...')
  const withoutNetwork = detectorNames.filter((name) => name !== 'yunet') // its weights are fetched
  const decoded = await Promise.all(photos.map((p) => decodeImage(p.path)))
  const boxes: Record<string, (Box | undefined)[]> = {}
  for (const name of withoutNetwork) {
    const detector = name === 'ssd' ? ssd : await openDetector(name, { runtime })
    boxes[name] = []
    for (const photo of decoded) boxes[name].push((await findFaces(photo, detector, { faces: 'largest' }))[0]?.box)
    if (detector !== ssd) await detector.dispose()
  }
  const detectors = Object.fromEntries(
    withoutNetwork.map((name) => [
      name,
      {
        photosWithFace: boxes[name].filter((b) => b !== undefined).length,
        onSsdFace: boxes[name].filter((b, i) => b !== undefined && boxes.ssd[i] !== undefined && iou(b, boxes.ssd[i]) >= 0.3).length,
      },
    ]),
  )
  table(
    withoutNetwork.map((name) => ({
      detector: name,
      'photos with a face': `${detectors[name].photosWithFace} of ${photos.length}`,
      "on the SSD's face": detectors[name].onSsdFace,
    })),
  )

  console.error('Models ...')
  const found = await pipeline(photos, ssd, dlib)
  const asked = found.filter((f) => f !== undefined)
  const labels = Int32Array.from(asked, (f) => people.indexOf(f.photo.person))
  const splits = asked.map((f) => f.photo.split)
  const judge = async (name: string, vectors: Float32Array) => ({
    model: name,
    dim: vectors.length / asked.length,
    ...(await figures(vectors, labels, splits)),
  })
  const models = [await judge('dlib', joined(asked.map((f) => f.vector)))]
  if (existsSync(general)) {
    const model = await onnxModel(general, generalRecipe, { runtime, detector: ssd.id })
    // Cut as it wants its input, as every command does: enlarging another model's crops would judge other pictures.
    const own = await pipeline(photos, ssd, model)
    models.push(await judge('mobilenet-v2', joined(own.filter((f) => f !== undefined).map((f) => f.vector))))
    await model.dispose()
  } else console.error(`No general model at ${general}: left out.`)
  table(
    models.map(({ model, dim, knnAccuracy: knn, map, trainToVal }) => ({
      model,
      dim,
      '1-NN, leave-one-out': knn,
      mAP: map,
      'train to val': trainToVal === undefined ? '-' : `${trainToVal.right} of ${trainToVal.of}`,
    })),
  )

  const count = Math.min(timedPhotos, photos.length)
  const some = Array.from({ length: count }, (_, i) => photos[Math.floor((i * photos.length) / count)])
  const own = () => timed(() => pipeline(some, ssd, dlib))
  // The same on one thread: what is left when other programs need the rest.
  const alone = threads === 1 ? undefined : await openBoth(1)
  const oneThread = async (): Promise<Timing[]> => (alone === undefined ? [] : [await timed(() => pipeline(some, alone.ssd, alone.dlib))])
  if (alone !== undefined) await pipeline(some.slice(0, 8), alone.ssd, alone.dlib)
  const load = machine().load
  const before = { ...machine(), load: undefined }
  const perSecond = (t: Timing) => count / t.wall
  const speed = (times: readonly Timing[]) =>
    times.length === 0
      ? undefined
      : { photosPerSecond: median(times.map(perSecond)), cpuMsPerPhoto: median(times.map((t) => (t.cpu / count) * 1000)) }
  const common = {
    dir: relative(process.cwd(), dir),
    photos: photos.length,
    people: people.length,
    detectors,
    models,
    passes,
    timedPhotos: count,
    threads,
    ...before,
  }
  if (!withPeer) {
    const [times, ones]: [Timing[], Timing[]] = [[], []]
    for (let i = 0; i < passes; i++) {
      times.push(await own())
      ones.push(...(await oneThread()))
    }
    const photosPerSecond = median(times.map(perSecond))
    const cpuMs = median(times.map((t) => (t.cpu / count) * 1000))
    const one = speed(ones)
    table([
      { side: `kindred (${threads} threads)`, 'photos/s': photosPerSecond, 'cpu ms/photo': cpuMs },
      ...(one === undefined ? [] : [{ side: 'kindred (1 thread)', 'photos/s': one.photosPerSecond, 'cpu ms/photo': one.cpuMsPerPhoto }]),
    ])
    return {
      ratio: NaN,
      photosPerSecond,
      cpuMsPerPhoto: cpuMs,
      ...(one === undefined ? {} : { oneThread: one }),
      ...common,
      load: { before: load, after: machine().load },
    }
  }
  const peer = startPeer(process.execPath, 'faces_peer.mjs')
  const { versions, backend } = await peer.ask<{ versions: Record<string, string>; backend: string }>({
    folder: nodeWith('faces', peerPackages),
  })
  const ask = (list: readonly LabelledPhoto[]) =>
    peer.ask<Timing & { descriptors: (number[] | null)[] }>({ photos: list.map((p) => p.path) })
  const { descriptors } = await ask(photos)
  const described = descriptors.flatMap((d, i) => (d === null ? [] : [{ d, photo: photos[i] }]))
  const theirs = {
    photosWithFace: described.length,
    ...(await figures(
      joined(described.map(({ d }) => Float32Array.from(d))),
      Int32Array.from(described, ({ photo }) => people.indexOf(photo.person)),
      described.map(({ photo }) => photo.split),
    )),
  }
  const ones: Timing[] = []
  const results = await interleave(
    passes,
    async () => {
      ones.push(...(await oneThread()))
      return own()
    },
    () => ask(some),
  )
  const one = speed(ones)
  peer.close()
  const { ratio, cpuRatio, ratios } = summarise(results)
  const side = (of: (r: (typeof results)[number]) => Timing) => ({
    photosPerSecond: median(results.map((r) => perSecond(of(r)))),
    cpuMsPerPhoto: median(results.map((r) => (of(r).cpu / count) * 1000)),
  })
  const [kindred, faceApi] = [
    side((r) => r.kindred),
    { name: `face-api ${versions['face-api']} (tfjs ${versions.tfjs}, ${backend})`, ...side((r) => r.peer), ...theirs },
  ]
  table([
    {
      side: `kindred (${threads} threads)`,
      'photos/s': kindred.photosPerSecond,
      'cpu ms/photo': kindred.cpuMsPerPhoto,
      'photos with a face': detectors.ssd.photosWithFace,
      '1-NN': models[0].knnAccuracy,
    },
    ...(one === undefined
      ? []
      : [
          {
            side: 'kindred (1 thread)',
            'photos/s': one.photosPerSecond,
            'cpu ms/photo': one.cpuMsPerPhoto,
            'photos with a face': detectors.ssd.photosWithFace,
            '1-NN': models[0].knnAccuracy,
          },
        ]),
    {
      side: faceApi.name,
      'photos/s': faceApi.photosPerSecond,
      'cpu ms/photo': faceApi.cpuMsPerPhoto,
      'photos with a face': faceApi.photosWithFace,
      '1-NN': faceApi.knnAccuracy,
    },
  ])
  await ssd.dispose()
  await dlib.dispose()
  return {
    ratio,
    cpuRatio,
    ratios,
    ...kindred,
    ...(one === undefined ? {} : { oneThread: one }),
    peer: faceApi,
    ...common,
    load: { before: load, after: machine().load },
  }
}

async function openBoth(threads: number): Promise<{ runtime: Runtime; ssd: FaceDetector; dlib: FaceModel }> {
  const runtime = await nodeRuntime({ threads })
  const ssd = await openDetector('ssd', { runtime })
  return { runtime, ssd, dlib: await faceModel('dlib', { runtime, detector: ssd.id }) }
}

interface Described {
  readonly photo: LabelledPhoto
  readonly vector: Float32Array
}

/** The largest face of each photo as a vector; the next photos are decoded while the networks run. */
async function pipeline(photos: readonly LabelledPhoto[], detector: FaceDetector, model: FaceModel): Promise<(Described | undefined)[]> {
  const batch = 4
  const out: (Described | undefined)[] = []
  const decode = (start: number) => Promise.all(photos.slice(start, start + batch).map((p) => decodeImage(readBytes(p.path, 'photo'))))
  let next = decode(0)
  for (let start = 0; start < photos.length; start += batch) {
    const images = await next
    next = decode(start + batch)
    const faces = await findFacesIn(images, detector, { faces: 'largest' })
    const crops = faces.map(([face], i) => (face === undefined ? undefined : alignFace(images[i], face, model.template)))
    const vectors = await model.embed(new Uint8Array(Buffer.concat(crops.filter((c) => c !== undefined))))
    let at = 0
    crops.forEach((crop, i) =>
      out.push(crop === undefined ? undefined : { photo: photos[start + i], vector: vectors.slice(at++ * model.dim, at * model.dim) }),
    )
  }
  await next
  return out
}

function joined(vectors: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(vectors.length * vectors[0].length)
  vectors.forEach((v, i) => out.set(v, i * v.length))
  return out
}

/** Leave-one-out 1-NN, mean average precision over the whole ranking of all others, and 1-NN from train to val where there are both. */
async function figures(
  vectors: Float32Array,
  labels: Int32Array,
  splits: readonly (string | undefined)[],
): Promise<{ knnAccuracy: number; map: number; trainToVal: { right: number; of: number } | undefined }> {
  const n = labels.length
  const dim = vectors.length / n
  const of = (split: string) => splits.flatMap((s, i) => (s === split ? [i] : []))
  const [train, val] = [of('train'), of('val')]
  const rows = (list: number[]) => joined(list.map((i) => vectors.subarray(i * dim, (i + 1) * dim)))
  const pick = (list: number[]) => Int32Array.from(list, (i) => labels[i])
  const trainToVal =
    train.length > 0 && val.length > 0
      ? {
          right: Math.round(val.length * knnAccuracy(rows(train), pick(train), dim, { k: 1, queries: rows(val), queryLabels: pick(val) })),
          of: val.length,
        }
      : undefined
  const { knn, map } = (await retrievalFigures(await askEachOther(vectors, dim, labels), labels, 0))!
  return { knnAccuracy: knn.value, map: map.value, trainToVal }
}
