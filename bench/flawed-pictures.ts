/**
 * @file Pictures of digits with flaws, drawn afresh by a seed: what people's scans, photos and drawings look like, each with one flaw or two.
 *
 * A digit of 28x28 bytes is enlarged as a pen would have drawn it (edges a pixel and a half wide, whatever the enlargement), laid on paper in colour,
 * and spoilt.
 * Strengths, places, colours and spacings are drawn anew for each picture.
 */
import sharp from 'sharp'
import { rng, type Rng } from '../src/base/index.ts'
import { encodePng } from '../src/images/index.ts'

/** A picture under construction: how much ink covers each pixel, and RGB in 0..1. */
interface Sheet {
  readonly width: number
  readonly height: number
  readonly rgb: Float32Array
  readonly random: Rng
}

type Colour = readonly [number, number, number]
type Draw = (digit: Uint8Array, random: Rng) => Promise<Uint8Array>

const within = (random: Rng, low: number, high: number): number => low + (high - low) * random.uniform()
const chance = (random: Rng, share: number): boolean => random.uniform() < share

/** A blank sheet, 200x300 or 300x200. */
function sheetOf(random: Rng, paper: Colour): Sheet {
  const [width, height] = chance(random, 0.5) ? [200, 300] : [300, 200]
  const rgb = new Float32Array(width * height * 3)
  for (let i = 0; i < rgb.length; i++) rgb[i] = paper[i % 3]
  return { width, height, rgb, random }
}

const nearWhite = (random: Rng): Colour => {
  const grey = within(random, 0.86, 1)
  return [grey, grey * within(random, 0.97, 1), grey * within(random, 0.93, 1)]
}
const nearBlack = (random: Rng): Colour => [within(random, 0, 0.2), within(random, 0, 0.2), within(random, 0, 0.25)]

interface Pen {
  /** Pixels of the sheet a pixel of the digit. */
  readonly scale?: number
  /** Degrees. */
  readonly turn?: number
  /** Where the middle of the digit lies, as shares of the room there is. */
  readonly at?: readonly [number, number]
  /** What covers 1/2 becomes the edge; lower makes strokes wider. */
  readonly level?: number
}

/** How much ink covers each pixel, 0..1. */
function cover(digit: Uint8Array, { width, height, random }: Sheet, pen: Pen = {}): Float32Array {
  const { scale = within(random, 4.2, 7.6), turn = 0, level = 0.5 } = pen
  const [ax, ay] = pen.at ?? [within(random, 0.4, 0.6), within(random, 0.4, 0.6)]
  const half = 11 * scale
  const [cx, cy] = [half + ax * Math.max(0, width - 2 * half), half + ay * Math.max(0, height - 2 * half)]
  const [cos, sin] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)]
  const padded = new Float32Array(34 * 34)
  for (let i = 0; i < 784; i++) padded[(Math.floor(i / 28) + 3) * 34 + (i % 28) + 3] = digit[i] / 255
  const out = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [dx, dy] = [(x + 0.5 - cx) / scale, (y + 0.5 - cy) / scale]
      const u = cos * dx + sin * dy + 13.5
      const v = cos * dy - sin * dx + 13.5
      if (u < -1 || v < -1 || u > 28 || v > 28) continue
      const iu = Math.floor(u)
      const first = (Math.floor(v) + 2) * 34 + iu + 2
      const t = u - iu
      const row = (k: number): number => cubic(t, padded[k], padded[k + 1], padded[k + 2], padded[k + 3])
      const value = cubic(v - Math.floor(v), row(first), row(first + 34), row(first + 68), row(first + 102))
      out[y * width + x] = Math.min(1, Math.max(0, 0.5 + ((value - level) * scale) / 1.5))
    }
  }
  return out
}

/** Catmull-Rom between the middle two of four values. */
const cubic = (t: number, a: number, b: number, c: number, d: number): number =>
  b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))

function ink({ rgb }: Sheet, covered: Float32Array, colour: Colour): void {
  for (let i = 0; i < covered.length; i++) {
    if (covered[i] > 0) for (let c = 0; c < 3; c++) rgb[3 * i + c] += (colour[c] - rgb[3 * i + c]) * covered[i]
  }
}

