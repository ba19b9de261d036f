/**
 * @file What learning on one's own people buys: a head is learnt on labelled photos as they are and made harder, and judged on people and photos it has not
 * seen, before and after.
 *
 * Faces are found and aligned in the photos as they are, and their crops made worse: what is measured is the space, not the detector. Each photo is there
 * once, so none finds its own copy.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { KindredError, rng } from '../src/base/index.ts'
import { alignFace, faceModel, findFacesIn, openDetector, type FaceModel } from '../src/faces/index.ts'
import { decodeImage } from '../src/images/index.ts'
import { degradeCrop, degradeCrops, learnHead, type Degradation, type JudgedQuestions } from '../src/people/index.ts'
import { nodeRuntime, type Runtime } from '../src/runtime/index.ts'
import { photosBelow } from './labelled-photos.ts'
import { table, type Benchmark } from './peer.ts'

/** What the photos of a set become, in turn; `undefined`: stay as they are. The last are ways that learning does not make itself. */
const sets: Readonly<Record<string, readonly (Degradation | undefined)[]>> = {
  'as they are': [undefined],
  'a third blurred, a third 24 px': [undefined, 'blur', 'tiny'],
  'streaks, noise, dark': [undefined, 'motion', 'noise', 'dark'],
}
/** Of the ways to make a crop worse: a face 24 pixels wide, a blur of 4.7 % of the crop's side. */
const strength = 0.73

interface Faces {
  crops: Uint8Array
  labels: Int32Array
  side: number
}

/** Runs the benchmark: `faces-learn [DIR] [--seeds n] [--no-copies]`. */
export const run: Benchmark = async (argv) => {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    allowNegative: true,
    options: { seeds: { type: 'string', default: '3' }, copies: { type: 'boolean', default: true } },
  })
  const dir = positionals[0] ?? fileURLToPath(new URL('../../shared/data/celeb5', import.meta.url))
  if (!existsSync(dir))
    throw new KindredError('not-found', 'faces-learn', `${dir} must be a folder of photos, one folder a person`, 'none', 'Name one.')
  const runtime = await nodeRuntime({ threads: 1 })
  const detector = await openDetector('ssd', { runtime })
  const model = await faceModel('dlib', { runtime, detector: detector.id })
  const faces = await found(dir, detector, model)
  await detector.dispose()
  const rows: Record<string, string | number>[] = []
  const results: Record<string, unknown>[] = []
  for (const [name, ways] of Object.entries(sets)) {
    for (let seed = 0; seed < Number(values.seeds); seed++) {
      const started = process.cpuUsage()
      const learnt = await learnOn(await harder(faces, ways, seed), { model, runtime, seed, copies: values.copies })
      const { user, system } = process.cpuUsage(started)
      const cpuSeconds = Number(((user + system) / 1e6).toFixed(1))
      results.push({ photos: name, seed, cpuSeconds, better: learnt.better, ...learnt.judged })
      for (const [what, q] of Object.entries(learnt.judged))
        if (q !== undefined) rows.push({ photos: name, seed, asked: what, ...words(q) })
    }
  }
  table(rows)
  await model.dispose()
  return { ratio: NaN, dir, faces: faces.labels.length, people: new Set(faces.labels).size, copies: values.copies, results }
}

async function found(dir: string, detector: Awaited<ReturnType<typeof openDetector>>, model: FaceModel): Promise<Faces> {
  const photos = photosBelow(dir)
  const people = [...new Set(photos.map((p) => p.person))].sort()
  const crops: Uint8Array[] = []
  const labels: number[] = []
  for (const { path, person } of photos) {
    const image = await decodeImage(path)
    const [[face]] = await findFacesIn([image], detector, { faces: 'largest' })
    if (face === undefined) continue
    crops.push(alignFace(image, face, model.template))
    labels.push(people.indexOf(person))
  }
  return { crops: new Uint8Array(Buffer.concat(crops)), labels: Int32Array.from(labels), side: model.template.size }
}

/** The same faces, made worse in turn, in an order drawn from the seed. */
async function harder({ crops, labels, side }: Faces, ways: readonly (Degradation | undefined)[], seed: number): Promise<Faces> {
  const order = Int32Array.from(labels.keys())
  rng(seed).fork('harder').shuffle(order)
  const each = side * side * 3
  const out = crops.slice()
  for (const [at, i] of order.entries()) {
    const way = ways[at % ways.length]
    if (way === undefined) continue
    out.set(await degradeCrop(crops.subarray(i * each, (i + 1) * each), side, way, strength, rng(seed).fork(`photo ${i}`)), i * each)
  }
  return { crops: out, labels, side }
}

async function learnOn(
  { crops, labels, side }: Faces,
  { model, runtime, seed, copies }: { model: FaceModel; runtime: Runtime; seed: number; copies: boolean },
): ReturnType<typeof learnHead> {
  const vectors = await model.embed(crops, { side })
  const made = copies ? await degradeCrops(crops, side, [...labels.keys()], { seed }) : undefined
  const worse = made === undefined ? undefined : { vectors: await model.embed(made.crops, { side }), of: made.of }
  return learnHead({ vectors, dim: model.dim, labels, worse, seed, runtime })
}

function words(q: JudgedQuestions): Record<string, string> {
  const text = ({ before, after, difference, low, high }: JudgedQuestions['map']): string =>
    `${before.toFixed(3)} > ${after.toFixed(3)} (${[difference, low, high].map((x) => (x < 0 ? '' : '+') + x.toFixed(3)).join(', ')})`
  return { '1-NN': text(q.knnAccuracy), mAP: text(q.map), 'TAR at FAR 1 %': q.trueAccepts === undefined ? '-' : text(q.trueAccepts) }
}
