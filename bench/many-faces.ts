/**
 * @file Tens of thousands of faces that nobody has: vectors drawn around people as dlib's lie around real ones, written as an output folder of `kindred faces`.
 *
 * Sizes of people have a long tail. Distances: half of the pairs of one person lie within about .4, half of those of two within about .8; people differ in how
 * tight they lie, and a few photos lie far out. Crops are a few pictures under many names.
 */
import { linkSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rng, sha256 } from '../src/base/index.ts'
import { dlibTemplate, openDetector, type CropRecord } from '../src/faces/index.ts'
import { encodePng } from '../src/images/index.ts'
import { KeptVectors, faceId } from '../src/people/kept-vectors.ts'
import { openFaceModel } from '../src/people/index.ts'
import { nodeRuntime } from '../src/runtime/index.ts'
import { readVectors } from '../src/vectors/index.ts'

/** Numbers of a vector, as dlib's. */
const dim = 128

/** What is made. */
export interface ManyFaces {
  readonly faces: number
  /** Faces of one person, the largest; 0: as the tail gives. */
  readonly largest: number
  /** Share of faces that are a further face of somebody's photo, and have no label. */
  readonly further: number
  readonly seed: number
}

/** Vectors [faces, 128], the person of each, by person. */
export function faceVectors({ faces, largest, seed }: Omit<ManyFaces, 'further'>): {
  vectors: Float32Array
  person: Int32Array
  people: number
} {
  const random = rng(seed)
  const sizes: number[] = largest > 0 ? [Math.min(largest, faces)] : []
  for (let left = faces - (sizes[0] ?? 0); left > 0; left -= sizes.at(-1)!)
    sizes.push(Math.min(left, 1000, Math.floor((1 - random.uniform()) ** (-1 / 1.1))))
  // Few directions matter much, as in real embeddings: the spread falls with the number of the coordinate.
  const spread = Float64Array.from({ length: dim }, (_, d) => 1 / (1 + d / 20))
  const power = Math.sqrt(2 * spread.reduce((sum, s) => sum + s * s, 0))
  const vectors = new Float32Array(faces * dim)
  const person = new Int32Array(faces)
  let row = 0
  for (const [p, size] of sizes.entries()) {
    const centre = Float64Array.from(spread, (s) => (0.7 * s * random.normal()) / power)
    const tight = Math.exp(0.15 * random.normal())
    for (let i = 0; i < size; i++, row++) {
      const noise = 0.4 * tight * Math.exp(0.2 * random.normal()) * (random.uniform() < 0.01 ? 1.8 : 1)
      person[row] = p
      for (let d = 0; d < dim; d++) vectors[row * dim + d] = centre[d] + (noise * spread[d] * random.normal()) / power
    }
  }
  return { vectors, person, people: sizes.length }
}

/** Writes the folder: manifest, crops, vectors of dlib's recipe. */
export async function writeManyFaces(out: string, options: ManyFaces): Promise<{ people: number; largest: number; labelled: number }> {
  const { vectors, person, people } = faceVectors(options)
  const n = person.length
  const random = rng(options.seed).fork('photos')
  mkdirSync(join(out, 'crops'), { recursive: true })
  const pictures = Array.from({ length: 64 }, (_, i) => cropOf(out, i))
  // Rows as they come from a folder: not by person.
  const order = random.shuffle(Int32Array.from(person.keys()))
  const records: CropRecord[] = []
  const rows: number[] = []
  const further = Math.floor(options.further * n)
  for (const [at, row] of order.entries()) {
    const second = at < 2 * further && at % 2 === 1
    const before = records.at(-1)
    const label = `person ${String(person[row]).padStart(5, '0')}`
    const source = second ? before!.source : `${label}/${String(row).padStart(6, '0')}.jpg`
    const crop = `crops/${String(row).padStart(6, '0')}.png`
    linkSync(join(out, pictures[row % pictures.length].path), join(out, crop))
    const x = Math.floor(random.uniform() * 500)
    records.push({
      source,
      sourceHash: sha256(Buffer.from(source)),
      label: second ? null : label,
      face: second ? 1 : 0,
      box: [x, 100, 180, 200],
      landmarks: Array.from({ length: 136 }, (_, i) => Number((x + (i % 2 === 0 ? i : 100 + i) + random.uniform()).toFixed(2))),
      score: 0.99,
      sharpness: 0.5,
      detector: 'ssd',
      alignment: dlibTemplate,
      crop,
      cropHash: pictures[row % pictures.length].hash,
      settings: 'made by a benchmark',
    })
    rows.push(row)
  }
  writeFileSync(join(out, 'manifest.jsonl'), records.map((r) => `${JSON.stringify(r)}\n`).join(''))
  const runtime = await nodeRuntime()
  const detector = await openDetector('ssd', { runtime })
  const model = await openFaceModel('dlib', { runtime, detector })
  const kept = new KeptVectors(out, model.recipe, dim)
  mkdirSync(dirname(kept.path), { recursive: true })
  const slice = 1000
  for (let first = 0; first < n; first += slice) {
    const some = records.slice(first, first + slice)
    const values = new Float32Array(some.length * dim)
    some.forEach((_, i) => values.set(vectors.subarray(rows[first + i] * dim, (rows[first + i] + 1) * dim), i * dim))
    kept.put(some.map(faceId), values)
  }
  kept.save(records)
  kept.close()
  await model.dispose()
  await detector.dispose()
  const sizes = new Int32Array(people)
  for (const p of person) sizes[p]++
  return { people, largest: sizes.reduce((a, b) => Math.max(a, b)), labelled: n - further }
}

/** A picture as large as a crop, and as hard to compress. */
function cropOf(out: string, number: number): { path: string; hash: string } {
  const random = rng(number)
  const side = dlibTemplate.size
  const pixels = new Uint8Array(side * side * 3)
  const colours = [0, 1, 2].map(() => 60 + 120 * random.uniform())
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      for (let c = 0; c < 3; c++)
        pixels[(y * side + x) * 3 + c] = colours[c] + 40 * Math.sin(x / 9 + number) * Math.cos(y / 11) + 6 * random.normal()
  const bytes = encodePng(pixels, { width: side, height: side, channels: 3 })
  const path = `crops/picture-${number}.png`
  writeFileSync(join(out, path), bytes)
  return { path, hash: sha256(bytes) }
}

/** The vectors of a folder, with their ids. */
export function keptVectorsIn(out: string): ReturnType<typeof readVectors> {
  const name = readdirSync(join(out, 'vectors')).find((file) => file.endsWith('.npy'))!
  return readVectors(join(out, 'vectors', name))
}
