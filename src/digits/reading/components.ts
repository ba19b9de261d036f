/** @file Connected parts of a mask, with what tells a stroke from a speck or a frame. */
import type { Box } from '../ink.ts'

/** A connected part of the ink. */
export interface Component extends Box {
  /** Its mark in {@link Labelled.marks}. */
  readonly mark: number
  /** Pixels. */
  readonly area: number
  /** Mean contrast. */
  readonly contrast: number
  /** Pixels on the edge of the picture. */
  readonly onEdge: number
}

export interface Labelled {
  /** [height x width]; 0 is ground. */
  readonly marks: Int32Array
  /** Largest first. */
  readonly components: Component[]
}

/** Marks the parts of a mask that hang together, over corners too. cost: O(pixels) */
export function labelled(mask: Uint8Array, contrast: Float32Array, height: number, width: number): Labelled {
  const marks = new Int32Array(mask.length)
  const components: Component[] = []
  const stack: number[] = []
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] === 0 || marks[start] !== 0) continue
    const mark = components.length + 1
    let [x0, x1, y0, y1, area, sum, onEdge] = [width, 0, height, 0, 0, 0, 0]
    stack.push(start)
    marks[start] = mark
    while (stack.length > 0) {
      const i = stack.pop()!
      const y = Math.floor(i / width)
      const x = i - y * width
      area++
      sum += contrast[i]
      if (x === 0 || y === 0 || x === width - 1 || y === height - 1) onEdge++
      if (x < x0) x0 = x
      if (x > x1) x1 = x
      if (y < y0) y0 = y
      if (y > y1) y1 = y
      for (let j = Math.max(0, y - 1); j <= Math.min(height - 1, y + 1); j++) {
        for (let k = Math.max(0, x - 1); k <= Math.min(width - 1, x + 1); k++) {
          const next = j * width + k
          if (mask[next] === 0 || marks[next] !== 0) continue
          marks[next] = mark
          stack.push(next)
        }
      }
    }
    components.push({ mark, x0, y0, x1: x1 + 1, y1: y1 + 1, area, contrast: sum / area, onEdge })
  }
  return { marks, components: components.sort((a, b) => b.area - a.area) }
}

/** The points of a component on its outline, at most about `most`. */
export function outlineOf({ mark, x0, y0, x1, y1 }: Component, marks: Int32Array, width: number, most = 300): Int32Array {
  const points: number[] = []
  for (let y = y0; y < y1; y++)
    for (let x = x0; x < x1; x++) {
      const i = y * width + x
      if (marks[i] !== mark) continue
      if (x === x0 || x === x1 - 1 || y === y0 || y === y1 - 1) points.push(x, y)
      else if (marks[i - 1] !== mark || marks[i + 1] !== mark || marks[i - width] !== mark || marks[i + width] !== mark) points.push(x, y)
    }
  const step = Math.max(1, Math.floor(points.length / 2 / most))
  return Int32Array.from({ length: 2 * Math.ceil(points.length / 2 / step) }, (_, i) => points[2 * (i >> 1) * step + (i & 1)])
}

/** The least distance between two outlines, in pixels. */
export function gapOf(a: Int32Array, b: Int32Array): number {
  let best = Infinity
  for (let i = 0; i < a.length; i += 2)
    for (let j = 0; j < b.length; j += 2) {
      const d = (a[i] - b[j]) ** 2 + (a[i + 1] - b[j + 1]) ** 2
      if (d < best) best = d
    }
  return Math.sqrt(best)
}
