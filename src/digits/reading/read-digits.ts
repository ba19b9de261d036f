/**
 * @file The digits in a picture of any kind: ink found against its local ground, without lines, frames and specks, each character apart.
 */
import { squaredDistances, strokeWidth, type Box } from '../ink.ts'
import { evenGround } from './even-ground.ts'
import { alongEdge, flat, groupsOf, pieces, usualParts, type Group } from './groups.ts'
import { contrastOf, type Contrast, type GroundOptions } from './ground.ts'
import { labelled, type Labelled } from './components.ts'
import { findLines, removeLines } from './lines.ts'
import { inkPlane, type Plane, type Rgba } from './plane.ts'

/** One character, cut out: its ink and nothing else. */
export interface CutOut {
  /** [height x width], 0..1, with paper around. */
  readonly ink: Float32Array
  readonly height: number
  readonly width: number
  /** Where it lies in the picture. */
  readonly box: Box
}

/** What {@link readDigits} found: characters in reading order, or why there are none. */
export type Reading =
  { readonly digits: readonly CutOut[]; readonly refused?: undefined } | { readonly digits: readonly []; readonly refused: string }

/** More pieces of characters than this are too many to tell apart. */
const mostPieces = 300

interface Attempt {
  readonly contrast: Contrast
  readonly parts: Labelled
  readonly groups: readonly Group[]
  readonly refused?: string
  /** Ink that is in no character, relative to that which is. */
  readonly clutter: number
  /** Width of the strokes, pixels. */
  readonly stroke: number
}

/**
 * Finds the characters of a picture.
 *
 * cost: about 60 ns a pixel
 */
export function readDigits(picture: Rgba): Reading {
  const { height, width } = picture
  const plane = inkPlane(picture)
  const even = evenGround(plane, height, width)
  const darker = even === undefined ? plane.darker >= 0.5 : even.darker
  let best =
    even === undefined ? attempt(plane, height, width, darker) : look({ ...plane, darker: darker ? 1 : 0 }, height, width, darker, even)
  const doubt = Math.abs(plane.darker - 0.5)
  if (even === undefined && doubt > 0 && doubt < (best.refused === undefined ? 0.15 : 0.35)) {
    const other = attempt(plane, height, width, !darker)
    if (other.refused === undefined && (best.refused !== undefined || other.clutter < 0.5 * best.clutter - 0.05)) best = other
  }
  if (best.refused !== undefined) return { digits: [], refused: best.refused }
  return { digits: inOrder(best.groups).map((group) => cutOut(best, group, height, width)) }
}

function attempt(plane: Plane, height: number, width: number, darker: boolean): Attempt {
  const first = look(plane, height, width, darker)
  // in uneven light once more, with a window that is no wider than the strokes ask for: shadows wider than that are ground
  const even = Math.abs(plane.darker - 0.5) > 0.485
  const window = Math.ceil(3.5 * first.stroke)
  if (even || first.refused !== undefined || window >= 0.8 * first.contrast.window) return first
  const second = look(plane, height, width, darker, { atMost: window })
  return second.refused === undefined ? second : first
}

function look(plane: Plane, height: number, width: number, darker: boolean, ground: GroundOptions = {}): Attempt {
  const contrast = contrastOf(plane, height, width, darker, ground)
  const { values, strongest, floor } = contrast
  const mask = new Uint8Array(values.length)
  const faint = new Uint8Array(values.length)
  for (let i = 0; i < mask.length; i++) {
    mask[i] = values[i] > floor && values[i] > 0.5 * strongest[i] ? 1 : 0
    faint[i] = values[i] > floor && values[i] > 0.25 * strongest[i] ? 1 : 0
  }
  const lines = findLines(faint, height, width)
  const cleared = Uint8Array.from(mask)
  removeLines(cleared, height, width, lines)
  const mixed = Math.min(plane.darker, 1 - plane.darker) > 0.2
  const outcome = judged(contrast, cleared, height, width, mixed)
  // a lone 1 may be as straight and as long as a line
  const lone = lines.length === 1 && outcome.refused !== undefined && lines[0].thick >= 0.03 * Math.min(height, width)
  return lone ? judged(contrast, mask, height, width, mixed) : outcome
}

