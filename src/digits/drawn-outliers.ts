/**
 * @file What is no digit and no letter either: drawn shapes, noise, two digits side by side. To judge rejection on, not to learn from.
 */
import { checkOptions, ensure, rng, type Rng } from '../base/index.ts'
import { imageAt, inMemory, type Dataset } from '../dataset/index.ts'
import { mnistFrame } from './mnist-frame.ts'
import { fillOutline, type Outline } from './outline.ts'

/** How many images, and the seed that draws them. */
export interface DrawnOptions {
  readonly count: number
  readonly seed?: number
}

type Point = readonly [x: number, y: number]
/** Lines of a pen, and what is filled, in a unit square about the origin. */
interface Shape {
  readonly lines?: readonly (readonly Point[])[]
  readonly areas?: readonly (readonly Point[])[]
}

const canvas = 96
const half = 34

const turn = (steps: number, at: (t: number) => Point): Point[] => Array.from({ length: steps + 1 }, (_, i) => at(i / steps))
const around = (radius: number, degrees: number): Point => [
  radius * Math.sin((degrees * Math.PI) / 180),
  -radius * Math.cos((degrees * Math.PI) / 180),
]
const regular = (corners: number): Point[] => turn(corners, (t) => around(1, 360 * t))
const box: Point[] = [
  [-0.8, -0.8],
  [0.8, -0.8],
  [0.8, 0.8],
  [-0.8, 0.8],
  [-0.8, -0.8],
]
const line = (...numbers: number[]): Point[] => Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i], numbers[2 * i + 1]])

/** Shapes by name. A ring and an upright bar are digits, and left out. */
const shapes: Readonly<Record<string, Shape>> = {
  box: { lines: [box] },
  'filled box': { areas: [box] },
  disc: { areas: [turn(24, (t) => around(0.9, 360 * t))] },
  triangle: { lines: [regular(3)] },
  'filled triangle': { areas: [regular(3)] },
  diamond: { lines: [regular(4)] },
  pentagon: { lines: [regular(5)] },
  star: { lines: [turn(5, (t) => around(1, 720 * t))] },
  asterisk: { lines: [0, 60, 120].map((a) => [around(1, a), around(-1, a)]) },
  plus: { lines: [line(-1, 0, 1, 0), line(0, -1, 0, 1)] },
  cross: { lines: [line(-0.8, -0.8, 0.8, 0.8), line(-0.8, 0.8, 0.8, -0.8)] },
  'level bar': { lines: [line(-1, 0, 1, 0)] },
  'two bars': { lines: [line(-1, -0.35, 1, -0.35), line(-1, 0.35, 1, 0.35)] },
  arrow: { lines: [line(-1, 0, 1, 0), line(0.4, -0.5, 1, 0, 0.4, 0.5)] },
  tick: { lines: [line(-0.9, 0.1, -0.3, 0.8, 0.9, -0.8)] },
  grid: { lines: [line(-0.35, -1, -0.35, 1), line(0.35, -1, 0.35, 1), line(-1, -0.35, 1, -0.35), line(-1, 0.35, 1, 0.35)] },
  wave: { lines: [turn(40, (t) => [2 * t - 1, 0.35 * Math.sin(4 * Math.PI * t)])] },
  zigzag: { lines: [line(-1, 0.4, -0.6, -0.4, -0.2, 0.4, 0.2, -0.4, 0.6, 0.4, 1, -0.4)] },
  spiral: { lines: [turn(60, (t) => around(t, 800 * t))] },
  heart: {
    lines: [
      turn(40, (t) => {
        const a = 2 * Math.PI * t
        return [0.95 * Math.sin(a) ** 3, -(0.8 * Math.cos(a) - 0.31 * Math.cos(2 * a) - 0.12 * Math.cos(3 * a) - 0.06 * Math.cos(4 * a))]
      }),
    ],
  },
  house: { lines: [line(-0.7, 0.9, -0.7, -0.1, 0, -0.9, 0.7, -0.1, 0.7, 0.9, -0.7, 0.9), line(-0.7, -0.1, 0.7, -0.1)] },
  face: {
    lines: [turn(30, (t) => around(1, 360 * t)), turn(12, (t) => around(0.55, 120 + 120 * t))],
    areas: [-1, 1].map((side) =>
      turn(12, (t) => [0.35 * side + 0.12 * Math.sin(2 * Math.PI * t), -0.3 - 0.12 * Math.cos(2 * Math.PI * t)]),
    ),
  },
}

