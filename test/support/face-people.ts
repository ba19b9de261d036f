/** @file Photos of a few people with certainty about who is who: faces cut out of the sample photos, each in several renderings. */
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { samplePath, type GoldenPhoto } from './face-photos.ts'

const golden = JSON.parse(readFileSync(new URL('../golden/faces.json', import.meta.url), 'utf8')) as { photos: Record<string, GoldenPhoto> }

/** Sample photo and face of each person. */
export const persons = { anna: [1, 0], bea: [2, 0], cleo: [3, 0], dora: [6, 2], ella: [5, 0] } as const

/** How a photo is varied: the same person, other numbers. */
const renderings: readonly ((image: Sharp) => Sharp)[] = [
  (image) => image,
  (image) => image.flop(),
  (image) => image.modulate({ brightness: 1.2, saturation: 0.7 }),
  (image) => image.rotate(7, { background: '#777' }),
  (image) => image.resize(150),
]

/** The surroundings of one face of a sample photo, as JPEG. */
export async function portrait([sample, face]: readonly [number, number], rendering = 0): Promise<Uint8Array> {
  const [x, y, w, h] = golden.photos[`sample${sample}.jpg`].ssd[face].box
  const { width, height } = await sharp(samplePath(sample)).metadata()
  const [left, top] = [Math.max(0, Math.round(x - 0.7 * w)), Math.max(0, Math.round(y - 0.5 * h))]
  const region = { left, top, width: Math.min(width - left, Math.round(2.4 * w)), height: Math.min(height - top, Math.round(2 * h)) }
  const cut = await sharp(samplePath(sample)).extract(region).resize(280).png().toBuffer()
  return renderings[rendering](sharp(cut)).jpeg({ quality: 92 }).toBuffer()
}

/** Writes photos `NAME/N.jpg` of these people; `flat` puts all into one folder, `NAME-N.jpg`. */
export async function writePeople(
  dir: string,
  {
    names = Object.keys(persons) as (keyof typeof persons)[],
    each = 4,
    flat = false,
  }: { names?: readonly (keyof typeof persons)[]; each?: number; flat?: boolean } = {},
): Promise<void> {
  for (const name of names) {
    for (let i = 0; i < each; i++) {
      const path = join(dir, flat ? `${name}-${i}.jpg` : `${name}/${i}.jpg`)
      mkdirSync(dirname(path), { recursive: true })
      await sharp(await portrait(persons[name], i)).toFile(path)
    }
  }
}
