import { describe, expect, test } from 'vitest'
import { collisions, unreadable } from '../../test/support/svg-texts.ts'
import { rng } from '../base/index.ts'
import { faceMap, faceMaps, faceStrip, toPng } from './index.ts'
import { jpegDataUri } from '../images/index.ts'

/** n pictures of `people` people in as many clusters, smooth enough to be like photos. */
function crowd(n: number, people: number, side = 32) {
  const random = rng(n)
  const centres = Array.from({ length: people }, () => [0.1 + 0.8 * random.uniform(), 0.1 + 0.8 * random.uniform()])
  const labels = Int32Array.from({ length: n }, (_, i) => i % people)
  const place = (k: number) => Array.from(labels, (l) => Math.min(1, Math.max(0, centres[l][k] + 0.04 * random.normal())))
  const pixels = new Uint8Array(n * side * side * 3)
  for (let i = 0, p = 0; i < n; i++)
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++)
        for (let c = 0; c < 3; c++) pixels[p++] = 128 + 60 * Math.sin(x / 5 + i + c) + 60 * Math.cos(y / (4 + (i % 7)))
  return {
    x: place(0),
    y: place(1),
    labels,
    names: Array.from({ length: people }, (_, i) => `Person ${i + 1}`),
    images: { pixels, height: side, width: side },
  }
}

/** The tiles of an element kind as [left, top, width, height]. */
const tiles = (svg: string, kind = 'image') =>
  [...svg.matchAll(new RegExp(`<${kind} ([^>]*)>`, 'g'))].map(([, attributes]) =>
    ['x', 'y', 'width', 'height'].map((name) => Number(new RegExp(`(?:^| )${name}="([-\\d.]+)"`).exec(attributes)![1])),
  )
