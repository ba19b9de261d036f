/**
 * @file Faces as people's folders have them: photos cut to the face, small and grey, turned, forty on a sheet, five in a panorama; what is no face; and what
 * second looks cost on ordinary photos. Each is measured with all looks and with the first alone, in one run.
 *
 * 1-NN: the share of all photos whose nearest other vector is of the same person; a photo without a face counts as wrong.
 */
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { KindredError } from '../src/base/index.ts'
import { alignFace, faceModel, findFaces, openDetector, type FaceDetector, type FaceModel, type LooksName } from '../src/faces/index.ts'
import { decodeImage, iou, type Photo } from '../src/images/index.ts'
import { nodeRuntime } from '../src/runtime/index.ts'
import { photosBelow } from './labelled-photos.ts'
import { nonFaces } from './non-faces.ts'
import { median, table, timed, type Benchmark } from './peer.ts'
import { changed, collage, cutToFace, jpeg, panorama, rotated, smallGrey, type FacePhoto, type Sheet } from './wild-photos.ts'

const usage = '[DIR] --passes 3 --seed 1 --more --no-time'
const both: readonly LooksName[] = ['all', 'first']

interface Networks {
  readonly detector: FaceDetector
  readonly model: FaceModel
}

interface Row {
  readonly photos: number
  readonly found: number
  readonly oneNN: number
  readonly within35: number
  readonly byLook: Readonly<Record<string, number>>
}

/** Runs the benchmark; options as in `usage`. */
export const run: Benchmark = async (argv) => {
  const { dir, passes, seed, more, time } = readOptions(argv)
  const list = photosBelow(dir)
  const people = [...new Set(list.map((p) => p.person))]
  const labels = list.map((p) => people.indexOf(p.person))
  const runtime = await nodeRuntime({ threads: 1 })
  await using detector = await openDetector('ssd', { runtime })
  await using model = await faceModel('dlib', { runtime, detector: detector.id })
  const networks = { detector, model }
  const photos: Photo[] = []
  for (const { path } of list) photos.push(await decodeImage(path))

  const plain = await vectorsOf(photos, networks, 'first')
  const faces = photos.flatMap((photo, i): FacePhoto[] => (plain[i] === undefined ? [] : [{ photo, box: plain[i].box }]))
  const faceLabels = labels.filter((_, i) => plain[i] !== undefined)
  const rows: Record<string, string>[] = []
  const judge = async (name: string, made: Photo[], of: number[], upright?: typeof plain): Promise<Row> => {
    console.error(`${name} ...`)
    const [all, first] = [await figures(made, of, networks, 'all', upright), await figures(made, of, networks, 'first', upright)]
    const words = ({ found, oneNN, within35 }: Row) =>
      `${found} of ${made.length}, ${oneNN.toFixed(3)}${upright === undefined ? '' : `, ${(within35 / made.length).toFixed(3)} within .35`}`
    rows.push({ photos: name, 'first look: found, 1-NN': words(first), 'all looks: found, 1-NN': words(all), looks: show(all.byLook) })
    return all
  }
  const each = async (make: (face: FacePhoto) => Promise<Photo>): Promise<Photo[]> => {
    const out: Photo[] = []
    for (const face of faces) out.push(await make(face))
    return out
  }
  const tight = await judge('cut to the face', await each((f) => cutToFace(f)), faceLabels)
  const tightGrey = await judge('the same, grey, 92 x 112', await each(smallGrey), faceLabels)
  const turns: Row[] = []
  for (const degrees of [90, 180, 270]) {
    const made: Photo[] = []
    for (const photo of photos) made.push(await rotated(photo, degrees))
    turns.push(await judge(`turned by ${degrees}`, made, labels, plain))
  }
  if (more) {
    const extra: [string, (face: FacePhoto) => Promise<Photo>][] = [
      ['cut with a tenth around', (f) => cutToFace(f, 1.2)],
      ['cut with a quarter around', (f) => cutToFace(f, 1.5)],
      ['tilted by 20', (f) => rotated(f.photo, 20)],
      ['tilted by 45', (f) => rotated(f.photo, 45)],
      ['JPEG of quality 20', (f) => jpeg(f.photo, 20)],
      ['mirrored', (f) => changed(f.photo, (image) => image.flop())],
      ['dark: a quarter of the light', (f) => changed(f.photo, (image) => image.linear(0.25))],
      ['cut to the face, turned by 180', async (f) => rotated(await cutToFace(f), 180)],
      ['enlarged to 2,000 pixels', (f) => changed(f.photo, (image) => image.resize(2000, 2000, { fit: 'inside' }))],
    ]
    for (const [name, make] of extra) await judge(name, await each(make), faceLabels)
  }
  const sheets: Record<string, number> = {}
  for (const cell of [120, 60, 36])
    sheets[cell] = await judgeSheet(`forty faces, cells of ${cell}`, await collage(faces, cell), detector, rows)
  const found = await judgeSheet('panorama, five portraits', await panorama(faces), detector, rows)
  const others = await nonFaces(seed)
  const taken: Record<LooksName, string[]> = { all: [], first: [] }
  for (const looks of both)
    for (const { what, photo } of others) if ((await findFaces(photo, detector, { looks })).length > 0) taken[looks].push(what)
  rows.push({
    photos: 'no faces: taken for one',
    'first look: found, 1-NN': `${taken.first.length} of ${others.length}`,
    'all looks: found, 1-NN': `${taken.all.length} of ${others.length}`,
    looks: '',
  })
  const ratios: number[] = []
  for (let pass = 0; time && pass < passes; pass++) {
    const cpu = { all: 0, first: 0 }
    for (const looks of pass % 2 === 0 ? both : both.toReversed())
      cpu[looks] = (await timed(async () => vectorsOf(await Promise.all(list.map((p) => decodeImage(p.path))), networks, looks))).cpu
    ratios.push(cpu.all / cpu.first)
  }
  table(rows)
  const sum = (of: (row: Row) => number) => turns.reduce((total, row) => total + of(row), 0)
  const short = ({ photos: n, found: f, oneNN }: Row) => ({ photos: n, found: f, oneNN })
  const ratio = ratios.length === 0 ? NaN : median(ratios)
  return {
    ratio,
    photos: list.length,
    people: people.length,
    tight: short(tight),
    tightGrey: short(tightGrey),
    turned: {
      photos: sum((r) => r.photos),
      found: sum((r) => r.found),
      oneNN: sum((r) => r.oneNN) / turns.length,
      within35: sum((r) => r.within35) / sum((r) => r.photos),
      byTurn: turns.map(short),
    },
    collage: sheets,
    panorama: found,
    nonFaces: { photos: others.length, taken: taken.all.length, takenAtFirst: taken.first.length },
    ordinaryTimeRatio: ratio,
  }
}

