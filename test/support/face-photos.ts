/** @file The photos of test/golden/faces.json: samples of the face-api package, and celeb5 where it lies beside the repository. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeImage, type DecodedImage } from '../../src/images/index.ts'
import { faceApiFolder } from '../../src/faces/index.ts'

/** What face-api found on a photo. */
export interface GoldenPhoto {
  readonly pixels: string
  readonly ssd: { box: number[]; score: number; landmarks: number[]; aligned: number[]; descriptor: number[] }[]
  readonly tiny: { box: number[]; score: number }[]
}

const golden = JSON.parse(readFileSync(new URL('../golden/faces.json', import.meta.url), 'utf8')) as { photos: Record<string, GoldenPhoto> }

/** The folder of test photos, or undefined where there is none. */
export const celeb5: string | undefined = [fileURLToPath(new URL('../../../shared/data/celeb5', import.meta.url))].find(existsSync)

export const shortHash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16)

/** A sample photo's path: 1..6. */
export const samplePath = (i: number): string => join(faceApiFolder(), 'demo', `sample${i}.jpg`)

/** The photos that are here, decoded, with what face-api found; fails when pixels differ from those face-api saw. */
export async function goldenPhotos(): Promise<{ name: string; photo: DecodedImage; golden: GoldenPhoto }[]> {
  const paths: [string, string][] = [1, 2, 3, 4, 5, 6].map((i) => [`sample${i}.jpg`, samplePath(i)])
  if (celeb5 !== undefined) {
    for (const entry of readdirSync(celeb5, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      const name = entry.isFile() ? shortHash(readFileSync(path)) : ''
      if (name in golden.photos) paths.push([name, path])
    }
  }
  return Promise.all(
    paths.map(async ([name, path]) => {
      const photo = await decodeImage(path)
      const known = golden.photos[name]
      if (shortHash(photo.pixels) !== known.pixels) throw new Error(`${name}: the decoder gives other pixels than the golden's`)
      return { name, photo, golden: known }
    }),
  )
}
