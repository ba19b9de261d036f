/**
 * @file Strokes of a pen as a hand draws them: lines, bows, hooks, loops, zigzags, polygons, spirals. What {@link inventedStrokes} is put together from.
 *
 * A stroke is a line of points in a square of about 1 x 1, y downwards; where it lies and how it is bent in the end is decided later.
 */
import type { Rng } from '../base/index.ts'

/** A place on the paper. */
export type Point = readonly [x: number, y: number]
/** One stroke: points joined by straight pieces. */
export type Stroke = readonly Point[]
/** Draws a stroke that begins at the origin, or near it. */
export type StrokeMaker = (random: Rng) => Stroke

/** Uniform in [low, high). */
export const within = (random: Rng, low: number, high: number): number => low + (high - low) * random.uniform()
/** One of a list, all alike. */
export const oneOf = <T>(random: Rng, list: readonly T[]): T => list[random.integer(list.length)]
/** Whether something of this probability happens. */
export const chance = (random: Rng, probability: number): boolean => random.uniform() < probability

const eitherWay = (random: Rng): number => (chance(random, 0.5) ? -1 : 1)
/** 0, 1/n, ... 1. */
const parts = (n: number): number[] => Array.from({ length: n + 1 }, (_, i) => i / n)
/** Pieces of a bow: short enough that no corner shows. */
const piecesOf = (turn: number): number => Math.max(2, Math.ceil(Math.abs(turn) / 0.35))

/** A direction: mostly upright or level, sometimes aslant, rarely any. */
export function heading(random: Rng): number {
  if (chance(random, 0.2)) return within(random, 0, 2 * Math.PI)
  const eighth = chance(random, 0.65) ? 2 * random.integer(4) : random.integer(8)
  return (eighth * Math.PI) / 4 + within(random, -0.2, 0.2)
}

/** Points from the origin in the frame of a direction: (u, v) along and across it. */
function turned(points: readonly Point[], along: number): Stroke {
  const [cos, sin] = [Math.cos(along), Math.sin(along)]
  const [u0, v0] = points[0]
  return points.map(([u, v]) => [(u - u0) * cos - (v - v0) * sin, (u - u0) * sin + (v - v0) * cos])
}

/** One to four bows and straight pieces in one go, with corners between them or without, at the end perhaps a hook. */
export function written(random: Rng): Stroke {
  const points: Point[] = [[0, 0]]
  let [x, y] = [0, 0]
  let angle = heading(random)
  const count = oneOf(random, [1, 1, 1, 2, 2, 2, 2, 3, 3, 4])
  const size = within(random, 0.5, 1.1)
  const habit = eitherWay(random)
  for (let piece = 0; piece < count; piece++) {
    if (piece > 0 && chance(random, 0.6))
      angle += eitherWay(random) * ((oneOf(random, [1, 2, 2, 3, 3, 4]) * Math.PI) / 4 + within(random, -0.2, 0.2))
    const straight = chance(random, 0.4)
    const hook = piece > 0 && piece === count - 1 && chance(random, 0.25)
    const way = chance(random, 0.6) ? habit : eitherWay(random)
    const turn = straight
      ? within(random, -0.3, 0.3)
      : way * Math.PI * oneOf(random, [0.5, 0.5, 1, 1, 1, 1.5, 2]) * within(random, 0.8, 1.2)
    const length = hook ? within(random, 0.08, 0.25) : straight ? within(random, 0.2, 1) : Math.abs(turn) * within(random, 0.1, 0.36)
    const grow = straight ? 0 : within(random, -0.8, 0.8)
    const n = piecesOf(turn)
    for (let k = 0; k < n; k++) {
      const step = ((size * length) / n) * (1 + grow * ((2 * k + 1) / n - 1))
      angle += turn / n / 2
      x += Math.cos(angle) * step
      y += Math.sin(angle) * step
      angle += turn / n / 2
      points.push([x, y])
    }
  }
  return points
}

/** A straight line, slightly bowed. */
export function line(random: Rng, along: number = heading(random), length: number = within(random, 0.2, 1)): Stroke {
  const bow = within(random, -0.06, 0.06) * length
  return turned(
    parts(4).map((t) => [length * t, bow * Math.sin(Math.PI * t)]),
    along,
  )
}