const covered = (a: number[], b: number[]) => a[0] < b[0] + b[2] && b[0] < a[0] + a[2] && a[1] < b[1] + b[3] && b[1] < a[1] + a[3]
const overlaps = (list: number[][]) => list.flatMap((a, i) => list.slice(0, i).filter((b) => covered(a, b))).length
const withoutPictures = (svg: string) => svg.replaceAll(/data:image\/jpeg;base64,[^"]+/g, 'jpeg')

describe.each([
  [5, 2, 6000],
  [120, 6, 4000],
  [1000, 50, 2500],
])('a map of %i faces', (n, people, bytesEach) => {
  test('shows each face, none over another, all on the page, in few bytes', async () => {
    const svg = await faceMap(crowd(n, people))
    const faces = tiles(svg)
    expect(faces).toHaveLength(n)
    expect(overlaps(faces)).toBe(0)
    const [, width, height] = / width="([\d.]+)" height="([\d.]+)"/.exec(svg)!.map(Number)
    expect(width).toBe(1000)
    for (const [x, y, w, h] of faces) {
      expect(x).toBeGreaterThanOrEqual(0)
      expect(y).toBeGreaterThanOrEqual(40)
      expect(x + w).toBeLessThanOrEqual(width)
      expect(y + h).toBeLessThanOrEqual(height - 30)
      expect(w).toBeGreaterThan(16)
    }
    expect(svg.length).toBeLessThan(n * bytesEach + 12_000)
    expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  })
})

describe('face map', () => {
  test('draws the same bytes as before, whatever the JPEGs', async () => {
    const { labels, ...rest } = crowd(12, 3)
    const svg = await faceMap({ ...rest, labels: labels.map((l, i) => (i === 4 ? -1 : l)), title: 'Twelve <faces>' })
    expect([...collisions(svg), ...unreadable(svg)]).toEqual([])
    await expect(withoutPictures(svg)).toMatchFileSnapshot('snapshots/face-map.svg')
    expect(svg.match(/stroke-dasharray/g)).toHaveLength(2) // the face and its legend
    expect(svg).toContain('unlabelled')
    expect((await toPng(svg, { width: 400 })).length).toBeGreaterThan(2000)
  })

  test('names cover no face', async () => {
    const svg = await faceMap(crowd(120, 6))
    const names = [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" font-size="14" font-weight="600"[^>]*>([^<]+)</g)].map(
      ([, x, y, text]) => [Number(x) - 3.4 * text.length, Number(y) - 12, 6.8 * text.length, 14],
    )
    expect(names.length).toBeGreaterThanOrEqual(6)
    expect(names.flatMap((a) => tiles(svg).filter((b) => covered(a, b)))).toEqual([])
  })

  test('shows its scale, and how far faces were moved on it', async () => {
    const svg = await faceMap(crowd(120, 6))
    for (const quarter of ['0', '0.25', '0.5', '0.75', '1']) expect(svg.split(`>${quarter}</text>`).length - 1).toBeGreaterThanOrEqual(1)
    expect(svg).toMatch(/moved apart, by up to 0\.\d\d\./)
    // The numbers lie where the scale puts them: the faces of a corner lie at the corner.
    const { images } = crowd(4, 1)
    const corners = await faceMap({
      images,
      labels: new Int32Array(4),
      names: ['Ada'],
      x: [0, 1, 0, 1],
      y: [0, 0, 1, 1],
      size: 20,
      note: '',
    })
    const at = (text: string, anchor: string) =>
      Number(new RegExp(`<text x="([\\d.]+)"[^>]*text-anchor="${anchor}">${text}</text>`).exec(corners)![1])
    const [x, , w] = tiles(corners)[0]
    expect(at('0', 'middle')).toBeCloseTo(x + w / 2, 0)
    expect(at('1', 'middle')).toBeCloseTo(tiles(corners)[1][0] + w / 2, 0)
  })

  test('no line leads to a face; faces with room stay where they belong, y upwards', async () => {
    const { images } = crowd(40, 1)
    const one = { images, labels: new Int32Array(40), names: ['Ada'] }
    const crowded = await faceMap({ ...one, x: Array(40).fill(0.5), y: Array(40).fill(0.5), size: 60 })
    expect(crowded).not.toMatch(/<line [^>]*stroke="#3f90da"/)
    expect(crowded).toContain('moved apart')
    const spread = Array.from({ length: 40 }, (_, i) => [(i % 8) / 7, Math.floor(i / 8) / 4])
    const free = await faceMap({ ...one, x: spread.map((p) => p[0]), y: spread.map((p) => p[1]), size: 40 })
    expect(free).not.toContain('moved apart')
    const [first, second, last] = [tiles(free)[0], tiles(free)[1], tiles(free)[39]]
    expect(second[0]).toBeGreaterThan(first[0])
    expect(second[1]).toBe(first[1])
    expect(last[1]).toBeLessThan(first[1])
  })

  test('one face, and faces that coincide', async () => {
    const { images } = crowd(3, 1)
    const one = { images: { ...images, pixels: images.pixels.subarray(0, 32 * 32 * 3) }, labels: Int32Array.of(-1), names: [] }
    expect(tiles(await faceMap({ ...one, x: [0.5], y: [0.5] }))).toHaveLength(1)
    expect(overlaps(tiles(await faceMap({ images, labels: new Int32Array(3), names: ['Ada'], x: [0, 0, 0], y: [1, 1, 1] })))).toBe(0)
  })

  test('says what is wrong', async () => {
    const good = crowd(4, 2)
    await expect(faceMap({ ...good, x: [0, 1] })).rejects.toThrow('x must hold 4 numbers, one a face, got 2')
    await expect(faceMap({ ...good, y: [0, 1, 2, 0] })).rejects.toThrow(
      'y must be numbers from 0 to 1, got 2. Pass the map through normalise01 first.',
    )
    await expect(faceMap({ ...good, labels: Int32Array.of(0, 1, 2, 0) })).rejects.toThrow('labels must be -1 or numbers below 2, got 2')
    await expect(faceMap({ ...good, images: { ...good.images, height: 31 } })).rejects.toThrow(
      'images.pixels must be 4 x 31 x 32 x 3 bytes',
    )
    await expect(faceMap({ ...crowd(100, 2), width: 300, height: 220, size: 40 })).rejects.toThrow('the box must hold 100 squares')
    await expect(faceMap({ ...good, labels: new Int32Array(0) })).rejects.toThrow('at least one face')
    await expect(faceMap({ ...good, tile: 3 } as never)).rejects.toThrow('options must be among')
  })
})

test('maps side by side: the same faces in each panel, with title and figures', async () => {
  const { x, y, ...faces } = crowd(60, 4)
  const svg = await faceMaps(
    [
      { title: 'General', figures: '1-NN 69.5 %', x, y },
      { title: 'Faces', figures: '1-NN 97.5 %', x: y, y: x },
    ],
    faces,
  )
  expect([...collisions(svg), ...unreadable(svg)]).toEqual([])
  await expect(withoutPictures(svg)).toMatchFileSnapshot('snapshots/face-maps.svg')
  const all = tiles(svg)
  expect(all).toHaveLength(120)
  expect(overlaps(all)).toBe(0)
  const middle = Number(/ width="([\d.]+)"/.exec(svg)![1]) / 2
  expect(all.slice(0, 60).every((t) => t[0] + t[2] < middle)).toBe(true)
  expect(all.slice(60).every((t) => t[0] > middle)).toBe(true)
  for (const text of ['General', '1-NN 69.5 %', '1-NN 97.5 %']) expect(svg).toContain(`>${text}</text>`)
  await expect(faceMaps([], faces)).rejects.toThrow('at least one panel')
  await expect(faceMaps([{ title: 'Broken', x: x.slice(1), y }], faces)).rejects.toThrow('faceMaps, Broken: x must hold 60 numbers')
})

test('strip: signs beside colours, distances, and rows without an answer', async () => {
  const { images } = crowd(4, 2)
  const picture = (i: number) => images.pixels.subarray(i * 3072, (i + 1) * 3072)
  const rows = [
    {
      query: picture(0),
      name: 'Ada',
      detail: 'ada/1.jpg',
      neighbours: [
        { pixels: picture(1), name: 'Ada', distance: 0.4126, mark: 'right' as const },
        { pixels: picture(2), name: 'Bob', distance: 0.61, mark: 'wrong' as const },
        { pixels: picture(3), name: 'who.jpg', distance: 0.7, mark: 'unknown' as const },
      ],
    },
    { query: picture(3), neighbours: [] },
    { query: picture(2), name: 'Bob', neighbours: [], end: 'no more photos of this person' },
  ]
  const svg = await faceStrip(rows, { height: 32, width: 32, title: 'Neighbours' })
  expect([...collisions(svg), ...unreadable(svg)]).toEqual([])
  await expect(withoutPictures(svg)).toMatchFileSnapshot('snapshots/face-strip.svg')
  for (const text of ['✓ Ada', '✗ Bob', 'who.jpg', '0.413', 'nobody found', 'query']) expect(svg).toContain(`>${text}</text>`)
  expect(tiles(svg)).toHaveLength(6)
  expect(svg.match(/stroke-dasharray/g)).toHaveLength(1) // the frame of the wrong one
  expect(svg.match(/nobody found/g)).toHaveLength(1)
  for (const part of ['no more', 'this person']) expect(svg).toContain(part)
  await expect(faceStrip([], { height: 32, width: 32 })).rejects.toThrow('at least one row')
  await expect(faceStrip(rows, { height: 31, width: 32 })).rejects.toThrow('each picture must be 31 x 32 x 3 bytes')
})

test('a JPEG keeps the picture and shrinks to the size asked for', async () => {
  const { default: sharp } = await import('sharp')
  const { images } = crowd(1, 1, 64)
  const uri = await jpegDataUri(images.pixels, { height: 64, width: 64 }, 40)
  const { data, info } = await sharp(Buffer.from(uri.split(',')[1], 'base64'))
    .raw()
    .toBuffer({ resolveWithObject: true })
  expect([info.width, info.height, info.channels, info.format]).toEqual([40, 40, 3, 'raw'])
  const { data: wanted } = await sharp(images.pixels, { raw: { width: 64, height: 64, channels: 3 } })
    .resize(40, 40)
    .raw()
    .toBuffer({ resolveWithObject: true })
  expect(data.reduce((sum, v, i) => sum + Math.abs(v - wanted[i]), 0) / data.length).toBeLessThan(6)
})
