/** @file The 68 landmarks of found boxes, in pixels of the photo, and how well they make a face. */
import { squareInput, type Box, type Photo } from '../images/index.ts'
import { fitSimilarity } from './align.ts'
import { pointsInPhoto, renderView, viewOf, type Turns } from './face-view.ts'
import type { ImageNetwork } from './image-network.ts'
import { meanFaceX, meanFaceY } from './template.ts'

/** The landmarks of a box. */
export interface Landmarks {
  /** x, y of 68 points, pixels of the photo. */
  readonly landmarks: Float32Array
  readonly sharpness: number
  /** {@link landmarkMisfit} in the turn in which they were read. */
  readonly misfit: number
}

/** A box in which a face may be seen upright after so many quarter turns. */
export interface TurnedBox {
  readonly box: Box
  readonly turns: Turns
}

/** Boxes read in one run of the network: bounds memory. */
const most = 16
/** Longest side of a cut-out; the network looks at 112 pixels. */
const longestSide = 224

/**
 * Reads the landmarks of boxes in one photo, each in its own turn.
 *
 * @returns one entry a box; undefined where a box has no pixel within the photo
 */
export async function readLandmarks(photo: Photo, network: ImageNetwork, boxes: readonly TurnedBox[]): Promise<(Landmarks | undefined)[]> {
  const out: (Landmarks | undefined)[] = boxes.map(() => undefined)
  const good = boxes.flatMap((_, i) => (hasPixels(clipped(boxes[i].box, photo)) ? [i] : []))
  const { size } = network
  const each = 3 * size * size
  for (let start = 0; start < good.length; start += most) {
    const some = good.slice(start, start + most)
    const inputs = new Float32Array(some.length * each)
    const places = some.map((i, k) => prepare(photo, boxes[i], size, inputs.subarray(k * each, (k + 1) * each)))
    const points = await network.run(inputs, some.length)
    some.forEach((i, k) => {
      const raw = points.subarray(k * 136, (k + 1) * 136)
      out[i] = {
        landmarks: places[k](raw),
        misfit: landmarkMisfit(raw),
        sharpness: laplacianVariance(inputs.subarray(k * each, (k + 1) * each), size),
      }
    })
  }
  return out
}

/** Writes the network's input of a box, and tells how its points come back into the photo. */
function prepare(photo: Photo, { box, turns }: TurnedBox, size: number, out: Float32Array): (points: Float32Array) => Float32Array {
  const region = clipped(box, photo)
  if (turns === 0 && Math.max(region.width, region.height) <= longestSide) {
    squareInput(photo, { size, centred: true, region }, out)
    return (points) => inPhoto(points, region, region, size)
  }
  const view = viewOf(region, turns, longestSide)
  const picture = renderView(photo, view)
  squareInput(picture, { size, centred: true }, out)
  const all = { x: 0, y: 0, width: picture.width, height: picture.height }
  return (points) => pointsInPhoto(inPhoto(points, all, all, size), view)
}

/** Sizes, in parts of a box, at which its landmarks are read again; the first tells most. */
const otherSizes: readonly number[] = [1.2, 0.85, 1.4]

/**
 * How much landmarks change when they are read from boxes .85, 1.2 and 1.4 times as large: mean over the three of the root mean square distance of points 17 to
 * 67 from those of the box itself, in parts of the distances between the outer eye corners and from nose to chin.
 *
 * A face that stands upright has .01 to .05, whatever its landmarks look like; one on its side or head, or what is none, has more, as the network then guesses.
 * @param enough where the box of 1.2 alone has no more than this, that is the answer. Default 0
 * cost: three runs of the landmark network, or one
 */