function readOptions(argv: string[]): { dir: string; passes: number; seed: number; more: boolean; time: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      allowNegative: true,
      options: {
        passes: { type: 'string', default: '3' },
        seed: { type: 'string', default: '1' },
        more: { type: 'boolean', default: false },
        time: { type: 'boolean', default: true },
      },
    })
    const [passes, seed] = [values.passes, values.seed].map((v) => {
      if (!/^[1-9]\d*$/.test(v)) throw new Error(`--passes and --seed must be whole numbers above 0, got ${v}`)
      return Number(v)
    })
    const dir = positionals[0] ?? fileURLToPath(new URL('../../shared/data/celeb5', import.meta.url))
    if (!existsSync(dir) || !statSync(dir).isDirectory()) throw new Error(`${dir} must be a folder of photos, one folder a person`)
    return { dir, passes, seed, more: values.more, time: values.time }
  } catch (error) {
    throw new KindredError('usage', 'faces-wild', `options must be among ${usage}`, (error as Error).message)
  }
}

const show = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([look, n]) => `${look} ${n}`)
    .join(', ')

/** The largest face of each photo with its vector. */
async function vectorsOf(photos: readonly Photo[], { detector, model }: Networks, looks: LooksName) {
  const out = []
  for (const photo of photos) {
    const [face] = await findFaces(photo, detector, { faces: 'largest', looks })
    out.push(
      face === undefined
        ? undefined
        : { box: face.box, look: face.look, vector: await model.embed(alignFace(photo, face, model.template)) },
    )
  }
  return out
}

type Found = Awaited<ReturnType<typeof vectorsOf>>

async function figures(
  photos: readonly Photo[],
  labels: readonly number[],
  networks: Networks,
  looks: LooksName,
  upright?: Found,
): Promise<Row> {
  const found = await vectorsOf(photos, networks, looks)
  const distance = (a: Float32Array, b: Float32Array) => Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0))
  const right = found.filter((one, i) => {
    if (one === undefined) return false
    let [nearest, best] = [-1, Infinity]
    found.forEach((other, j) => {
      const d = other === undefined || j === i ? Infinity : distance(one.vector, other.vector)
      if (d < best) [nearest, best] = [j, d]
    })
    return nearest >= 0 && labels[nearest] === labels[i]
  }).length
  const byLook: Record<string, number> = {}
  for (const one of found) if (one !== undefined) byLook[one.look] = (byLook[one.look] ?? 0) + 1
  return {
    photos: photos.length,
    found: found.filter((one) => one !== undefined).length,
    oneNN: right / photos.length,
    within35: found.filter((one, i) => one !== undefined && upright?.[i] !== undefined && distance(one.vector, upright[i].vector) <= 0.35)
      .length,
    byLook,
  }
}

/** How many faces of a sheet are found: each must overlap a box of its own by a third of their union. */
async function judgeSheet(name: string, { photo, faces }: Sheet, detector: FaceDetector, rows: Record<string, string>[]): Promise<number> {
  console.error(`${name} ...`)
  const counts = { all: 0, first: 0 }
  let more = 0
  for (const looks of both) {
    const found = await findFaces(photo, detector, { looks })
    counts[looks] = faces.filter((face) => found.some(({ box }) => iou(box, face) > 1 / 3)).length
    if (looks === 'all') more = found.length - counts.all
  }
  const of = (looks: LooksName) => `${counts[looks]} of ${faces.length}`
  rows.push({
    photos: name,
    'first look: found, 1-NN': of('first'),
    'all looks: found, 1-NN': of('all'),
    looks: more > 0 ? `${more} more boxes` : '',
  })
  return counts.all
}
