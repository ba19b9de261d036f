/**
 * @file Filled outlines: curves flattened to polygons, polygons to anti-aliased ink.
 *
 * Coverage is exact: every edge adds the signed area between itself and the right border of the row, cell by cell, and a running sum
 * along the row gives the winding-weighted coverage. Source: the accumulation buffer of font-rs (Raph Levien) and of FreeType's smooth
 * rasteriser; contours that overlap with the same direction count once (clamped).
 */

/** One step of a glyph's path, as opentype.js gives it. */
export type PathCommand =
  | { type: 'M' | 'L'; x: number; y: number }
  | { type: 'Q'; x1: number; y1: number; x: number; y: number }
  | { type: 'C'; x1: number; y1: number; x2: number; y2: number; x: number; y: number }
  | { type: 'Z' }

/** Closed polygons: for each, x and y alternating. */
export type Outline = Float64Array[]

/**
 * Curves to polygons; a curve becomes `steps` chords.
 *
 * @param commands path commands in font units, y upwards
 */
export function flatten(commands: readonly PathCommand[], steps = 6): Outline {
  const polygons: Outline = []
  let points: number[] = []
  const close = (): void => {
    if (points.length >= 6) polygons.push(Float64Array.from(points))
    points = []
  }
  for (const c of commands) {
    if (c.type === 'Z') {
      close()
      continue
    }
    if (c.type === 'M') close()
    const [x, y] = points.slice(-2)
    if (c.type === 'Q') {
      for (let i = 1; i < steps; i++) {
        const t = i / steps
        const s = 1 - t
        points.push(s * s * x + 2 * s * t * c.x1 + t * t * c.x, s * s * y + 2 * s * t * c.y1 + t * t * c.y)
      }
    }
    if (c.type === 'C') {
      for (let i = 1; i < steps; i++) {
        const t = i / steps
        const s = 1 - t
        points.push(
          s ** 3 * x + 3 * s * s * t * c.x1 + 3 * s * t * t * c.x2 + t ** 3 * c.x,
          s ** 3 * y + 3 * s * s * t * c.y1 + 3 * s * t * t * c.y2 + t ** 3 * c.y,
        )
      }
    }
    points.push(c.x, c.y)
  }
  close()
  return polygons
}

/**
 * Fills an outline (pixel units, y downwards) as ink 0..1.
 *
 * @param outline must lie inside [0, width] x [0, height]
 * cost: O(height * width + length of the outline in pixels)
 */
export function fillOutline(outline: Outline, height: number, width: number): Float32Array {
  const stride = width + 2
  const area = new Float32Array(stride * height)
  for (const polygon of outline) {
    const n = polygon.length
    for (let i = 0; i < n; i += 2) addEdge(area, stride, height, polygon[i], polygon[i + 1], polygon[(i + 2) % n], polygon[(i + 3) % n])
  }
  const ink = new Float32Array(height * width)
  for (let y = 0; y < height; y++) {
    let sum = 0
    for (let x = 0; x < width; x++) {
      sum += area[y * stride + x]
      ink[y * width + x] = Math.min(1, Math.abs(sum))
    }
  }
  return ink
}

function addEdge(area: Float32Array, stride: number, height: number, ax: number, ay: number, bx: number, by: number): void {
  if (ay === by) return
  const direction = ay < by ? 1 : -1
  const [x0, y0, x1, y1] = ay < by ? [ax, ay, bx, by] : [bx, by, ax, ay]
  const slope = (x1 - x0) / (y1 - y0)
  const last = Math.min(height, Math.ceil(y1))
  for (let y = Math.max(0, Math.floor(y0)); y < last; y++) {
    const top = Math.max(y, y0)
    const bottom = Math.min(y + 1, y1)
    const dy = bottom - top
    if (dy <= 0) continue
    const xa = x0 + (top - y0) * slope
    const xb = x0 + (bottom - y0) * slope
    const left = Math.min(xa, xb)
    const right = Math.max(xa, xb)
    const row = y * stride
    // the share of a cell that lies right of the edge; cell by cell up to the first that does so wholly
    let before = 0
    for (let cell = Math.floor(left); before < 1; cell++) {
      const covered = cell >= right ? 1 : rightOf(cell + 1, left, right) - rightOf(cell, left, right)
      area[row + cell] += direction * dy * (covered - before)
      before = covered
    }
  }
}

/** The area right of a slanted edge, from the far left up to x; the edge runs from `left` to `right` over a height of 1. */
function rightOf(x: number, left: number, right: number): number {
  if (x <= left) return 0
  return x >= right ? x - (left + right) / 2 : (x - left) ** 2 / (2 * (right - left))
}
