/** @file Pictures without any digit, brought to a network on the road that a user's pictures take: photos, noise, blank paper. */
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import { KindredError, rng, type Rng } from '../src/base/index.ts'
import { inMemory } from '../src/dataset/index.ts'
import { loadDigitImage } from '../src/digits/index.ts'
import { readBytes } from '../src/files/index.ts'
import { encodePng, listPictures } from '../src/images/index.ts'
import { samplePhotos } from '../src/people/index.ts'
import type { JudgedSet, SetKind } from '../src/stories/index.ts'

/** The middle squares of all photos below a folder, and of the sample photos that come with a package, in grey. */
export async function photoSquares(folder: string): Promise<JudgedSet> {
  if (!existsSync(folder)) console.error(`photos: ${folder} is not there; the sample photos alone`)
  const pictures: Uint8Array[] = []
  for (const place of [folder, samplePhotos()]) {
    if (!existsSync(place)) continue
    for (const name of listPictures(place, 'digits-wild').pictures) {
      const image = sharp(join(place, name)).rotate().flatten({ background: '#ffffff' })
      pictures.push(new Uint8Array(await image.resize(256, 256, { fit: 'cover' }).grayscale().png().toBuffer()))
    }
  }
  return onTheRoad('photos', pictures)
}

const side = 200
const picture = (at: (x: number, y: number) => number): Uint8Array =>
  encodePng(
    Uint8Array.from({ length: side * side }, (_, i) => Math.min(255, Math.max(0, Math.round(at(i % side, Math.floor(i / side)))))),
    { width: side, height: side, channels: 1 },
  )
const within = (random: Rng, low: number, high: number): number => low + (high - low) * random.uniform()

/** Noise of three grains, dark and light. */
export function noisePictures(seed: number): Promise<JudgedSet> {
  const random = rng(seed).fork('noise pictures')
  const pictures = Array.from({ length: 60 }, (_, k) => {
    const grain = [1, 5, 20][k % 3]
    const across = Math.ceil(side / grain)
    const cells = Float64Array.from({ length: across * across }, () => within(random, 0, 255))
    return picture((x, y) => cells[Math.floor(y / grain) * across + Math.floor(x / grain)])
  })
  return onTheRoad('noise, as pictures', pictures)
}

/** Paper without ink: one flat grey; with a camera's noise; with light that falls off to one side. */
export function blankPictures(seed: number): Promise<JudgedSet> {
  const random = rng(seed).fork('blank pictures')
  const pictures = Array.from({ length: 60 }, (_, k) => {
    const level = within(random, 120, 255)
    const noise = k % 3 === 0 ? 0 : within(random, 1, 4)
    const slope = k % 3 === 2 ? within(random, -0.4, 0.4) : 0
    return picture((x) => level * (1 + slope * (x / side - 0.5)) + noise * (noise === 0 ? 0 : random.normal()))
  })
  return onTheRoad('blank, as pictures', pictures)
}

/** A folder of one's own pictures of digits, which should be kept. */
export function ownDigits(folder: string): Promise<JudgedSet> {
  const { pictures } = listPictures(folder, 'digits-wild')
  return onTheRoad(
    `digits of ${basename(folder)}`,
    pictures.map((name) => readBytes(join(folder, name), 'digits-wild', { limit: 'imageFileBytes' })),
    'digits',
  )
}

async function onTheRoad(name: string, pictures: readonly Uint8Array[], kind: SetKind = 'outliers'): Promise<JudgedSet> {
  const frames: Uint8Array[] = []
  for (const bytes of pictures) {
    try {
      frames.push((await loadDigitImage(bytes)).pixels)
    } catch (error) {
      if (!(error instanceof KindredError)) throw error // without ink, or not to be brought into the frame: refused
    }
  }
  const images = new Uint8Array(frames.length * 784)
  frames.forEach((frame, i) => images.set(frame, i * 784))
  const labels = new Int32Array(frames.length)
  return {
    name,
    kind,
    images: inMemory({ images, labels, height: 28, width: 28, classes: [name], source: name }),
    refusedBefore: pictures.length - frames.length,
  }
}