/** A quarter, half, three quarters or the whole of an ellipse, roughly. */
export function arc(random: Rng): Stroke {
  const wide = within(random, 0.1, 0.45)
  const high = wide * (chance(random, 0.5) ? within(random, 0.88, 1.12) : within(random, 0.5, 2))
  const sweep = eitherWay(random) * Math.PI * oneOf(random, [0.5, 1, 1, 1, 1.5, 1.5, 2]) * within(random, 0.88, 1.12)
  const begin = (random.integer(8) * Math.PI) / 4 + within(random, -0.25, 0.25)
  return turned(
    parts(piecesOf(sweep)).map((t) => [wide * Math.cos(begin + sweep * t), high * Math.sin(begin + sweep * t)]),
    within(random, -0.3, 0.3),
  )
}

/** A smooth curve through three to six points anywhere. */
export function curve(random: Rng): Stroke {
  return smooth(Array.from({ length: 3 + random.integer(4) }, () => [random.uniform(), random.uniform()]))
}

/** Through all knots without a corner (Catmull-Rom). */
function smooth(knots: readonly Point[]): Stroke {
  const last = knots.length - 1
  const inner = knots.slice(1).flatMap((to, i) => {
    const [before, here, after] = [knots[Math.max(0, i - 1)], knots[i], knots[Math.min(last, i + 2)]]
    const axis = (d: 0 | 1, t: number): number =>
      0.5 *
      (2 * here[d] +
        (to[d] - before[d]) * t +
        (2 * before[d] - 5 * here[d] + 4 * to[d] - after[d]) * t ** 2 +
        (3 * here[d] - before[d] - 3 * to[d] + after[d]) * t ** 3)
    return parts(6)
      .slice(1)
      .map((t): Point => [axis(0, t), axis(1, t)])
  })
  return [knots[0], ...inner]
}

/** Triangle, box, diamond, up to six corners, exact or uneven, closed or one side short of it, with corners or rounded. */
export function polygon(random: Rng): Stroke {
  const corners = oneOf(random, [3, 3, 4, 4, 4, 5, 6])
  const level = chance(random, 0.5) ? Math.PI / corners : chance(random, 0.5) ? 0 : Math.PI
  const wide = within(random, 0.15, 0.5)
  const high = wide * within(random, 0.6, 1.5)
  const first = random.integer(corners)
  const sides = chance(random, 0.3) ? corners - 1 : corners
  const knots = Array.from({ length: sides + 1 }, (_, i): Point => {
    const angle = Math.PI / 2 + level + (2 * Math.PI * (i + first)) / corners + within(random, -0.1, 0.1)
    return [wide * Math.cos(angle), high * Math.sin(angle)]
  })
  return chance(random, 0.3) ? smooth(knots) : knots
}

/** Two to five strokes up and down, with corners or as a wave. */
export function zigzag(random: Rng): Stroke {
  const [step, high, lean] = [within(random, 0.15, 0.4), within(random, 0.15, 0.5), within(random, -0.5, 0.5)]
  const knots = Array.from({ length: 3 + random.integer(4) }, (_, i): Point => [
    step * (i + lean * (i % 2)),
    i % 2 === 0 ? 0 : high * within(random, 0.8, 1.2),
  ])
  const along = heading(random)
  return turned(chance(random, 0.5) ? smooth(knots) : knots, along)
}

/** One to more than two turns, growing outwards. */
export function spiral(random: Rng): Stroke {
  const turn = within(random, 0.9, 2.3) * 2 * Math.PI * eitherWay(random)
  const radius = within(random, 0.25, 0.5)
  const inner = within(random, 0, 0.35)
  return turned(
    parts(piecesOf(turn)).map((t) => {
      const r = radius * (inner + (1 - inner) * t)
      return [r * Math.cos(turn * t), r * Math.sin(turn * t)]
    }),
    within(random, 0, 2 * Math.PI),
  )
}

/** A row of one to three loops or bows, as in joined writing. */
export function loops(random: Rng): Stroke {
  const count = 1 + random.integer(3)
  const along = chance(random, 0.6) ? within(random, -0.2, 0.2) : heading(random)
  const [step, wide, tall] = [within(random, 0.2, 0.45), within(random, 0.12, 0.35), within(random, 0.8, 2)]
  const [way, phase] = [eitherWay(random), within(random, 0, 2 * Math.PI)]
  return turned(
    parts(14 * count + 4).map((t) => {
      const angle = phase + way * 2 * Math.PI * count * t
      return [step * count * t + wide * Math.cos(angle), wide * tall * Math.sin(angle)]
    }),
    along,
  )
}

/** A dot, or a dash hardly longer. */
export function dot(random: Rng): Stroke {
  return line(random, within(random, 0, 2 * Math.PI), within(random, 0, 0.08))
}
