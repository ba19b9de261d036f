/**
 * @file Characters that no one writes: a few strokes of a pen, joined as a hand would join them. Material for rejection training that has seen no
 * letter.
 *
 * Idea: a character is a handful of simple strokes, each beginning somewhere on those before it (Lake, Salakhutdinov, Tenenbaum, "Human-level
 * concept learning through probabilistic program induction", Science 350, 2015); here every choice is left to chance, and there are as many kinds of choices
 * as could be thought of: what generalises is variety. Some come out as digits or letters by chance: treat them as noisy outliers.
 */
import { checkOptions, ensure, rng, type Rng } from '../base/index.ts'
import { inMemory, type Dataset } from '../dataset/index.ts'
import { strokesToFrame } from './mnist-frame.ts'
import { boxOf, drawingSide, drawStrokes, moved, pathLength, type StrokeBox } from './pen.ts'
import {
  arc,
  chance,
  curve,
  dot,
  heading,
  line,
  loops,
  oneOf,
  polygon,
  spiral,
  within,
  written,
  zigzag,
  type Point,
  type Stroke,
  type StrokeMaker,
} from './strokes.ts'

/**
 * Invented characters, each another one, in MNIST's frame: one to six strokes of a pen (written in one go, straight, bows, polygons, zigzags, spirals, loops),
 * joined, crossing or apart; some mirrored or repeated, some ruled (crosses, combs, ladders), some with dots, bars or serifs.
 *
 * @param options.count how many
 * @returns 28x28x1 images of one class, `invented`
 * @throws KindredError `usage` for a count that is no whole number above 0
 * cost: about 0.5 ms an image
 */
export function inventedCharacters(options: { count: number; seed?: number }): Dataset {
  const where = 'invented characters'
  checkOptions(where, options, ['count', 'seed'])
  const { count, seed = 0 } = options
  ensure(Number.isInteger(count) && count > 0, where, 'count must be a whole number above 0', count)
  const random = rng(seed).fork(where)
  const images = new Uint8Array(count * 784)
  for (let i = 0; i < count; i++) images.set(strokesToFrame(drawStrokes(random, character(random)), drawingSide, drawingSide, 0), i * 784)
  return inMemory({ images, labels: new Int32Array(count), height: 28, width: 28, classes: ['invented'], source: 'invented characters' })
}

type Weighted<T> = readonly (readonly [weight: number, value: T])[]

const plain: Weighted<StrokeMaker> = [
  [5, written],
  [2.5, line],
  [2, arc],
  [0.7, curve],
]
const every: Weighted<StrokeMaker> = [...plain, [0.8, polygon], [0.7, zigzag], [0.5, spiral], [0.7, loops]]

const kinds: Weighted<(random: Rng) => Stroke[]> = [
  [5, (random) => joined(random, plain, [1, 1, 2, 2, 2, 3, 3, 4, 5])],
  [2.5, (random) => joined(random, every, [1, 2, 2, 3, 3, 4])],
  [2, repeated],
  [1, ruled],
]

/** Strokes of one character, not so long that a pen makes a lump of them: a frame of 20 px holds a path of some 100. */
function character(random: Rng): Stroke[] {
  for (;;) {
    const strokes = bent(random, marked(random, drawn(random, kinds)(random)))
    if (pathLength(strokes) <= within(random, 60, 110)) return strokes
  }
}

function drawn<T>(random: Rng, list: Weighted<T>): T {
  let at = random.uniform() * list.reduce((sum, [weight]) => sum + weight, 0)
  return list.find(([weight]) => (at -= weight) < 0)![1]
}

/** Strokes one after the other, most of them touching those that are there. */
function joined(random: Rng, makers: Weighted<StrokeMaker>, counts: readonly number[]): Stroke[] {
  const strokes: Stroke[] = []
  const count = oneOf(random, counts)
  while (strokes.length < count) {
    const made = drawn(random, makers)(random)
    if (strokes.length === 0) {
      strokes.push(made)
      continue
    }
    const size = (count > 3 ? 0.7 : 1) * within(random, 0.5, 1.1)
    strokes.push(
      placed(
        random,
        strokes,
        made.map(([x, y]): Point => [x * size, y * size]),
      ),
    )
  }
  return strokes
}

