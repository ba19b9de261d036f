/** @file What one look at a photo gives: boxes with landmarks that know by which look they were found. */
import { iou, type Box } from '../images/index.ts'
import type { Turns } from './face-view.ts'

/**
 * By which look a face was found: `whole`, the photo as it is; `border`, with room around it; `tiles`, a part of it enlarged; `turned`, a turned photo or face.
 */
export type Look = 'whole' | 'border' | 'tiles' | 'turned'
export const lookNames: readonly Look[] = ['whole', 'border', 'tiles', 'turned']

/** A face before faces are sorted and filtered. */
export interface Sight {
  /** Pixels of the photo; may reach beyond it. */
  readonly box: Box
  readonly score: number
  readonly landmarks: Float32Array
  readonly sharpness: number
  /** See `landmarkMisfit`. */
  readonly misfit: number
  readonly look: Look
  /** Quarter turns after which the face stands upright. */
  readonly turns: Turns
}

/** Whether two boxes are about one face: they overlap by a third of their union, or most of the smaller lies in the other. */
export function sameFace(a: Box, b: Box): boolean {
  const shared = iou(a, b)
  if (shared > 1 / 3) return true
  const [areaA, areaB] = [a.width * a.height, b.width * b.height]
  const common = (shared * (areaA + areaB)) / (1 + shared)
  return common > 0.7 * Math.min(areaA, areaB)
}

/** Adds what is new: of two sights of one face the earlier list keeps its own, and within the later one the better score stays. */
export function mergeSights(kept: readonly Sight[], found: readonly Sight[]): Sight[] {
  const out = [...kept]
  for (const one of found.toSorted((a, b) => b.score - a.score)) if (!out.some((other) => sameFace(one.box, other.box))) out.push(one)
  return out
}
