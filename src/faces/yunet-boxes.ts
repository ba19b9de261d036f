/**
 * @file What YuNet's outputs say: boxes, scores and five points.
 *
 * As OpenCV's FaceDetectorYN reads them (modules/objdetect/src/face_detect.cpp), with its suppression (dnn::NMSBoxes): boxes are compared in whole pixels, cut
 * towards 0.
 */
import { iou, type Box } from '../images/index.ts'

/** Cells of each feature map are so many pixels wide. */
export const yunetStrides = [8, 16, 32] as const
/** The outputs for each stride, and how many numbers each has for a cell. */
export const yunetHeads = { cls: 1, obj: 1, bbox: 4, kps: 10 } as const
export type YunetHead = keyof typeof yunetHeads

/** A face as YuNet sees it. */
export interface YunetFace {
  /** Pixels of the input. */
  readonly box: Box
  /** sqrt(class probability * objectness), in 0..1. */
  readonly score: number
  /** x, y of right eye, left eye, nose tip, right and left corner of the mouth (the person's right), pixels of the input. */
  readonly points: Float32Array
}

/** Boxes that overlap a better one by more are left out. */
const mostOverlap = 0.3
/** Boxes that are compared, at most. */
const topK = 5000

/**
 * Reads the outputs of a square input.
 *
 * For the cell (c, r) of stride s with outputs (dx, dy, dw, dh): centre ((c + dx) s, (r + dy) s), size (e^dw s, e^dh s), points ((c + px) s, (r + py) s).
 * @param output row-major numbers of a head at a stride, (side / stride)^2 cells; what is not finite is no face
 * @returns faces above `minScore`, best first, none overlapping a better one by more than .3 of their union
 */
export function yunetFaces(output: (head: YunetHead, stride: number) => Float32Array, side: number, minScore: number): YunetFace[] {
  const found: YunetFace[] = []
  for (const stride of yunetStrides) {
    const cells = side / stride
    const [cls, obj, bbox, kps] = (['cls', 'obj', 'bbox', 'kps'] as const).map((head) => output(head, stride))
    for (let i = 0; i < cells * cells; i++) {
      const score = Math.sqrt(probability(cls[i]) * probability(obj[i]))
      if (!(score > minScore)) continue
      const [c, r] = [i % cells, Math.floor(i / cells)]
      const width = Math.exp(bbox[4 * i + 2]) * stride
      const height = Math.exp(bbox[4 * i + 3]) * stride
      const box = { x: (c + bbox[4 * i]) * stride - width / 2, y: (r + bbox[4 * i + 1]) * stride - height / 2, width, height }
      const points = Float32Array.from({ length: 10 }, (_, k) => (kps[10 * i + k] + (k % 2 === 0 ? c : r)) * stride)
      if (Object.values(box).every(Number.isFinite) && points.every(Number.isFinite)) found.push({ box, score, points })
    }
  }
  found.sort((a, b) => b.score - a.score)
  const kept: { face: YunetFace; whole: Box }[] = []
  for (const face of found.slice(0, topK)) {
    const whole = inWholePixels(face.box)
    if (kept.every((other) => overlap(other.whole, whole) <= mostOverlap)) kept.push({ face, whole })
  }
  return kept.map(({ face }) => face)
}

const probability = (v: number): number => Math.max(0, Math.min(1, v))

const inWholePixels = ({ x, y, width, height }: Box): Box => ({
  x: Math.trunc(x),
  y: Math.trunc(y),
  width: Math.trunc(width),
  height: Math.trunc(height),
})

/** Intersection over union; two boxes without any area count as one (cv::jaccardDistance). */
const overlap = (a: Box, b: Box): number => (a.width * a.height + b.width * b.height === 0 ? 1 : iou(a, b))