/** A stroke where it belongs: beside the others, or one of its points on one of theirs: ends, middles, anywhere. */
function placed(random: Rng, strokes: readonly Stroke[], made: Stroke): Stroke {
  const kind = random.uniform()
  if (kind < 0.18) return apart(random, boxOf(strokes), made)
  const other = kind < 0.6 ? strokes.at(-1)! : oneOf(random, strokes)
  const to = oneOf(random, [other[0], other.at(-1)!, other.at(-1)!, other[other.length >> 1], oneOf(random, other), oneOf(random, other)])
  const own = oneOf(random, [made[0], made[0], made[0], made.at(-1)!, made[made.length >> 1], oneOf(random, made)])
  return moved(made, to[0] - own[0], to[1] - own[1])
}

/** Right, left, below or above, a little off the middle. */
function apart(random: Rng, box: StrokeBox, made: Stroke): Stroke {
  const own = boxOf([made])
  const gap = within(random, 0.05, 0.25)
  const x = (box.left + box.right - own.left - own.right) / 2 + within(random, -0.2, 0.2)
  const y = (box.top + box.bottom - own.top - own.bottom) / 2 + within(random, -0.2, 0.2)
  const [dx, dy] = oneOf(random, [
    [box.right + gap - own.left, y],
    [box.left - gap - own.right, y],
    [x, box.bottom + gap - own.top],
    [x, box.top - gap - own.bottom],
  ])
  return moved(made, dx, dy)
}

/** Something and its mirror image or its half turn, or a row of it, with a bar or without. */
function repeated(random: Rng): Stroke[] {
  const base = joined(random, every, [1, 1, 1, 2, 2])
  const { left, top, right, bottom } = boxOf(base)
  const overlap = within(random, -0.25, 0.15)
  const [x, y] = [2 * right + overlap * (right - left), 2 * bottom + overlap * (bottom - top)]
  const as = (map: (p: Point) => Point): Stroke[] => [...base, ...base.map((s) => s.map(map))]
  const kind = random.integer(5)
  if (kind === 0) return as((p) => [x - p[0], p[1]])
  if (kind === 1) return as((p) => [p[0], y - p[1]])
  if (kind === 2) return as((p) => [left + x - right - p[0], y - p[1]])
  const count = 2 + random.integer(2)
  const along = heading(random)
  const step = within(random, 0.15, 0.6) * Math.max(right - left, bottom - top)
  const row = Array.from({ length: count }, (_, i) =>
    base.map((s) => moved(s, i * step * Math.cos(along), i * step * Math.sin(along))),
  ).flat()
  if (kind === 3) return row
  const bar = line(random, along, step * (count - 1) + within(random, 0, 0.3))
  return [...row, moved(bar, left + within(random, -0.1, 0.1), oneOf(random, [top, bottom, (top + bottom) / 2]))]
}

/** Straight things: crosses, stars, combs, ladders, gates. */
function ruled(random: Rng): Stroke[] {
  const kind = random.integer(5)
  const near = (v: number): number => v + within(random, -0.05, 0.05)
  const straight = (ax: number, ay: number, bx: number, by: number): Stroke => [
    [near(ax), near(ay)],
    [near(bx), near(by)],
  ]
  if (kind === 0) {
    const arms = oneOf(random, [2, 2, 2, 3, 4])
    const turn = chance(random, 0.33) ? within(random, 0, Math.PI) : 0
    return Array.from({ length: arms }, (_, i) => {
      const [cos, sin, r] = [Math.cos(turn + (i * Math.PI) / arms), Math.sin(turn + (i * Math.PI) / arms), within(random, 0.3, 0.5)]
      return straight(-r * cos, -r * sin, r * cos, r * sin)
    })
  }
  const count = 2 + random.integer(3)
  const teeth = Array.from({ length: count }, (_, i) => {
    const x = i / (count - 1)
    return straight(x, oneOf(random, [0, 0, 0.3]), x, oneOf(random, [1, 1, 0.6]))
  })
  const bar = (y: number): Stroke => straight(within(random, -0.2, 0.1), y, within(random, 0.9, 1.2), y)
  const rungs = (n: number): Stroke[] => Array.from({ length: n }, (_, i) => bar((i + 1) / 4))
  const made =
    kind === 1
      ? [...teeth, bar(oneOf(random, [0, 1, 0.5]))]
      : kind === 2
        ? [...teeth, bar(0), bar(1)]
        : kind === 3
          ? [...teeth.slice(0, 2), ...rungs(1 + random.integer(3))]
          : [teeth[0], bar(oneOf(random, [0, 0.5, 1])), moved(line(random), within(random, 0, 1), within(random, 0, 1))]
  const kept = made.length > 2 && chance(random, 0.3) ? made.filter((_, i) => i !== 1) : made
  const wide = within(random, 0.4, 1.4)
  const upright = chance(random, 0.5)
  return kept.map((s) => s.map(([x, y]): Point => (upright ? [x * wide, y] : [y, x * wide])))
}