function fill({ width, height, rgb }: Sheet, x0: number, y0: number, x1: number, y1: number, colour: Colour): void {
  for (let y = Math.max(0, Math.floor(y0)); y < Math.min(height, y1); y++)
    for (let x = Math.max(0, Math.floor(x0)); x < Math.min(width, x1); x++)
      for (let c = 0; c < 3; c++) rgb[(y * width + x) * 3 + c] = colour[c]
}

/** Multiplies the light at each pixel. */
function light({ width, height, rgb }: Sheet, at: (x: number, y: number) => number): void {
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const l = at(x / width, y / height)
      for (let c = 0; c < 3; c++) rgb[(y * width + x) * 3 + c] *= l
    }
}

/** A line through a point, `thick` px wide with soft edges, `share` of its colour. */
function line({ width, height, rgb }: Sheet, px: number, py: number, degrees: number, thick: number, colour: Colour, share = 1): void {
  const [nx, ny] = [-Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)]
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const a = share * Math.min(1, Math.max(0, 0.5 + thick / 2 - Math.abs((x + 0.5 - px) * nx + (y + 0.5 - py) * ny)))
      if (a > 0) for (let c = 0; c < 3; c++) rgb[(y * width + x) * 3 + c] += (colour[c] - rgb[(y * width + x) * 3 + c]) * a
    }
}

function lines(sheet: Sheet, degrees: number, gap: number, thick: number, colour: Colour, share: number): void {
  const { width, height, random } = sheet
  const [nx, ny] = [-Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)]
  const reach = width + height
  for (let k = -reach + gap * random.uniform(); k < reach; k += gap)
    line(sheet, width / 2 + nx * k, height / 2 + ny * k, degrees, thick, colour, share)
}

const lineColour = (random: Rng): Colour =>
  [
    [0.45, 0.6, 0.85],
    [0.55, 0.55, 0.55],
    [0.3, 0.4, 0.7],
    [0.75, 0.4, 0.45],
    [0.25, 0.25, 0.3],
  ][random.integer(5)] as unknown as Colour

function ruled(sheet: Sheet): void {
  const { random } = sheet
  lines(sheet, within(random, -3, 3), within(random, 20, 45), within(random, 1, 2.4), lineColour(random), within(random, 0.5, 1))
}
function squared(sheet: Sheet): void {
  const { random } = sheet
  const [turn, gap, thick, colour, share] = [
    within(random, -3, 3),
    within(random, 14, 34),
    within(random, 1, 2),
    lineColour(random),
    within(random, 0.5, 1),
  ]
  lines(sheet, turn, gap, thick, colour, share)
  lines(sheet, turn + 90, gap, thick, colour, share)
}

/** Smooth grains of about `size` px, zero mean. */
function grains({ width, height, rgb, random }: Sheet, size: number, strength: number): void {
  const [w, h] = [Math.ceil(width / size) + 2, Math.ceil(height / size) + 2]
  const cells = Float32Array.from({ length: w * h }, () => random.normal())
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [u, v] = [x / size, y / size]
      const [i, j] = [Math.floor(u), Math.floor(v)]
      const [a, b] = [u - i, v - j]
      const top = cells[j * w + i] * (1 - a) + cells[j * w + i + 1] * a
      const low = cells[(j + 1) * w + i] * (1 - a) + cells[(j + 1) * w + i + 1] * a
      for (let c = 0; c < 3; c++) rgb[(y * width + x) * 3 + c] *= 1 + strength * (top * (1 - b) + low * b)
    }
}

function bytesOf({ rgb, random }: Sheet, noise: number): Uint8Array {
  const out = new Uint8Array(rgb.length)
  for (let i = 0; i < out.length; i++) {
    const v = noise > 0 ? rgb[i] + noise * random.normal() : rgb[i]
    out[i] = Math.round(255 * Math.min(1, Math.max(0, v)))
  }
  return out
}

