import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rng } from '../base/index.ts'
import { embeddingMap, sweepPanels } from './index.ts'
import { placeLabels } from './place-labels.ts'
import { textWidth } from './text-width.ts'

/** Clusters at random places: their points and names. */
function clusters(sizes: readonly number[], letters: readonly number[], seed: number, spread: number) {
  const random = rng(seed)
  const at = sizes.map(() => [random.uniform(), random.uniform()])
  const labels = Int32Array.from(sizes.flatMap((n, c) => Array.from({ length: n }, () => c)))
  const points = Float32Array.from({ length: 2 * labels.length }, (_, k) => at[labels[k >> 1]][k % 2] + spread * random.normal())
  const signs = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
  const names = letters.map((n, c) => signs.slice(c % 20, (c % 20) + n))
  return { points, labels, names }
}

/** The dots of a map: middles and radius, read back from its paths. */
function dotsOf(svg: string): { at: [number, number][]; radius: number } {
  const group = /<g fill="none" stroke-linecap="round" stroke-width="(\d+)"[^>]*>(.*?)<\/g>/s.exec(svg)!
  const at: [number, number][] = []
  for (const [, d] of group[2].matchAll(/ d="([^"]+)"/g)) {
    let [x, y] = [0, 0]
    for (const [, kind, a, b] of d.matchAll(/([Mm]) ?(-?\d+) ?(-?\d+)h0/g)) {
      ;[x, y] = kind === 'M' ? [Number(a), Number(b)] : [x + Number(a), y + Number(b)]
      at.push([x / 4, y / 4])
    }
  }
  return { at, radius: Number(group[1]) / 8 }
}

/** The names on a map as rectangles [left, top, right, bottom], as wide as the shipped font sets them. */
function namesOf(svg: string): { text: string; box: [number, number, number, number] }[] {
  const map = svg.slice(0, svg.indexOf('<g transform="translate(0'))
  return [...map.matchAll(/<text ([^>]*font-weight="600"[^>]*text-anchor="middle"[^>]*)>([^<]*)</g)].map(([, attributes, text]) => {
    const value = (name: string) => Number(new RegExp(`(?:^| )${name}="([-\\d.]+)"`).exec(attributes)![1])
    const [x, y, size] = [value('x'), value('y'), value('font-size')]
    const width = textWidth(text, size, 600)
    return { text, box: [x - width / 2, y - 0.76 * size, x + width / 2, y + 0.21 * size] }
  })
}

/** How many dots a rectangle touches. */
const touched = ([l, t, r, b]: readonly number[], { at, radius }: ReturnType<typeof dotsOf>) =>
  at.filter(([x, y]) => Math.hypot(Math.max(l - x, 0, x - r), Math.max(t - y, 0, y - b)) < radius).length

const shapes = fc
  .integer({ min: 2, max: 50 })
  .chain((k) =>
    fc.tuple(
      fc.array(fc.integer({ min: 1, max: 500 }), { minLength: k, maxLength: k }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: k, maxLength: k }),
      fc.integer({ min: 0, max: 1e6 }),
      fc.constantFrom(0.005, 0.02, 0.06),
    ),
  )