/** Now and then dots, a small bar, serifs. */
function marked(random: Rng, strokes: readonly Stroke[]): Stroke[] {
  const out = [...strokes]
  const { left, top, right, bottom } = boxOf(strokes)
  const size = Math.max(right - left, bottom - top)
  if (chance(random, 0.12)) {
    const [x, y] = oneOf(random, [
      [left, top - 0.15 * size],
      [left, bottom + 0.15 * size],
      [right + 0.15 * size, top],
      [left - 0.15 * size, (top + bottom) / 2],
      [(left + right) / 2, (top + bottom) / 2],
      [within(random, left, right), within(random, top, bottom)],
    ])
    const level = chance(random, 0.67)
    const step = within(random, 0.15, 0.35) * size
    for (let i = random.integer(3); i >= 0; i--) out.push(moved(dot(random), level ? x + i * step : x, level ? y : y + i * step))
  }
  if (chance(random, 0.08))
    out.push(moved(line(random, undefined, size * within(random, 0.15, 0.5)), within(random, left, right), within(random, top, bottom)))
  if (chance(random, 0.1)) for (const s of strokes) for (const serif of serifs(random, s, size)) out.push(serif)
  return out
}

/** A short line across an end, at most ends. */
function serifs(random: Rng, stroke: Stroke, size: number): Stroke[] {
  return [stroke.slice(0, 2), stroke.slice(-2).toReversed()].flatMap(([end, before]) => {
    if (!chance(random, 0.6)) return []
    const across = Math.atan2(before[1] - end[1], before[0] - end[0]) + Math.PI / 2
    const [dx, dy] = [Math.cos(across), Math.sin(across)].map((v) => v * size * within(random, 0.05, 0.12))
    return [
      [
        [end[0] - dx, end[1] - dy],
        [end[0] + dx, end[1] + dy],
      ] as Stroke,
    ]
  })
}

/** The hand: stretched, slanted, turned, and bent by two slow waves. */
function bent(random: Rng, strokes: readonly Stroke[]): Stroke[] {
  const { left, top, right, bottom } = boxOf(strokes)
  const size = Math.max(right - left, bottom - top, 0.05)
  const angle = within(random, -0.15, 0.15)
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const [slant, stretch] = [within(random, -0.3, 0.3), Math.exp(within(random, -0.45, 0.45))]
  const waves = [0, 1].map(() => ({
    kx: within(random, -1.2, 1.2),
    ky: within(random, -1.2, 1.2),
    across: within(random, 0, 2 * Math.PI),
    down: within(random, 0, 2 * Math.PI),
    size: within(random, 0, 0.06),
  }))
  return strokes.map((s) =>
    s.map(([x, y]): Point => {
      let u = (x - left) / size
      let v = (y - top) / size
      for (const w of waves) {
        const phase = 2 * Math.PI * (w.kx * u + w.ky * v)
        u += w.size * Math.sin(phase + w.across)
        v += w.size * Math.sin(phase + w.down)
      }
      const aslant = stretch * (u + slant * v)
      return [cos * aslant - sin * v, sin * aslant + cos * v]
    }),
  )
}
