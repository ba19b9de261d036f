/** @file Rectangles and points in pixels of a photo. */

/** A rectangle: its top left corner and its size in pixels; it may lie partly outside the photo. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Intersection over union of two boxes: |A n B| / |A u B|, in 0..1. */
export function iou(a: Box, b: Box): number {
  const width = Math.max(0, Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x))
  const height = Math.max(0, Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y))
  const common = width * height
  return common === 0 ? 0 : common / (a.width * a.height + b.width * b.height - common)
}

/** Rounds half to even, as OpenCV's cvRound (the processor's default mode). */
export function roundEven(x: number): number {
  const r = Math.round(x)
  return r - x === 0.5 && r % 2 !== 0 ? r - 1 : r
}