export async function landmarkSpread(
  photo: Photo,
  network: ImageNetwork,
  { box, turns }: TurnedBox,
  landmarks: Float32Array,
  enough = 0,
): Promise<number> {
  const at = (i: number, j: number) => Math.hypot(landmarks[2 * i] - landmarks[2 * j], landmarks[2 * i + 1] - landmarks[2 * j + 1])
  const side = at(36, 45) + at(27, 57)
  if (!(side > 0)) return Infinity
  const distances: number[] = []
  for (const factors of [otherSizes.slice(0, 1), otherSizes.slice(1)]) {
    const boxes = factors.map((factor) => ({
      box: {
        x: box.x + (box.width * (1 - factor)) / 2,
        y: box.y + (box.height * (1 - factor)) / 2,
        width: box.width * factor,
        height: box.height * factor,
      },
      turns,
    }))
    for (const other of await readLandmarks(photo, network, boxes)) {
      if (other === undefined) return Infinity
      let squares = 0
      for (let i = 34; i < 136; i++) squares += (other.landmarks[i] - landmarks[i]) ** 2
      distances.push(Math.sqrt(squares / 51) / side)
    }
    if (distances[0] <= enough) return distances[0]
  }
  return distances.reduce((sum, d) => sum + d, 0) / distances.length
}

const hasPixels = ({ width, height }: Box): boolean => width > 0 && height > 0

/** The part of a box within the photo, in whole pixels, as face-api's `clipAtImageBorders`. */
export function clipped(box: Box, { width, height }: Photo): Box {
  const x = Math.max(box.x, 0)
  const y = Math.max(box.y, 0)
  const right = Math.min(box.x + box.width - x, width - x)
  const bottom = Math.min(box.y + box.height - y, height - y)
  return { x: Math.floor(x), y: Math.floor(y), width: Math.floor(right), height: Math.floor(bottom) }
}

/** Points of the padded, scaled square back to pixels of the photo (face-api's `postProcess`; it adds the box's own corner, not the clipped one). */
export function inPhoto(points: Float32Array, box: Box, region: Box, size: number): Float32Array {
  const scale = size / Math.max(region.width, region.height)
  const padX = Math.max(0, region.height - region.width) * scale * 0.5
  const padY = Math.max(0, region.width - region.height) * scale * 0.5
  const out = new Float32Array(136)
  for (let i = 0; i < 136; i += 2) {
    out[i] = (points[i] * size - padX) / scale + box.x
    out[i + 1] = (points[i + 1] * size - padY) / scale + box.y
  }
  return out
}

const meanFace: readonly number[] = meanFaceX.flatMap((x, i) => [x, meanFaceY[i]])

/**
 * How far 68 points are from any turned, scaled and moved mean face: root mean square distance of points 17 to 67 after the best similarity, in parts of the
 * mean face's side, divided by that side's share of the square in which the points were read.
 *
 * A face that stands upright has .03 to .1; one on its side or its head, or what is none, mostly above .1.
 * @param points x, y of 68 points in parts of the square
 */
export function landmarkMisfit(points: Float32Array): number {
  const given = points.subarray(34)
  const { a, b, tx, ty } = fitSimilarity(meanFace, given)
  const side = Math.hypot(a, b)
  if (!(side > 0)) return Infinity
  let sum = 0
  for (let i = 0; i < meanFace.length; i += 2) {
    const [x, y] = [meanFace[i], meanFace[i + 1]]
    sum += (a * x - b * y + tx - given[i]) ** 2 + (b * x + a * y + ty - given[i + 1]) ** 2
  }
  return Math.sqrt((2 * sum) / meanFace.length) / side / side
}

/** Variance of the 4-neighbour Laplacian (Pech-Pacheco et al. 2000) in the middle three fifths of the grey square: no padding, little background. */
export function laplacianVariance(planes: Float32Array, size: number): number {
  const plane = size * size
  const gray = new Float32Array(plane)
  for (let i = 0; i < plane; i++) gray[i] = 0.299 * planes[i] + 0.587 * planes[i + plane] + 0.114 * planes[i + 2 * plane]
  let [sum, squares, count] = [0, 0, 0]
  const margin = Math.round(size / 5)
  for (let y = margin; y < size - margin; y++) {
    for (let i = y * size + margin; i < (y + 1) * size - margin; i++) {
      const v = gray[i - 1] + gray[i + 1] + gray[i - size] + gray[i + size] - 4 * gray[i]
      sum += v
      squares += v * v
      count++
    }
  }
  return squares / count - (sum / count) ** 2
}