/**
 * Drawn shapes (boxes, stars, arrows, hearts, ...), slightly turned and stretched, with pens as wide as digits are written, in MNIST's frame.
 *
 * @returns 28x28x1 images; a class a shape, taking turns
 * @throws KindredError `usage` for a count that is no whole number above 0
 * cost: about 1 ms an image
 */
export function drawnShapes(options: DrawnOptions): Dataset {
  const { count, random } = checked('drawn shapes', options)
  const names = Object.keys(shapes)
  return collect('drawn shapes', count, names, (i) => {
    const { lines = [], areas = [] } = shapes[names[i % names.length]]
    const angle = within(random, -0.15, 0.15)
    const [wide, high] = [Math.exp(within(random, -0.2, 0.2)) * half, Math.exp(within(random, -0.2, 0.2)) * half]
    const place = ([x, y]: Point): Point => [
      canvas / 2 + wide * (x * Math.cos(angle) - y * Math.sin(angle)),
      canvas / 2 + high * (x * Math.sin(angle) + y * Math.cos(angle)),
    ]
    // 20 pixels of the frame hold about 2 x half of the canvas
    const radius = (within(random, 1.8, 3.4) * half) / 20
    const outline = [...lines.flatMap((points) => strokeOutline(points.map(place), radius)), ...areas.map((a) => polygon(a.map(place)))]
    return mnistFrame(fillOutline(outline, canvas, canvas), canvas, canvas, { invert: false })
  })
}

/** A line drawn with a round pen, as polygons that all turn the same way: a box for each piece, a disc for each joint. */
function strokeOutline(points: readonly Point[], radius: number): Outline {
  const discs = points.map(([x, y]) =>
    polygon(turn(12, (t): Point => [x + radius * Math.cos(2 * Math.PI * t), y + radius * Math.sin(2 * Math.PI * t)])),
  )
  const boxes = points.slice(1).map(([x, y], i) => {
    const [fromX, fromY] = points[i]
    const length = Math.max(Math.hypot(x - fromX, y - fromY), 1e-9)
    const [u, v] = [(radius * (y - fromY)) / length, (radius * (x - fromX)) / length]
    return polygon([
      [fromX + u, fromY - v],
      [x + u, y - v],
      [x - u, y + v],
      [fromX - u, fromY + v],
    ])
  })
  return [...discs, ...boxes]
}

/** A closed polygon with positive area, so that overlaps count once. */
function polygon(points: readonly Point[]): Float64Array {
  const area = points.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = points[(i + 1) % points.length]
    return sum + x * nextY - nextX * y
  }, 0)
  return Float64Array.from((area < 0 ? points.toReversed() : points).flat())
}