describe('names on a map', () => {
  test('cover no point and no other name, whatever the clusters', () => {
    fc.assert(
      fc.property(shapes, ([sizes, letters, seed, spread]) => {
        const { points, labels, names } = clusters(sizes, letters, seed, spread)
        const svg = embeddingMap(points, labels, names, { note: '' })
        const dots = dotsOf(svg)
        const found = namesOf(svg)
        for (const { box } of found) expect(touched(box, dots)).toBe(0)
        for (const [i, { box: a }] of found.entries())
          for (const { box: b } of found.slice(0, i)) expect(a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]).toBe(false)
        for (const { box } of found) expect(box[0] >= 0 && box[2] <= 1000 && box[1] >= 0).toBe(true)
      }),
      { numRuns: 25, seed: 3 },
    )
  }, 60_000)

  test('each cluster of an ordinary map has its name', () => {
    const { points, labels, names } = clusters(
      Array.from({ length: 12 }, (_, c) => 20 + 30 * c),
      Array.from({ length: 12 }, (_, c) => 1 + 2 * c),
      5,
      0.03,
    )
    const found = namesOf(embeddingMap(points, labels, names))
    for (const name of names) expect(found.map((f) => f.text)).toContain(name)
  })

  test('the small maps of a sweep keep their points free, too', () => {
    const { points, labels, names } = clusters([150, 150, 150], [1, 2, 3], 8, 0.05)
    const figures = { loss: 0.1, activeTriplets: 0.5, knnAccuracy: 0.9, headAccuracy: 0.9, silhouette: 0.5, collapsed: false }
    const svg = sweepPanels([{ margin: 0.2, ...figures, points, labels }], names)
    const dots = dotsOf(svg)
    const found = [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" font-size="([\d.]+)"[^>]*text-anchor="middle"[^>]*>([^<]*)</g)]
    expect(found.length).toBeGreaterThanOrEqual(3)
    for (const [, x, y, size, text] of found) {
      const half = textWidth(text, Number(size), 600) / 2
      const box = [Number(x) - half, Number(y) - 0.76 * Number(size), Number(x) + half, Number(y) + 0.21 * Number(size)]
      expect(touched(box, dots)).toBe(0)
    }
  })

  test('of 1,680 classes the twenty largest are named, the others are one grey entry', () => {
    const sizes = Array.from({ length: 1680 }, (_, c) => (c === 1000 ? 530 : 2 + (c % 4)))
    const { points, labels } = clusters(sizes, [], 1, 0.004)
    const names = sizes.map((_, c) => `person ${c}`)
    const svg = embeddingMap(points, labels, names)
    expect(svg).toContain('and 1,660 others')
    expect(svg).toContain('>person 1000<')
    expect(new Set([...svg.matchAll(/>(person \d+)</g)].map((m) => m[1])).size).toBe(20)
    expect(svg.length).toBeLessThan(120_000)
  })
})

describe('placeLabels', () => {
  const box = { left: 0, top: 0, width: 400, height: 300 }
  const dots = (at: number[], groups: number[]) => ({ at, groups, halves: new Float32Array(at.length).fill(3) })
  const wish = (x: number, y: number, members: number[]) => ({ x, y, members, sizes: [{ width: 60, height: 12 }] })

  test('a name lies beside its cluster, without a line', () => {
    const [spot] = placeLabels([wish(200, 150, [0])], dots([200, 150], [0]), box)
    expect(spot!.leader).toBeUndefined()
    expect(Math.hypot(spot!.x - 200, spot!.y - 150)).toBeLessThan(20)
  })

  test('a name that must go far is tied to its cluster by a line that crosses no other name', () => {
    // A cluster of one point in the middle of a crowd.
    const at: number[] = [200, 150]
    for (let y = 100; y <= 200; y += 8) for (let x = 120; x <= 280; x += 8) if (x !== 200 || y !== 148) at.push(x, y)
    const groups = Array.from({ length: at.length / 2 }, (_, i) => Math.min(i, 1))
    const [spot] = placeLabels([wish(200, 150, [0])], dots(at, groups), box)
    expect(spot!.leader!.slice(2)).toEqual([200, 150])
    expect(Math.abs(spot!.y - 150)).toBeGreaterThan(50)
  })

  test('where there is no room there is no name, and a smaller one is tried first', () => {
    const at: number[] = [] // rows with every other one shifted: no street leads through
    for (let row = 0; row * 12 <= 300; row++) for (let x = 14 * (row % 2); x <= 400; x += 28) at.push(x, row * 12)
    const full = dots(at, at.slice(at.length / 2))
    const sizes = [60, 8].map((width) => ({ width, height: 4 }))
    expect(placeLabels([{ x: 200, y: 150, members: [0], sizes: sizes.slice(0, 1) }], full, box)).toEqual([undefined])
    expect(placeLabels([{ x: 200, y: 150, members: [0], sizes }], full, box)[0]).toMatchObject({ width: 8 })
  })
})
