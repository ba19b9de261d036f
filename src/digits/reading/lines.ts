/**
 * @file Straight lines that are no ink of a digit: ruled and squared paper, margins, folds, frames. They go; strokes that cross them stay whole.
 *
 * A line is known by what it is: thin, straight, and as long as the picture, or parallel to others that are.
 */
import { largest, smallest } from '../../base/index.ts'

/** A straight line: y = at + slope * (x - middle) where it runs across, x in place of y where it runs down. */
export interface Line {
  readonly across: boolean
  readonly at: number
  readonly slope: number
  /** Usual thickness, pixels. */
  readonly thick: number
  /** Share of its way through the picture on which there is ink. */
  readonly coverage: number
  /** Whether it reaches both ends of its way through the picture. */
  readonly spans: boolean
}

/** A run of ink across a possible line. */
interface Run {
  readonly along: number
  readonly middle: number
  readonly length: number
}

/** Slopes up to 45 degrees. */
const steepest = 1

/**
 * Finds lines in a mask of ink.
 *
 * Every run of ink no longer than a line is thick votes, by its middle, for the lines that pass through it (a Hough transform of runs, so that strokes
 * that cross count once); the line with most votes is fitted by least squares, and its runs are taken out before the next one is looked for.
 *
 * cost: O(runs * slopes), about 150 slopes
 */
export function findLines(mask: Uint8Array, height: number, width: number): Line[] {
  const found = [...linesOf(mask, height, width, true), ...linesOf(mask, height, width, false)]
  return found.filter(
    (line) =>
      line.spans ||
      found.some((other) => other !== line && other.spans && other.across === line.across && Math.abs(other.slope - line.slope) < 0.08),
  )
}

function linesOf(mask: Uint8Array, height: number, width: number, across: boolean): Line[] {
  const [n, m] = across ? [width, height] : [height, width] // along, across
  const [stepAlong, stepAcross] = across ? [1, width] : [width, 1]
  const thickest = Math.max(3, Math.round(Math.min(0.045 * Math.max(height, width), 0.06 * n)))
  const runs: Run[] = []
  for (let i = 0; i < n; i++) {
    let start = -1
    for (let j = 0; j <= m; j++) {
      const on = j < m && mask[i * stepAlong + j * stepAcross] === 1
      if (on && start < 0) start = j
      if (on || start < 0) continue
      if (j - start <= thickest) runs.push({ along: i, middle: (start + j - 1) / 2, length: j - start })
      start = -1
    }
  }
  if (runs.length < n / 3 || runs.length > 40 * n) return []
  const bin = Math.max(1.5, Math.max(n, m) / 200)
  const centre = (n - 1) / 2
  const steps = Math.ceil((steepest * centre) / bin)
  const slopes = Array.from({ length: 2 * steps + 1 }, (_, k) => ((k - steps) * bin) / centre)
  const offset = Math.ceil((centre * steepest) / bin) + 1
  const bins = Math.ceil(m / bin) + 2 * offset + 2
  const votes = new Int32Array(slopes.length * bins)
  const vote = (run: Run, by: number): void => {
    for (let k = 0; k < slopes.length; k++)
      votes[k * bins + offset + Math.floor((run.middle - slopes[k] * (run.along - centre)) / bin)] += by
  }
  for (const run of runs) vote(run, 1)
  // how long a line's way through the picture is
  const way = (slope: number, at: number): readonly [from: number, to: number] => {
    if (Math.abs(slope) < 1e-9) return at >= 0 && at < m ? [0, n - 1] : [0, -1]
    const [a, b] = [centre + (0 - at) / slope, centre + (m - 1 - at) / slope]
    return [Math.max(0, Math.min(a, b)), Math.min(n - 1, Math.max(a, b))]
  }
  let alive = runs
  const lines: Line[] = []
  const least = 0.25 * n
  let tries = 0
  while (lines.length < 60 && tries++ < 90) {
    let [best, bestScore] = [-1, 0]
    for (let k = 0; k < slopes.length; k++) {
      for (let b = 1; b < bins - 1; b++) {
        const count = votes[k * bins + b] + 0.5 * (votes[k * bins + b - 1] + votes[k * bins + b + 1])
        if (count < 0.4 * least || count <= bestScore) continue
        const [from, to] = way(slopes[k], (b - offset + 0.5) * bin)
        if (to - from < least || count < 0.45 * (to - from)) continue
        ;[best, bestScore] = [k * bins + b, count]
      }
    }
    if (best < 0) break
    const line = fitted(alive, slopes[Math.floor(best / bins)], ((best % bins) - offset + 0.5) * bin, centre, bin)
    const [from, to] = way(line.slope, line.at)
    const near = alive.filter((run) => Math.abs(run.middle - line.at - line.slope * (run.along - centre)) <= 1.25 * bin)
    if (near.length === 0) break
    const columns = new Set(near.map((run) => run.along))
    const coverage = columns.size / Math.max(1, to - from + 1)
    const reach = 0.06 * (to - from) + 2
    const [first, last] = [smallest(columns), largest(columns)]
    const lengths = near.map((run) => run.length).sort((a, b) => a - b)
    if (coverage >= 0.5) {
      lines.push({
        across,
        at: line.at,
        slope: line.slope,
        thick: lengths[lengths.length >> 1],
        coverage,
        spans: first - from <= reach && to - last <= reach && coverage >= 0.6,
      })
    }
    for (const run of near) vote(run, -1)
    const gone = new Set(near)
    alive = alive.filter((run) => !gone.has(run))
  }
  return lines
}