const png = (sheet: Sheet, noise = 0): Promise<Uint8Array> =>
  Promise.resolve(encodePng(bytesOf(sheet, noise), { width: sheet.width, height: sheet.height, channels: 3 }))
const jpeg = async (sheet: Sheet, quality: number, noise = 0.008): Promise<Uint8Array> =>
  new Uint8Array(
    await sharp(bytesOf(sheet, noise), { raw: { width: sheet.width, height: sheet.height, channels: 3 } })
      .jpeg({ quality })
      .toBuffer(),
  )

async function blurred(sheet: Sheet, sigma: number): Promise<void> {
  const { width, height, rgb } = sheet
  const data = await sharp(bytesOf(sheet, 0), { raw: { width, height, channels: 3 } })
    .blur(Math.max(0.3, sigma))
    .raw()
    .toBuffer()
  for (let i = 0; i < rgb.length; i++) rgb[i] = data[i] / 255
}

const side = (random: Rng): readonly [number, number] => [within(random, 0, 1), within(random, 0, 1)]

/** Dark ink on paper, with what a flaw does before and after the pen. */
function drawn(
  before: (s: Sheet) => void,
  after: (s: Sheet) => void,
  pen: (random: Rng) => Pen = () => ({}),
  end = (s: Sheet) => png(s, 0.006),
): Draw {
  return (digit, random) => {
    const sheet = sheetOf(random, nearWhite(random))
    before(sheet)
    ink(sheet, cover(digit, sheet, pen(random)), nearBlack(random))
    after(sheet)
    return end(sheet)
  }
}
const nothing = (): void => {}

function falling(s: Sheet): void {
  const [turn, low, bend] = [within(s.random, 0, 2 * Math.PI), within(s.random, 0.3, 0.7), within(s.random, 0.7, 2)]
  light(s, (x, y) => {
    const t = Math.min(1, Math.max(0, 0.5 + 0.7 * (Math.cos(turn) * (x - 0.5) + Math.sin(turn) * (y - 0.5))))
    return low + (1 - low) * t ** bend
  })
}
function shadow(s: Sheet): void {
  const [turn, low, off, soft] = [
    within(s.random, 0, 2 * Math.PI),
    within(s.random, 0.4, 0.75),
    within(s.random, -0.25, 0.25),
    within(s.random, 0.003, 0.02),
  ]
  light(s, (x, y) => {
    const d = Math.cos(turn) * (x - 0.5) + Math.sin(turn) * (y - 0.5) - off
    return low + (1 - low) * Math.min(1, Math.max(0, 0.5 + d / soft))
  })
}
function specks(s: Sheet): void {
  for (let k = 1 + s.random.integer(7); k > 0; k--) {
    const [x, y, size] = [within(s.random, 0, s.width - 6), within(s.random, 0, s.height - 6), within(s.random, 2, 5.5)]
    fill(s, x, y, x + size, y + size * within(s.random, 0.6, 1.4), nearBlack(s.random))
  }
}
function border(s: Sheet, sides: readonly number[], inset = 0): void {
  const [thick, colour] = [within(s.random, 2, 9), nearBlack(s.random)]
  const { width, height } = s
  const boxes = [
    [inset, inset, width - inset, inset + thick],
    [inset, height - inset - thick, width - inset, height - inset],
    [inset, inset, inset + thick, height - inset],
    [width - inset - thick, inset, width - inset, height - inset],
  ]
  for (const i of sides) fill(s, boxes[i][0], boxes[i][1], boxes[i][2], boxes[i][3], colour)
}
function pageEdge(s: Sheet): void {
  const { width, height, rgb, random } = s
  const [turn, colour] = [within(random, 0, 2 * Math.PI), [within(random, 0.1, 0.5), within(random, 0.1, 0.45), within(random, 0.1, 0.4)]]
  const [nx, ny] = [Math.cos(turn), Math.sin(turn)]
  const reach = (Math.abs(nx) * width + Math.abs(ny) * height) / 2
  const from = reach * within(random, 0.74, 0.95)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const a = Math.min(1, Math.max(0, (x - width / 2) * nx + (y - height / 2) * ny - from))
      for (let c = 0; c < 3; c++) rgb[(y * width + x) * 3 + c] += (colour[c] - rgb[(y * width + x) * 3 + c]) * a
    }
}

