/**
 * @file Alignment: turns, scales and moves a face so that its landmarks fall where the model learnt them, and cuts it out of the full-size photo.
 */
import { KindredError } from '../base/index.ts'
import type { Box } from '../images/index.ts'
import type { Face } from './find-faces.ts'
import { squareInput, type Photo } from '../images/index.ts'
import { dlibPoints, meanFaceX, meanFaceY } from './template.ts'

/**
 * How a face is cut out.
 *
 * `similarity` fits dlib's mean face by rotation, scale and shift; `upright` only cuts the square that face-api cuts (no rotation).
 */
export interface FaceTemplate {
  readonly name: 'similarity' | 'upright'
  /** Side of the crop, pixels. */
  readonly size: number
  /** `similarity`: room around the mean face, in parts of its side. dlib: 0.25. */
  readonly padding: number
}

/** dlib's `get_face_chip(size = 150, padding = 0.25)`: what its network was trained on. */
export const dlibTemplate: FaceTemplate = { name: 'similarity', size: 150, padding: 0.25 }

/** A similarity: (x, y) -> (a x - b y + tx, b x + a y + ty). */
export interface Similarity {
  readonly a: number
  readonly b: number
  readonly tx: number
  readonly ty: number
}

/**
 * The similarity that maps points nearest to others, by least squares: min sum |s R p_i + t - q_i|^2, without reflection.
 *
 * @param from, to x, y, x, y, ... of the same points
 * source: Umeyama (1991), equations 40-42, which in the plane is a linear problem in (a, b, tx, ty)
 */
export function fitSimilarity(from: ArrayLike<number>, to: ArrayLike<number>): Similarity {
  const n = from.length / 2
  const mean = (p: ArrayLike<number>, axis: number) => {
    let s = 0
    for (let i = axis; i < p.length; i += 2) s += p[i]
    return s / n
  }
  const [fx, fy, gx, gy] = [mean(from, 0), mean(from, 1), mean(to, 0), mean(to, 1)]
  let [dot, cross, spread] = [0, 0, 0]
  for (let i = 0; i < from.length; i += 2) {
    const [px, py, qx, qy] = [from[i] - fx, from[i + 1] - fy, to[i] - gx, to[i + 1] - gy]
    dot += px * qx + py * qy
    cross += px * qy - py * qx
    spread += px * px + py * py
  }
  if (spread === 0) throw new KindredError('usage', 'fitSimilarity', 'the points must not all be one', `${n} equal points`)
  const [a, b] = [dot / spread, cross / spread]
  return { a, b, tx: gx - a * fx + b * fy, ty: gy - b * fx - a * fy }
}

/** The similarity from pixels of the crop to pixels of the photo. */
export function cropToPhoto(landmarks: Float32Array, { size, padding }: FaceTemplate): Similarity {
  const place = (v: number) => ((padding + v) / (2 * padding + 1)) * size
  const from = dlibPoints.flatMap((i) => [place(meanFaceX[i - 17]), place(meanFaceY[i - 17])])
  return fitSimilarity(
    from,
    dlibPoints.flatMap((i) => [landmarks[i * 2], landmarks[i * 2 + 1]]),
  )
}

/**
 * Cuts a face out of its photo.
 *
 * Each pixel of the crop is the mean of k x k bilinear samples, k the number of photo pixels a crop pixel covers (at most 8), so that large photos do not
 * alias; beyond the border the nearest pixel of the photo is repeated.
 * @returns RGB bytes [size x size x 3]
 * cost: O(size^2 k^2)
 */
export function alignFace(photo: Photo, face: Pick<Face, 'landmarks'>, template: FaceTemplate = dlibTemplate): Uint8Array {
  return template.name === 'upright'
    ? uprightCrop(photo, face, template.size)
    : warp(photo, cropToPhoto(face.landmarks, template), template.size)
}

/** Samples a photo at the images of the crop's pixel centres. */
export function warp({ pixels, width, height }: Photo, { a, b, tx, ty }: Similarity, size: number): Uint8Array {
  const out = new Uint8Array(size * size * 3)
  const k = Math.max(1, Math.min(8, Math.round(Math.hypot(a, b))))
  const share = 1 / (k * k)
  const [right, bottom] = [width - 1, height - 1]
  let at = 0
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++, at += 3) {
      let [red, green, blue] = [0.5, 0.5, 0.5]
      for (let s = 0; s < k * k; s++) {
        const u = x + ((s % k) + 0.5) / k - 0.5
        const v = y + (Math.floor(s / k) + 0.5) / k - 0.5
        const px = Math.min(right, Math.max(0, a * u - b * v + tx))
        const py = Math.min(bottom, Math.max(0, b * u + a * v + ty))
        const left = Math.floor(px)
        const top = Math.floor(py)
        const dx = px - left
        const dy = py - top
        const i = (top * width + left) * 3
        const j = left < right ? i + 3 : i
        const down = top < bottom ? width * 3 : 0
        const [w00, w01, w10, w11] = [(1 - dx) * (1 - dy) * share, dx * (1 - dy) * share, (1 - dx) * dy * share, dx * dy * share]
        red += w00 * pixels[i] + w01 * pixels[j] + w10 * pixels[i + down] + w11 * pixels[j + down]
        green += w00 * pixels[i + 1] + w01 * pixels[j + 1] + w10 * pixels[i + down + 1] + w11 * pixels[j + down + 1]
        blue += w00 * pixels[i + 2] + w01 * pixels[j + 2] + w10 * pixels[i + down + 2] + w11 * pixels[j + down + 2]
      }
      out[at] = red
      out[at + 1] = green
      out[at + 2] = blue
    }
  }
  return out
}

/** The square face-api cuts before its recognition network: side = eye-to-mouth distance / 0.45, its reference point at (0.5, 0.43). */
export function uprightBox(landmarks: Float32Array): Box {
  const centre = (first: number, last: number): [number, number] => {
    let [x, y] = [0, 0]
    for (let i = first; i < last; i++) {
      x += landmarks[i * 2]
      y += landmarks[i * 2 + 1]
    }
    return [x / (last - first), y / (last - first)]
  }
  const [left, right, mouth] = [centre(36, 42), centre(42, 48), centre(48, 68)]
  const reach = (Math.hypot(mouth[0] - left[0], mouth[1] - left[1]) + Math.hypot(mouth[0] - right[0], mouth[1] - right[1])) / 2
  const size = Math.floor(reach / 0.45)
  const middle = (axis: 0 | 1) => (left[axis] + right[axis] + mouth[axis]) / 3
  return {
    x: Math.floor(Math.max(0, middle(0) - 0.5 * size)),
    y: Math.floor(Math.max(0, middle(1) - 0.43 * size)),
    width: size,
    height: size,
  }
}

function uprightCrop(photo: Photo, { landmarks }: Pick<Face, 'landmarks'>, size: number): Uint8Array {
  const box = uprightBox(landmarks)
  const region = { ...box, width: Math.min(box.width, photo.width - box.x), height: Math.min(box.height, photo.height - box.y) }
  const planes = new Float32Array(3 * size * size)
  squareInput(photo, { size, centred: true, region }, planes)
  const out = new Uint8Array(planes.length)
  for (let i = 0; i < size * size; i++) for (let c = 0; c < 3; c++) out[i * 3 + c] = Math.round(planes[c * size * size + i])
  return out
}
