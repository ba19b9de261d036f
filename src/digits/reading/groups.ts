/** @file Which parts of the ink make one digit, and which are digits of their own, specks or frames. */
import type { Box } from '../ink.ts'
import { gapOf, outlineOf, type Component, type Labelled } from './components.ts'

/** Parts that make one character. */
export interface Group extends Box {
  readonly parts: readonly Component[]
  readonly area: number
}

/** So many parts are looked at, largest first, unless more are asked for. */
export const usualParts = 80

const longer = ({ x0, x1, y0, y1 }: Box): number => Math.max(x1 - x0, y1 - y0)

function joined(parts: readonly Component[]): Group {
  let [x0, y0, x1, y1, area] = [Infinity, Infinity, 0, 0, 0]
  for (const p of parts) {
    x0 = Math.min(x0, p.x0)
    y0 = Math.min(y0, p.y0)
    x1 = Math.max(x1, p.x1)
    y1 = Math.max(y1, p.y1)
    area += p.area
  }
  return { x0, y0, x1, y1, area, parts }
}

/**
 * Whether a part runs along the edge of the picture, as a border or the desk beside a page does: on the edge for .7 of its longer side. A digit that is
 * cut by the edge touches it with a stroke or two.
 */
export const alongEdge = (part: Component): boolean => part.onEdge >= 0.7 * longer(part)

/**
 * The characters of a picture, largest first.
 *
 * Parts belong together when one lies over the other and near it (the bar of a 5), when the gap is not wider than the stroke (a pen that lifted, dots), or when
 * the smaller is a piece within reach of the larger. What is smaller than .4 of the largest character is dropped, and so are dashes and what underlines.
 *
 * @param stroke width of the strokes, pixels
 * @param most parts that are looked at, largest first
 */
export function groupsOf({ components, marks }: Labelled, width: number, stroke: number, most = usualParts): Group[] {
  const parts = components.slice(0, most)
  const outlines = parts.map((p) => outlineOf(p, marks, width, 120))
  const owner = parts.map((_, i) => i)
  const root = (i: number): number => (owner[i] === i ? i : (owner[i] = root(owner[i])))
  const largest = parts.reduce((most, p) => Math.max(most, longer(p)), 0)
  for (let i = 0; i < parts.length; i++) {
    for (let j = 0; j < i; j++) {
      if (root(i) === root(j)) continue
      if (boxGap(parts[i], parts[j]) > 0.35 * largest) continue
      if (belong(parts[j], parts[i], gapOf(outlines[i], outlines[j]), stroke)) owner[root(i)] = root(j)
    }
  }
  const groups = new Map<number, Component[]>()
  parts.forEach((part, i) => groups.set(root(i), [...(groups.get(root(i)) ?? []), part]))
  const all = [...groups.values()].map(joined).sort((a, b) => sizeOf(b) - sizeOf(a))
  const upright = all.filter((g) => !flat(g))
  const [first] = upright.length === 0 ? all : upright
  return all.filter((g) => g === first || (!flat(g) && longer(g) >= 0.4 * longer(first) && g.area >= 0.1 * first.area))
}

/** How many parts are large enough to be a character or a piece of one, beside the largest. */
export const pieces = ({ components }: Labelled): number => components.filter((p) => p.area >= 0.03 * components[0].area).length

/** Whether it is a dash: no digit is. */
export const flat = ({ x0, x1, y0, y1 }: Box): boolean => y1 - y0 <= 0.15 * (x1 - x0)

/** Whether the first underlines the second. */
const underlines = (line: Box, other: Box, gap: number, stroke: number): boolean =>
  flat(line) && line.y0 >= other.y1 && gap > Math.min(1.2 * stroke, line.y1 - line.y0) && line.x1 - line.x0 >= 0.9 * (other.x1 - other.x0)

/** What makes a group the main one. */
const sizeOf = (g: Group): number => longer(g) * Math.sqrt(g.area)

const boxGap = (a: Box, b: Box): number => Math.hypot(Math.max(0, a.x0 - b.x1, b.x0 - a.x1), Math.max(0, a.y0 - b.y1, b.y0 - a.y1))

function belong(large: Component, small: Component, gap: number, stroke: number): boolean {
  const size = Math.max(longer(large), longer(small))
  if (underlines(small, large, gap, stroke) || underlines(large, small, gap, stroke)) return false
  if (small.area < 0.03 * large.area && !(gap <= 0.8 * stroke && small.area >= 0.005 * large.area)) return false
  if (gap <= Math.max(2, 0.5 * stroke)) return true
  const [w, h] = [Math.min(large.x1 - large.x0, small.x1 - small.x0), Math.min(large.y1 - large.y0, small.y1 - small.y0)]
  const over = Math.min(large.x1, small.x1) - Math.max(large.x0, small.x0)
  const beside = Math.min(large.y1, small.y1) - Math.max(large.y0, small.y0)
  const similar = Math.max(large.area, small.area) < 4 * stroke * stroke
  if (similar && gap <= 1.6 * stroke) return true // dots
  if (over >= 0.3 * w && gap <= 0.3 * size) return true // over one another
  const piece = Math.max(small.x1 - small.x0, small.y1 - small.y0) < 0.6 * (large.y1 - large.y0)
  if (piece && gap <= 0.22 * size) return true
  return beside >= 0.5 * h && gap <= 0.06 * size
}