/** Any ink on any paper, as long as they differ to the eye. */
function coloured(digit: Uint8Array, random: Rng): Promise<Uint8Array> {
  const any = (): Colour => [random.uniform(), random.uniform(), random.uniform()]
  let [paper, pen] = [any(), any()]
  while (Math.max(...paper.map((v, c) => Math.abs(v - pen[c]))) < 0.35) [paper, pen] = [any(), any()]
  const sheet = sheetOf(random, paper)
  ink(sheet, cover(digit, sheet), pen)
  return chance(random, 0.3) ? jpeg(sheet, 85) : png(sheet, 0.006)
}

/** RGBA where only alpha tells: ink on nothing, or a hole in a sheet. */
const alphaInk =
  (grey: number): Draw =>
  (digit, random) => {
    const sheet = sheetOf(random, [1, 1, 1])
    const covered = cover(digit, sheet)
    const hole = chance(random, 0.3)
    const rgba = new Uint8Array(covered.length * 4).fill(grey)
    covered.forEach((v, i) => (rgba[4 * i + 3] = Math.round(255 * (hole ? 1 - v : v))))
    return Promise.resolve(encodePng(rgba, { width: sheet.width, height: sheet.height, channels: 4 }))
  }

function shifted(digit: Uint8Array, random: Rng): Promise<Uint8Array> {
  const [dx, dy] = [random.integer(9) - 4, random.integer(9) - 4]
  const out = Uint8Array.from({ length: 784 }, (_, i) => {
    const [x, y] = [(i % 28) - dx, Math.floor(i / 28) - dy]
    return x < 0 || y < 0 || x > 27 || y > 27 ? 0 : digit[y * 28 + x]
  })
  return Promise.resolve(encodePng(out, { width: 28, height: 28, channels: 1 }))
}

/** Stroke width of a digit of MNIST, in its own pixels, roughly: twice the ink over the length of its edge. */
const stroke = 2.6

/** The flaws of the table. */
export const flaws: Readonly<Record<string, Draw>> = {
  none: drawn(nothing, nothing),
  'off centre': drawn(nothing, nothing, (r) => ({ at: side(r), scale: within(r, 3, 6) })),
  coloured,
  'alpha, black ink': alphaInk(0),
  'alpha, white ink': alphaInk(255),
  'specks of dust': drawn(nothing, specks),
  'dark border': drawn(nothing, (s) => border(s, [0, 1, 2, 3], chance(s.random, 0.4) ? within(s.random, 1, 9) : 0)),
  'half a frame': drawn(nothing, (s) =>
    border(s, [s.random.integer(2), 2 + s.random.integer(2)], chance(s.random, 0.4) ? within(s.random, 1, 9) : 0),
  ),
  'page edge': drawn(nothing, pageEdge, () => ({ at: [0.5, 0.5] })),
  'ruled paper': drawn(ruled, nothing),
  'squared paper': drawn(squared, nothing),
  'light falling off': drawn(nothing, falling),
  'hard shadow edge': drawn(nothing, shadow),
  'JPEG 40': drawn(nothing, nothing, undefined, (s) => jpeg(s, 40)),
  'light falling off, JPEG 40': drawn(nothing, falling, undefined, (s) => jpeg(s, 40)),
  'ruled paper, shadow edge': drawn(ruled, shadow),
  'specks, dark border, JPEG 40': drawn(
    nothing,
    (s) => {
      specks(s)
      border(s, [0, 1, 2, 3])
    },
    undefined,
    (s) => jpeg(s, 40),
  ),
  'blur of a fifth of the stroke': async (digit, random) => {
    const sheet = sheetOf(random, nearWhite(random))
    const scale = within(random, 4.2, 7.6)
    ink(sheet, cover(digit, sheet, { scale }), nearBlack(random))
    await blurred(sheet, (stroke * scale) / 5)
    return png(sheet, 0.006)
  },
  'turned 25 degrees': drawn(nothing, nothing, (r) => ({ turn: chance(r, 0.5) ? 25 : -25, scale: within(r, 4.2, 6.4) })),
  '28 x 28 on dark ground, shifted': shifted,
}

