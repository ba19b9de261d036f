/**
 * @file The three face detectors: photos in, boxes with scores out.
 *
 * Boxes, thresholds and suppression of the two neural ones are those of @vladmandic/face-api 1.7.15 (src/ssdMobilenetv1, src/tinyYolov2).
 */
import { fileURLToPath } from 'node:url'
import { inOrder } from '../base/index.ts'
import { ssdMobilenet, tinyFace, tinyFaceAnchors } from '../nn/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { iou, type Box } from '../images/index.ts'
import { faceApiWeights } from './face-api-weights.ts'
import { rgbToGray } from '../images/index.ts'
import { haarDetector } from './haar.ts'
import { imageNetwork } from './image-network.ts'
import { squareInput, type Photo } from '../images/index.ts'
import { readBytes } from '../files/index.ts'
import { sha256 } from '../base/index.ts'

/** A box that may hold a face. */
export interface ScoredBox {
  readonly box: Box
  /** Higher is surer: a probability for the neural detectors, the number of joined windows for Haar. */
  readonly score: number
}

/** Finds boxes in a batch of photos. */
export interface BoxFinder {
  /** SHA-256 of the weights or the cascade. */
  readonly hash: string
  find(photos: readonly Photo[], minScore: number): Promise<ScoredBox[][]>
  dispose(): Promise<void>
}

/** SSD with MobileNetV1: the photo is padded at the right and the bottom, scaled to 512 x 512. */
export async function ssdFinder(runtime: Runtime): Promise<BoxFinder> {
  const { weights, hash } = faceApiWeights('ssd_mobilenetv1')
  const size = 512
  const network = await imageNetwork(runtime, ssdMobilenet(), weights, size)
  return {
    hash,
    async find(photos, minScore) {
      // One by one: batches of these large images fall out of the processor's cache and take 15 % longer.
      const results: ScoredBox[][] = []
      const boxes = inOrder(photos.length, network.concurrency, async (i) => {
        const photo = photos[i]
        const input = new Float32Array(3 * size * size)
        squareInput(photo, { size, centred: false }, input)
        const found = await network.run(input, 1)
        const { padX, padY } = stretch(photo, size)
        return suppressed(found, minScore).map((k) => {
          const at = k * 5
          const [top, left, bottom, right] = [
            Math.max(0, found[at]) * padY,
            Math.max(0, found[at + 1]) * padX,
            Math.min(1, found[at + 2]) * padY,
            Math.min(1, found[at + 3]) * padX,
          ]
          const box = {
            x: left * photo.width,
            y: top * photo.height,
            width: (right - left) * photo.width,
            height: (bottom - top) * photo.height,
          }
          return { box, score: found[at + 4] }
        })
      })
      for await (const found of boxes) results.push(found)
      return results
    },
    dispose: () => network.dispose(),
  }
}

/** Indices of rows (top, left, bottom, right, score) above the threshold, best first, none overlapping a better one by more than half. At most 100. */
function suppressed(rows: Float32Array, minScore: number): number[] {
  const boxAt = (k: number): Box => ({
    x: rows[k * 5 + 1],
    y: rows[k * 5],
    width: rows[k * 5 + 3] - rows[k * 5 + 1],
    height: rows[k * 5 + 2] - rows[k * 5],
  })
  const candidates: number[] = []
  for (let k = 0; k * 5 < rows.length; k++) if (rows[k * 5 + 4] > minScore) candidates.push(k)
  candidates.sort((a, b) => rows[b * 5 + 4] - rows[a * 5 + 4])
  const chosen: number[] = []
  for (const k of candidates) if (chosen.length < 100 && chosen.every((j) => iou(boxAt(k), boxAt(j)) <= 0.5)) chosen.push(k)
  return chosen
}

/** The tiny detector at 416 x 416. */
export async function tinyFinder(runtime: Runtime): Promise<BoxFinder> {
  const { weights, hash } = faceApiWeights('tiny_face_detector')
  const size = 416
  const cells = size / 32
  const network = await imageNetwork(runtime, tinyFace(), weights, size)
  const sigmoid = (v: number) => 1 / (1 + Math.exp(-v))
  return {
    hash,
    async find(photos, minScore) {
      const out = await network.run(batchOf(photos, size), photos.length)
      return photos.map((photo, p) => {
        const { padX, padY } = stretch(photo, size)
        const found: ScoredBox[] = []
        for (let place = 0; place < cells * cells; place++) {
          tinyFaceAnchors.forEach(([anchorWidth, anchorHeight], k) => {
            const at = (p * cells * cells + place) * 25 + k * 5
            const score = sigmoid(out[at + 4])
            if (score <= minScore) return
            const cx = ((place % cells) + sigmoid(out[at])) / cells
            const cy = (Math.floor(place / cells) + sigmoid(out[at + 1])) / cells
            const width = (Math.exp(out[at + 2]) * anchorWidth) / cells
            const height = (Math.exp(out[at + 3]) * anchorHeight) / cells
            found.push({
              box: { x: (cx - width / 2) * padX, y: (cy - height / 2) * padY, width: width * padX, height: height * padY },
              score,
            })
          })
        }
        found.sort((a, b) => b.score - a.score)
        const chosen: ScoredBox[] = []
        for (const f of found) if (chosen.every((c) => iou(f.box, c.box) <= 0.4)) chosen.push(f)
        return chosen.map(({ box, score }) => ({
          box: { x: box.x * photo.width, y: box.y * photo.height, width: box.width * photo.width, height: box.height * photo.height },
          score,
        }))
      })
    },
    dispose: () => network.dispose(),
  }
}

/** The Haar cascade on grey pixels; faces smaller than 24 pixels, or a fortieth of a large photo, are not looked for. */
export function haarFinder(cascade = new URL('../../assets/haarcascade_frontalface_alt2.xml', import.meta.url)): BoxFinder {
  const path = fileURLToPath(cascade)
  const xml = readBytes(path, 'haar cascade', { limit: 'textBytes' })
  const detector = haarDetector(new TextDecoder().decode(xml), { what: path })
  return {
    hash: sha256(xml),
    async find(photos, minScore) {
      return photos.map((photo) =>
        detector
          .detect(rgbToGray(photo.pixels), photo.height, photo.width, {
            minNeighbors: Math.max(0, Math.round(minScore)),
            minSize: Math.max(24, Math.round(Math.max(photo.height, photo.width) / 40)),
          })
          .map(({ neighbours, ...box }) => ({ box, score: neighbours }))
          .sort((a, b) => b.score - a.score),
      )
    },
    dispose: async () => {},
  }
}

function batchOf(photos: readonly Photo[], size: number): Float32Array {
  const each = 3 * size * size
  const batch = new Float32Array(photos.length * each)
  photos.forEach((photo, i) => squareInput(photo, { size, centred: false }, batch.subarray(i * each, (i + 1) * each)))
  return batch
}

/** How much of the square the photo fills, inverted: from fractions of the square to fractions of the photo. */
function stretch({ width, height }: Photo, size: number): { padX: number; padY: number } {
  const scale = size / Math.max(width, height)
  return { padX: size / Math.round(width * scale), padY: size / Math.round(height * scale) }
}