function judged(contrast: Contrast, mask: Uint8Array, height: number, width: number, mixed: boolean): Attempt {
  const all = labelled(mask, contrast.values, height, width)
  const least = Math.max(6, 0.02 * Math.max(height, width))
  const inner = all.components.filter((p) => !alongEdge(p) && !bar(p, height, width))
  const enough = inner.some((p) => Math.max(p.x1 - p.x0, p.y1 - p.y0) >= 0.12 * Math.max(height, width))
  const candidates = enough ? inner : all.components.filter((p) => !alongEdge(p) || fills(p, height, width))
  const none = (refused: string): Attempt => ({ contrast, parts: all, groups: [], refused, clutter: Infinity, stroke: 0 })
  if (candidates.length === 0) return none('nothing stands out from the ground and its noise')
  const main = (candidates.some((p) => !flat(p)) ? candidates.filter((p) => !flat(p)) : candidates).reduce((a, b) =>
    weight(b) > weight(a) ? b : a,
  )
  const strong = candidates.filter((p) => p.contrast >= 0.55 * main.contrast)
  const parts: Labelled = { marks: all.marks, components: strong.sort((a, b) => b.area - a.area) }
  const stroke = strokeOf(parts, main.mark, width)
  const groups = groupsOf(parts, width, stroke)
  const [first] = groups
  const size = Math.max(first.x1 - first.x0, first.y1 - first.y0)
  if (size < least || first.area < 12) return none('only specks stand out from the ground')
  const relative = size / Math.max(height, width)
  if (main.contrast < 0.08 || (main.contrast < 0.2 && (main.onEdge > 0 || relative < 0.12)))
    return none('what stands out from the ground is too faint for ink')
  if (main.contrast < 6.5 * contrast.noise) return none('what stands out from the ground is no stronger than its noise')
  const kept = groups.reduce((sum, g) => sum + g.area, 0)
  const clutter = (strong.reduce((sum, p) => sum + p.area, 0) - kept) / kept
  // beside clear ink, a table at the edge of the paper is one thing, however large, and the holes of a punch are few
  const clear = main.contrast >= 0.6 && main.contrast >= 20 * contrast.noise && relative >= 0.16
  const within = clear && clutter < 0.1 ? all.components.filter((p) => !alongEdge(p)) : all.components
  const rest = (within.reduce((sum, p) => sum + p.area, 0) - kept) / kept
  const many = within.length
  const few = clear && !mixed && strong.length - groups.reduce((sum, g) => sum + g.parts.length, 0) <= 4
  if ((clutter > 0.6 && !few) || (mixed && (rest > 0.5 || relative < 0.16)) || (rest > 1.5 && many > 25))
    return none('what stands out are many things all over the picture, as in noise or a photo')
  // a picture that passes for one of characters may hold more of them than were looked at: none may go missing unsaid
  const count = pieces(parts)
  if (count > mostPieces) return none('too many things stand out from the ground')
  return { contrast, parts, groups: count > usualParts ? groupsOf(parts, width, stroke, count) : groups, clutter, stroke }
}

/** Whether a part is a thin bar most of the way through the picture, as the side of a frame is. */
const bar = ({ x0, x1, y0, y1 }: Box, height: number, width: number): boolean => {
  const [w, h] = [x1 - x0, y1 - y0]
  return (w >= 0.75 * width && h <= 0.055 * w) || (h >= 0.75 * height && w <= 0.055 * h)
}

/** Whether a part is all there is to see: a digit in a picture that was cut to it. */
const fills = (p: Box, height: number, width: number): boolean => p.x1 - p.x0 >= 0.85 * width && p.y1 - p.y0 >= 0.85 * height

const weight = (p: Box & { area: number; contrast: number }): number => Math.max(p.x1 - p.x0, p.y1 - p.y0) * Math.sqrt(p.area) * p.contrast

/** Width of the strokes of one part. */
function strokeOf({ marks, components }: Labelled, mark: number, width: number): number {
  const part = components.find((p) => p.mark === mark)!
  const [h, w] = [part.y1 - part.y0 + 2, part.x1 - part.x0 + 2]
  const mask = new Uint8Array(h * w)
  for (let y = part.y0; y < part.y1; y++)
    for (let x = part.x0; x < part.x1; x++) if (marks[y * width + x] === mark) mask[(y - part.y0 + 1) * w + x - part.x0 + 1] = 1
  return strokeWidth(mask, h, w)
}

/** Rows from top to bottom, each from left to right: a character belongs to the row whose middle height it covers. */
function inOrder(groups: readonly Group[]): Group[] {
  const rows: Group[][] = []
  for (const group of [...groups].sort((a, b) => a.y0 + a.y1 - b.y0 - b.y1)) {
    const row = rows.find((r) => {
      const middle = r.reduce((sum, g) => sum + (g.y0 + g.y1) / 2, 0) / r.length
      return group.y0 <= middle && middle <= group.y1
    })
    if (row === undefined) rows.push([group])
    else row.push(group)
  }
  return rows.flatMap((row) => row.sort((a, b) => a.x0 - b.x0))
}

/** The ink of one character relative to the strongest around, and nothing of its neighbours. */
function cutOut({ contrast, parts }: Attempt, group: Group, height: number, width: number): CutOut {
  const pad = 3
  const [x0, y0] = [group.x0 - pad, group.y0 - pad]
  const [w, h] = [group.x1 + pad - x0, group.y1 + pad - y0]
  const own = new Set(group.parts.map((p) => p.mark))
  const mask = new Uint8Array(w * h)
  const other = new Uint8Array(w * h)
  for (let y = Math.max(0, y0); y < Math.min(height, y0 + h); y++)
    for (let x = Math.max(0, x0); x < Math.min(width, x0 + w); x++) {
      const mark = parts.marks[y * width + x]
      if (own.has(mark)) mask[(y - y0) * w + x - x0] = 1
      else if (mark !== 0) other[(y - y0) * w + x - x0] = 1
    }
  const near = squaredDistances(mask, h, w, 1, 3)
  const ink = new Float32Array(w * h)
  for (let i = 0; i < ink.length; i++) {
    const [x, y] = [x0 + (i % w), y0 + Math.floor(i / w)]
    if (near[i] > 2 || other[i] === 1 || x < 0 || y < 0 || x >= width || y >= height) continue
    const at = y * width + x
    const share = contrast.strongest[at] > 0 ? contrast.values[at] / contrast.strongest[at] : 0
    // beside its own ink, what is not of the mask (a line that was taken out) is paper
    ink[i] = mask[i] === 1 ? Math.min(1, Math.max(0.501, share)) : Math.min(0.499, share)
  }
  return { ink, height: h, width: w, box: group }
}