/** Flaws that the reader was not built with. */
export const otherFlaws: Readonly<Record<string, Draw>> = {
  'thin pen': drawn(nothing, nothing, () => ({ level: 0.86 })),
  'thick marker': drawn(nothing, nothing, () => ({ level: 0.14 })),
  'pencil, paper texture': (digit, random) => {
    const sheet = sheetOf(random, nearWhite(random))
    const grey = within(random, 0.5, 0.68)
    ink(sheet, cover(digit, sheet), [grey, grey, grey])
    grains(sheet, within(random, 1.2, 3), within(random, 0.02, 0.05))
    return jpeg(sheet, 80)
  },
  fold: drawn(nothing, (s) =>
    line(
      s,
      s.width * within(s.random, 0.2, 0.8),
      s.height * within(s.random, 0.2, 0.8),
      within(s.random, 0, 180),
      within(s.random, 2, 6),
      [0.5, 0.5, 0.5],
      within(s.random, 0.3, 0.6),
    ),
  ),
  'dark corner, fingerprints': drawn(nothing, (s) => {
    const [cx, cy, r] = [s.random.integer(2), s.random.integer(2), within(s.random, 0.3, 0.6)]
    light(s, (x, y) => 1 - 0.8 * Math.max(0, 1 - Math.hypot(x - cx, y - cy) / r))
    const [fx, fy, gap] = [within(s.random, 0, 1), within(s.random, 0, 1), within(s.random, 0.012, 0.02)]
    light(s, (x, y) => {
      const d = Math.hypot(x - fx, y - fy)
      return d > 0.15 ? 1 : 1 - 0.12 * (0.5 + 0.5 * Math.sin((2 * Math.PI * d) / gap))
    })
  }),
  'squared paper in perspective': drawn(
    (s) => {
      const { random } = s
      const [gap, thick, colour, lean] = [within(random, 14, 30), within(random, 1, 2), lineColour(random), within(random, -8, 8)]
      for (let k = -20; k < 30; k++) {
        line(s, 0, k * gap * (1 + 0.01 * k), lean + k * 0.25, thick, colour, 0.9)
        line(s, k * gap * (1 + 0.01 * k), 0, 90 + lean - k * 0.25, thick, colour, 0.9)
      }
    },
    falling,
    undefined,
    (s) => jpeg(s, 70),
  ),
  'ink from the back': (digit, random) => {
    const sheet = sheetOf(random, nearWhite(random))
    ink(
      sheet,
      cover(digit, sheet, { turn: 180, scale: 7 }).map((v) => v * 0.18),
      [0.2, 0.2, 0.4],
    )
    ink(sheet, cover(digit, sheet), nearBlack(random))
    return png(sheet, 0.006)
  },
  'ruled paper, red margin': drawn((s) => {
    ruled(s)
    line(
      s,
      s.width * (chance(s.random, 0.5) ? within(s.random, 0.08, 0.25) : within(s.random, 0.75, 0.92)),
      0,
      90 + within(s.random, -2, 2),
      within(s.random, 1.2, 3),
      [0.85, 0.2, 0.25],
    )
  }, nothing),
  'scan with black edges': drawn(
    nothing,
    (s) => {
      const [a, b] = [within(s.random, 0.03, 0.12), within(s.random, 0.03, 0.12)]
      fill(s, 0, 0, s.width * a, s.height, [0.02, 0.02, 0.02])
      fill(s, 0, s.height * (1 - b), s.width, s.height, [0.02, 0.02, 0.02])
    },
    () => ({ at: [0.7, 0.3], scale: 5.5 }),
  ),
  'light ink on dark board': (digit, random) => {
    const sheet = sheetOf(random, [within(random, 0.08, 0.2), within(random, 0.15, 0.35), within(random, 0.1, 0.25)])
    grains(sheet, 9, 0.08)
    ink(
      sheet,
      cover(digit, sheet).map((v) => v * 0.85),
      [0.92, 0.92, 0.88],
    )
    falling(sheet)
    return jpeg(sheet, 75)
  },
  'cut close': async (digit, random) => {
    const sheet = sheetOf(random, nearWhite(random))
    const covered = cover(digit, sheet)
    ink(sheet, covered, nearBlack(random))
    let [x0, x1, y0, y1] = [sheet.width, 0, sheet.height, 0]
    covered.forEach((v, i) => {
      if (v < 0.5) return
      const [x, y] = [i % sheet.width, Math.floor(i / sheet.width)]
      ;[x0, x1, y0, y1] = [Math.min(x0, x), Math.max(x1, x), Math.min(y0, y), Math.max(y1, y)]
    })
    return new Uint8Array(
      await sharp(bytesOf(sheet, 0.006), { raw: { width: sheet.width, height: sheet.height, channels: 3 } })
        .extract({ left: x0, top: y0, width: x1 - x0 + 1, height: y1 - y0 + 1 })
        .png()
        .toBuffer(),
    )
  },
  'small, 48 px': async (digit, random) => {
    const bytes = await drawn(nothing, nothing)(digit, random)
    return new Uint8Array(await sharp(bytes).resize(48, 48, { fit: 'inside' }).png().toBuffer())
  },
  'phone photo, 1200 x 1600': async (digit, random) => {
    const bytes = await drawn(ruled, falling, undefined, (s) => png(s, 0))(digit, random)
    const { data, info } = await sharp(bytes).resize(1600, 1600, { fit: 'inside' }).raw().toBuffer({ resolveWithObject: true })
    const noisy = Uint8Array.from(data, (v) => Math.min(255, Math.max(0, v + 6 * random.normal())))
    return new Uint8Array(await sharp(noisy, { raw: info }).jpeg({ quality: 85 }).toBuffer())
  },
}