const noises: Readonly<Record<string, (random: Rng) => Uint8Array>> = {
  'every pixel': (random) => pixels(() => 255 * random.uniform()),
  specks: (random) => {
    const share = within(random, 0.02, 0.2)
    return pixels(() => (random.uniform() < share ? 255 : 0))
  },
  blobs: (random) => {
    // bumps of a few pixels, cut at a level that leaves about as much ink as a digit has
    const bumps = Array.from({ length: 14 }, () => [28 * random.uniform(), 28 * random.uniform(), within(random, 1.5, 4), random.normal()])
    const height = Array.from({ length: 784 }, (_, i) =>
      bumps.reduce((sum, [x, y, s, a]) => sum + a * Math.exp(-(((i % 28) - x) ** 2 + (Math.floor(i / 28) - y) ** 2) / (2 * s * s)), 0),
    )
    const level = height.toSorted((a, b) => b - a)[Math.floor(784 * within(random, 0.1, 0.25))]
    return pixels((i) => Math.min(255, Math.max(0, 128 + 600 * (height[i] - level))))
  },
  stripes: (random) => {
    const [period, phase, angle] = [within(random, 3, 9), 2 * Math.PI * random.uniform(), Math.PI * random.uniform()]
    return pixels((i) => {
      const along = (i % 28) * Math.cos(angle) + Math.floor(i / 28) * Math.sin(angle)
      return 127.5 + 127.5 * Math.sin((2 * Math.PI * along) / period + phase)
    })
  },
  grey: (random) => {
    const [level, width] = [within(random, 20, 235), within(random, 1, 20)]
    return pixels(() => Math.min(255, Math.max(0, level + width * random.normal())))
  },
}

/**
 * Noise of several kinds, over the whole of 28x28 pixels: independent pixels, specks, blobs, stripes, grey.
 *
 * @returns 28x28x1 images; a class a kind, taking turns
 * @throws KindredError `usage` for a count that is no whole number above 0
 * cost: about 0.1 ms an image
 */
export function noiseImages(options: DrawnOptions): Dataset {
  const { count, random } = checked('noise', options)
  const names = Object.keys(noises)
  return collect('noise', count, names, (i) => noises[names[i % names.length]](random))
}

/**
 * Two digits side by side, written with a gap, brought into MNIST's frame as one picture with strokes thickened as a user's picture is.
 *
 * @param digits 28x28x1 images
 * @returns 28x28x1 images of one class
 * @throws KindredError `usage` for other images, none, or a count that is no whole number above 0
 * cost: about 1 ms an image
 */
export function twoDigits(digits: Dataset, options: DrawnOptions): Dataset {
  const where = 'two digits'
  const { count, random } = checked(where, options)
  const { height, width, channels } = digits
  ensure(height === 28 && width === 28 && channels === 1, where, 'images must be 28x28x1', `${height}x${width}x${channels}`)
  ensure(digits.count > 0, where, 'there must be digits', 'none')
  const wide = 64
  return collect(where, count, ['two digits'], () => {
    const ink = new Float32Array(28 * wide)
    let left = 3
    for (let n = 0; n < 2; n++) {
      const image = imageAt(digits, random.integer(digits.count))
      const columns = Array.from({ length: 28 }, (_, x) => x).filter((x) =>
        Array.from({ length: 28 }, (_, y) => image[y * 28 + x]).some((v) => v > 64),
      )
      const [first, last] = [columns[0] ?? 0, columns.at(-1) ?? -1]
      for (let y = 0; y < 28; y++) for (let x = first; x <= last; x++) ink[y * wide + left + x - first] = image[y * 28 + x] / 255
      left += last - first + 1 + 4 + random.integer(5)
    }
    return mnistFrame(ink, 28, wide, { invert: false, thicken: 'auto' })
  })
}

const within = (random: Rng, low: number, high: number): number => low + (high - low) * random.uniform()
const pixels = (at: (i: number) => number): Uint8Array => Uint8Array.from({ length: 784 }, (_, i) => Math.round(at(i)))

function checked(where: string, options: DrawnOptions): { count: number; random: Rng } {
  checkOptions(where, options, ['count', 'seed'])
  const { count, seed = 0 } = options
  ensure(Number.isInteger(count) && count > 0, where, 'count must be a whole number above 0', count)
  return { count, random: rng(seed).fork(where) }
}

function collect(source: string, count: number, classes: readonly string[], draw: (i: number) => Uint8Array): Dataset {
  const images = new Uint8Array(count * 784)
  for (let i = 0; i < count; i++) images.set(draw(i), i * 784)
  return inMemory({
    images,
    labels: Int32Array.from({ length: count }, (_, i) => i % classes.length),
    height: 28,
    width: 28,
    classes,
    source,
  })
}
