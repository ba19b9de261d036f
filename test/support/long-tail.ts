/**
 * @file A folder of photos with a long tail of people, as public collections have it: one person with hundreds of photos, most with two or three. Its run
 * folder is filled without networks, so that `kindred faces DIR --out OUT` finds all faces and vectors there and goes on to maps, figures and report.
 *
 * The pictures are renderings of a few sample faces; who is near whom comes from vectors drawn around a centre for each person. As a program:
 * `npx tsx test/support/long-tail.ts DIR OUT [people 1680] [largest 530] [photos without a face 0]`.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import sharp from 'sharp'
import { rng, sha256 } from '../../src/base/index.ts'
import { faceModel, openDetector, readCrops, type CropRecord, type FaceDetector } from '../../src/faces/index.ts'
import { meanFaceX, meanFaceY } from '../../src/faces/template.ts'
import { embedFolder } from '../../src/people/index.ts'
import { nodeRuntime } from '../../src/runtime/index.ts'
import { fakeDetector } from './fake-detector.ts'
import { persons, portrait } from './face-people.ts'

/** Photos of each person: the first has `largest`, then ever fewer, two at least. Labeled Faces in the Wild falls off much like this. */
export function tailSizes(people: number, largest: number): number[] {
  return Array.from({ length: people }, (_, i) => Math.max(2, Math.round(largest / (i + 1) ** 0.86)))
}

/** Settings of {@link writeLongTail}. */
export interface LongTail {
  readonly people: number
  readonly largest: number
  /** Photos in which nobody is found, spread over all people. */
  readonly without?: number
}

const side = 96

/** Writes the photos, one folder a person. */
async function writePhotos(dir: string, sizes: readonly number[], without: number): Promise<void> {
  const bases: Buffer[] = []
  for (const name of Object.keys(persons) as (keyof typeof persons)[])
    for (let rendering = 0; rendering < 5; rendering++)
      bases.push(await sharp(await portrait(persons[name], rendering)).resize(side, side, { fit: 'cover' }).removeAlpha().raw().toBuffer()) // prettier-ignore
  let at = 0
  const every = without === 0 ? Infinity : Math.floor(sizes.reduce((a, b) => a + b, 0) / without)
  for (const [p, n] of sizes.entries()) {
    const folder = join(dir, `person_${String(p + 1).padStart(4, '0')}`)
    mkdirSync(folder, { recursive: true })
    const random = rng(p)
    const tint = [0, 1, 2].map(() => 0.7 + 0.6 * random.uniform())
    const base = 5 * (p % 5)
    for (let i = 0; i < n; i++, at++) {
      const light = 0.8 + 0.4 * random.uniform()
      const pixels = bases[base + (i % 5)].map((v, k) => Math.max(1, Math.min(255, v * light * tint[k % 3])))
      if (at % every === every - 1) pixels.fill(0)
      pixels.set([at & 15, (at >> 4) & 15, (at >> 8) & 15], 3 * side * (side - 1)) // no two files alike
      const image = sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
      writeFileSync(join(folder, `${String(i + 1).padStart(4, '0')}.png`), await image.png({ compressionLevel: 1 }).toBuffer())
    }
  }
}

/** A detector that finds the face in the middle of each photo, and is taken for the given one. */
function known({ id, finder }: FaceDetector): FaceDetector {
  const fake = fakeDetector()
  const point = (m: number) => ((0.25 + m) / 1.5 - 0.25) / 0.5 // of the template, as a part of the box that the fake finds
  const jaw = Array.from({ length: 17 }, (_, i) => [i / 16, 0.6 + 0.4 * Math.sin((Math.PI * i) / 16)]).flat()
  const shape = Float32Array.from([...jaw, ...meanFaceX.flatMap((x, i) => [point(x), point(meanFaceY[i])])])
  const landmarks = {
    ...fake.landmarks,
    run: async (_: unknown, n: number) => Float32Array.from({ length: n * 136 }, (__, i) => shape[i % 136]),
  }
  // Black in the middle: nobody, however the photo is turned or framed for a second look.
  const find: FaceDetector['finder']['find'] = async (photos) =>
    photos.map(({ pixels, width, height }) =>
      pixels[3 * ((height >> 1) * width + (width >> 1))] === 0
        ? []
        : [{ box: { x: width / 4, y: height / 4, width: width / 2, height: height / 2 }, score: 0.9 }],
    )
  return { ...fake, id, finder: { ...fake.finder, hash: finder.hash, find }, landmarks }
}

/** Writes the photos and all that a run keeps of them. */
export async function writeLongTail(dir: string, out: string, { people, largest, without = 0 }: LongTail): Promise<void> {
  const sizes = tailSizes(people, largest)
  await writePhotos(dir, sizes, without)
  const runtime = await nodeRuntime({ threads: 1 })
  const ssd = await openDetector('ssd', { runtime })
  const dlib = await faceModel('dlib', { runtime, detector: ssd.id })
  await ssd.dispose()
  await dlib.dispose()
  const each = dlib.template.size ** 2 * 3
  const { dim } = dlib
  const centre = (person: string): Float32Array => {
    const random = rng(Number(person.slice(-4))).fork('centre')
    const v = Float32Array.from({ length: dim }, () => random.normal())
    const norm = Math.hypot(...v) / 0.6
    return v.map((x) => x / norm)
  }
  const vectorOf = ({ label, crop }: CropRecord): Float32Array => {
    const random = rng(Number.parseInt(sha256(Buffer.from(crop)).slice(0, 7), 16))
    // One in fifty looks like somebody else.
    const person = random.uniform() < 0.02 ? `person_${String(1 + Math.floor(people * random.uniform())).padStart(4, '0')}` : label!
    return centre(person).map((x) => x + 0.036 * random.normal())
  }
  let records: readonly CropRecord[] = []
  // Blocks of crops come in any order, so that a crop is known by its pixels.
  const byPixels = new Map<string, CropRecord>()
  const prepare = async (): Promise<void> => {
    for (const record of records) byPixels.set(sha256(await readCrops(out, [record])), record)
  }
  let prepared: Promise<void> | undefined
  await embedFolder(dir, {
    out,
    runtime,
    faces: 'largest',
    detector: known(ssd),
    onCrops: (found) => (records = found.records),
    model: {
      ...dlib,
      embed: async (crops) => {
        await (prepared ??= prepare())
        const vectors = new Float32Array((crops.length / each) * dim)
        for (let i = 0; i * each < crops.length; i++)
          vectors.set(vectorOf(byPixels.get(sha256(crops.subarray(i * each, (i + 1) * each) as Uint8Array))!), i * dim)
        return vectors
      },
    },
  })
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [dir, out, people = '1680', largest = '530', without = '0'] = process.argv.slice(2)
  await writeLongTail(dir, out, { people: Number(people), largest: Number(largest), without: Number(without) })
}
