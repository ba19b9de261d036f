/** @file A ground that is the same all along the edge of the picture, under ink so bold that nothing else would tell which is which. */
import { borderMedian } from '../mnist-frame.ts'
import type { Plane } from './plane.ts'

/** One level of ground for the whole picture. */
export interface EvenGround {
  readonly level: number
  readonly darker: boolean
}

/**
 * The level along the edge of the picture, where seven tenths of the edge have it and between a quarter and three quarters of the picture are
 * clearly darker, or clearly lighter. Undefined elsewhere: less ink is found against its local ground, and more is no ink but paper within
 * a border.
 *
 * cost: O(pixels)
 */
export function evenGround({ values }: Plane, height: number, width: number): EvenGround | undefined {
  let [low, high] = [Infinity, -Infinity]
  for (const v of values) {
    if (v < low) low = v
    if (v > high) high = v
  }
  if (!(high > low)) return undefined
  const level = borderMedian(values, height, width)
  const near = 0.08 * (high - low)
  let [edge, same, below, above] = [0, 0, 0, 0]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const d = values[y * width + x] - level
      if (d < -0.4 * (high - low)) below++
      else if (d > 0.4 * (high - low)) above++
      if (x > 0 && y > 0 && x < width - 1 && y < height - 1) continue
      edge++
      if (Math.abs(d) <= near) same++
    }
  }
  const share = Math.max(below, above) / values.length
  return same >= 0.7 * edge && share > 0.25 && share < 0.75 ? { level, darker: below > above } : undefined
}