/** Slope and height at the centre by least squares of the runs nearby, twice. */
function fitted(runs: readonly Run[], slope: number, at: number, centre: number, bin: number): { slope: number; at: number } {
  for (let k = 0; k < 2; k++) {
    let [n, sx, sy, sxx, sxy] = [0, 0, 0, 0, 0]
    for (const { along, middle } of runs) {
      const x = along - centre
      if (Math.abs(middle - at - slope * x) > 1.25 * bin) continue
      n++
      sx += x
      sy += middle
      sxx += x * x
      sxy += x * middle
    }
    const d = n * sxx - sx * sx
    if (n < 3 || !(d > 0)) break
    slope = (n * sxy - sx * sy) / d
    at = (sy - slope * sx) / n
  }
  return { slope, at }
}

/**
 * Takes lines out of a mask: along each, the runs that are no longer than it is thick. Where a stroke crosses, the run is longer, and stays.
 *
 * @param mask written
 * @returns how many pixels were taken out
 */
export function removeLines(mask: Uint8Array, height: number, width: number, lines: readonly Line[]): number {
  let removed = 0
  for (const { across, at, slope, thick } of lines) {
    const [n, m] = across ? [width, height] : [height, width]
    const [stepAlong, stepAcross] = across ? [1, width] : [width, 1]
    const centre = (n - 1) / 2
    const slack = Math.max(1.5, Math.max(n, m) / 200)
    for (let i = 0; i < n; i++) {
      const middle = at + slope * (i - centre)
      for (let j = Math.max(0, Math.floor(middle - slack - thick / 2)); j <= Math.min(m - 1, Math.ceil(middle + slack + thick / 2)); j++) {
        if (mask[i * stepAlong + j * stepAcross] === 0) continue
        let [a, b] = [j, j]
        while (a > 0 && mask[i * stepAlong + (a - 1) * stepAcross] === 1) a--
        while (b < m - 1 && mask[i * stepAlong + (b + 1) * stepAcross] === 1) b++
        if (b - a + 1 <= thick + 1.5 + 0.15 * thick) {
          for (let k = a; k <= b; k++) mask[i * stepAlong + k * stepAcross] = 0
          removed += b - a + 1
        }
        j = b
      }
    }
  }
  return removed
}