/** What holds no digit: a blank sheet in uneven light, noise of several grains, two stray pixels. */
export const withoutDigit: Readonly<Record<string, (random: Rng) => Promise<Uint8Array>>> = {
  blank: (random) => {
    const sheet = sheetOf(random, nearWhite(random))
    if (chance(random, 0.6)) falling(sheet)
    if (chance(random, 0.3)) shadow(sheet)
    return chance(random, 0.5) ? jpeg(sheet, 60) : png(sheet, within(random, 0, 0.02))
  },
  noise: (random) => {
    const sheet = sheetOf(random, [0.5, 0.5, 0.5])
    grains(sheet, chance(random, 0.5) ? 1 : within(random, 2, 12), within(random, 0.2, 0.7))
    return png(sheet, 0.01)
  },
  'two pixels': (random) => {
    const sheet = sheetOf(random, [1, 1, 1])
    for (let k = 0; k < 2; k++) {
      const [x, y] = [random.integer(sheet.width), random.integer(sheet.height)]
      fill(sheet, x, y, x + 1, y + 1, [0, 0, 0])
    }
    return png(sheet)
  },
  'blank ruled paper': (random) => {
    const sheet = sheetOf(random, nearWhite(random))
    if (chance(random, 0.5)) ruled(sheet)
    else squared(sheet)
    return png(sheet, 0.006)
  },
}

/** Parts of a photo, 200x300, at places drawn by chance. */
export async function photoCrop(photo: Uint8Array | string, random: Rng): Promise<Uint8Array> {
  const { width, height } = await sharp(photo).metadata()
  const w = Math.min(width, Math.round(within(random, 120, 400)))
  const h = Math.min(height, Math.round(w * 1.5))
  const image = sharp(photo).extract({ left: random.integer(width - w + 1), top: random.integer(height - h + 1), width: w, height: h })
  return new Uint8Array(await image.resize(200, 300, { fit: 'fill' }).removeAlpha().png().toBuffer())
}

/** The stream of one picture: the same whichever others are drawn. */
export const pictureRng = (seed: number, flaw: string, i: number): Rng => rng(seed).fork(flaw).fork(i)
