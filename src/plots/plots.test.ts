import { describe, expect, test } from 'vitest'
import { rng } from '../base/index.ts'
import { collisions, groundOf, textBoxes, unreadable } from '../../test/support/svg-texts.ts'
import { luminance } from './style.ts'
import * as plots from './index.ts'

const classes = ['a', 'b', 'c']

/** Three clusters of twenty points; class `a` lies in two places. */
function cloud(seed = 1) {
  const random = rng(seed)
  const labels = Int32Array.from({ length: 60 }, (_, i) => i % 3)
  const points = new Float32Array(120)
  for (let i = 0; i < 60; i++) {
    const [x, y] =
      labels[i] === 0 && i % 2 === 1
        ? [9, 9]
        : [
            [0, 0],
            [8, 0],
            [0, 8],
          ][labels[i]]
    points[2 * i] = x + random.normal() * 0.5
    points[2 * i + 1] = y + random.normal() * 0.5
  }
  return { points, labels }
}

const history = [
  { epoch: 1, trainLoss: 0.31, validationLoss: 0.27, activeTriplets: 0.62, knnAccuracy: 0.951 },
  { epoch: 2, trainLoss: 0.25, validationLoss: 0.21, activeTriplets: 0.33, knnAccuracy: 0.97 },
  { epoch: 3, trainLoss: 0.24, validationLoss: 0.22, activeTriplets: 0.18, knnAccuracy: 0.978 },
]
const margins = [0, 0.2, 0.4].map((margin, i) => ({
  margin,
  loss: 0.05 * i,
  activeTriplets: 0.1 * i,
  knnAccuracy: [0.11, 0.96, 0.98][i],
  headAccuracy: [0.1, 0.95, 0.97][i],
  silhouette: [0, 0.4, 0.5][i],
  within: [0.001, 0.5, 1][i],
  between: [0.001, 1.25, 2.5][i],
  knnInterval: { low: [0.09, 0.95, 0.975][i], high: [0.13, 0.968, 0.985][i] },
  collapsed: i === 0,
}))
const random = rng(7)
const inScores = Float64Array.from({ length: 200 }, () => 0.4 + 0.1 * random.normal())
const outScores = Float64Array.from({ length: 150 }, () => 0.8 + 0.15 * random.normal())
const inRight = Uint8Array.from({ length: 200 }, (_, i) => (i % 20 === 0 ? 0 : 1))
const images = Uint8Array.from({ length: 4 * 6 * 5 }, (_, i) => (i * 37) % 256)

const figures: Record<string, () => string> = {
  'loss-curve': () => plots.lossCurve(history),
  'embedding-map': () =>
    plots.embeddingMap(cloud().points, cloud().labels, classes, {
      title: 'Three classes',
      predicted: cloud().labels.map((l, i) => (i === 4 ? (l + 1) % 3 : l)),
    }),
  'embedding-map-images': () =>
    plots.embeddingMap(cloud().points.subarray(0, 8), cloud().labels.subarray(0, 4), classes, {
      images: { pixels: images, height: 6, width: 5 },
    }),
  'sweep-panels': () =>
    plots.sweepPanels(
      margins.map((m, i) => ({ ...m, ...cloud(i) })),
      classes,
    ),
  'sweep-curves': () => plots.sweepCurves(margins),
  'confusion-matrix': () => plots.confusionMatrix(Int32Array.of(40, 2, 0, 1, 38, 5, 0, 0, 45), classes),
  'rejection-histogram': () =>
    plots.rejectionHistogram({
      inScores,
      outScores,
      rejectWhen: 'above',
      scoreName: 'kNN distance',
      thresholds: [
        { value: 0.6, name: 'chosen' },
        { value: 0.87, name: 'rule' },
      ],
    }),
  'rejection-curve': () =>
    plots.rejectionCurve([
      { name: 'kNN distance', rejectWhen: 'above', inScores, inRight, outScores, thresholds: [{ value: 0.6, name: 'chosen' }] },
    ]),
  'reliability-diagram': () =>
    plots.reliabilityDiagram(
      [
        { confidence: Number.NaN, accuracy: Number.NaN, count: 0 },
        { confidence: 0.55, accuracy: 0.5, count: 30 },
        { confidence: 0.97, accuracy: 0.95, count: 170 },
      ],
      0.025,
    ),
  'image-grid': () =>
    plots.imageGrid(images, {
      height: 6,
      width: 5,
      columns: 2,
      captions: ['one', 'two', 'three', '<&>'],
      marks: ['right', 'wrong', undefined, undefined],
      title: 'Four images',
    }),
  'bar-comparison': () =>
    plots.barComparison([
      { name: 'Raw pixels', knnAccuracy: 0.968, mapAtR: 0.37 },
      { name: 'Trained', knnAccuracy: 0.984, mapAtR: null },
    ]),
}

/** All texts of a figure, unescaped enough to be compared. */
const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((m) => m[1])

describe.each(Object.entries(figures))('%s', (name, make) => {
  test('draws the same bytes as before', async () => {
    expect(make()).toBe(make())
    await expect(make()).toMatchFileSnapshot(`snapshots/${name}.svg`)
  })

  test('is one well-formed SVG with a size, a name and no bad number', () => {
    const svg = make()
    expect(svg).toMatch(
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]* width="\d+(\.\d+)?" height="\d+(\.\d+)?"[^>]* role="img" aria-label="[^"]+"/,
    )
    expect(svg).not.toMatch(/NaN|Infinity|undefined|null/)
    expect(balanced(svg)).toBe(true)
  })

  test('keeps its texts inside the picture and off each other', () => {
    expect(collisions(make())).toEqual([])
  })

  test('can be read in the light, and in the dark', () => {
    expect(unreadable(make())).toEqual([])
  })
})

function balanced(svg: string): boolean {
  const open: string[] = []
  for (const [, close, name, self] of svg.matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (close === '/') {
      if (open.pop() !== name) return false
    } else if (self !== '/') open.push(name)
  }
  return open.length === 0
}

test('the test for well-formed SVG can fail', () => {
  expect(balanced('<svg><g></svg>')).toBe(false)
})

test('the test for collisions can fail', () => {
  const at = (x: number, y: number) => `<text x="${x}" y="${y}" font-size="12">words</text>`
  const figure = (inside: string) => `<svg width="100" height="50">${inside}</svg>`
  expect(collisions(figure(at(4, 20) + at(4, 40)))).toEqual([])
  expect(collisions(figure(at(4, 20) + at(20, 24)))).toHaveLength(1)
  expect(collisions(figure(at(80, 20)))).toEqual(['"words" leaves the figure'])
  expect(collisions(figure(`<g transform="translate(0 40)">${at(4, 20)}</g>`))).toHaveLength(1)
  expect(unreadable(figure('<text x="4" y="20" font-size="12" fill="#8a94a0">words</text>'))).toContain('"words": #8a94a0 on #ffffff')
})

describe('loss curve', () => {
  test('marks the epoch with the lowest validation loss and always shows the active triplets', () => {
    const svg = plots.lossCurve(history)
    expect(texts(svg)).toContain('best: epoch 2')
    expect(texts(svg)).toContain('Active (share of triplets or pairs with a loss above zero)')
    expect(texts(svg)).toContain('active 18.0 %')
    expect(svg.indexOf('Loss</text>')).toBeLessThan(svg.indexOf('Active (share'))
  })

  test('draws a single epoch, and breaks the line at a loss that is not finite', () => {
    expect(texts(plots.lossCurve(history.slice(0, 1)))).toContain('best: epoch 1')
    const broken = plots.lossCurve(history.map((h) => ({ ...h, trainLoss: h.epoch === 2 ? Number.NaN : h.trainLoss })))
    expect(broken).toContain('1 epoch without a finite training loss')
    const none = plots.lossCurve(history.map((h) => ({ ...h, activeTriplets: null })))
    expect(texts(none)).toContain('no finite value was recorded')
    expect(none).not.toContain('NaN')
  })

  test('says what is wrong', () => {
    expect(() => plots.lossCurve([])).toThrow('lossCurve: history must hold at least one epoch, got "none". Train for an epoch first.')
    expect(() => plots.lossCurve(history, { titel: 'x' } as object)).toThrow('Did you mean "title"?')
  })
})

describe('embedding map', () => {
  const names = (svg: string, name: string) => svg.split(`text-anchor="middle">${name}</text>`).length - 1

  test('names a class once in each place where it lies', () => {
    const { points, labels } = cloud()
    const svg = plots.embeddingMap(points, labels, classes)
    expect(names(svg, 'a')).toBe(2)
    expect(names(svg, 'b')).toBe(1)
    expect(names(svg, 'c')).toBe(1)
  })

  test('says how many pictures found room', () => {
    const n = 50
    const svg = plots.embeddingMap(new Float32Array(2 * n).fill(1), new Uint8Array(n), ['x'], {
      images: { pixels: new Uint8Array(n * 4).fill(255), height: 2, width: 2 },
    })
    expect(svg.match(/<image /g)).toHaveLength(1)
    expect(svg).toContain('Drawn: 1 of 50 pictures.')
  })

  test('counts and rings what is misread', () => {
    expect(texts(figures['embedding-map']())).toContain('1 of 60')
  })

  test('draws one class, one point, and points that all coincide', () => {
    for (const n of [1, 30])
      expect(plots.embeddingMap(new Float32Array(2 * n).fill(3), new Uint8Array(n), ['only'])).not.toMatch(/NaN|Infinity/)
  })

  test('stays small and quick with 5,000 points', () => {
    const r = rng(2)
    const points = Float32Array.from({ length: 10_000 }, () => r.normal())
    const labels = Uint8Array.from({ length: 5000 }, (_, i) => i % 10)
    expect(plots.embeddingMap(points, labels, [...'0123456789']).length).toBeLessThan(80_000)
  })

  test('says what is wrong', () => {
    expect(() => plots.embeddingMap(new Float32Array(0), new Uint8Array(0), classes)).toThrow('at least one point')
    expect(() => plots.embeddingMap(new Float32Array(3), new Uint8Array(2), classes)).toThrow('points must be 2 x 2 numbers')
    expect(() => plots.embeddingMap(Float32Array.of(1, Number.NaN), new Uint8Array(1), classes)).toThrow('points must be finite')
    expect(() => plots.embeddingMap(new Float32Array(2), Uint8Array.of(3), classes)).toThrow('labels must be class numbers below 3, got 3')
  })
})

describe('sweep', () => {
  const panelsOf = (list: typeof margins) => list.map((m, i) => ({ ...m, ...cloud(i) }))
  const marks = (svg: string) => {
    const circles = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="[\d.]+" fill="([^"]+)" data-margin="([\d.]+)"/g)]
    const crosses = [
      ...svg.matchAll(/<path d="M([\d.]+) ([\d.]+)l8 8m0-8l-8 8" stroke="[^"]+" stroke-width="2.2" fill="none" data-margin="([\d.]+)"/g),
    ]
    return [
      ...circles.map(([, x, y, colour, margin]) => ({ x: Number(x), y: Number(y), colour, margin: Number(margin) })),
      ...crosses.map(([, x, y, margin]) => ({ x: Number(x) + 4, y: Number(y) + 4, colour: 'cross', margin: Number(margin) })),
    ]
  }

  test('names a best margin only where it is told one, and the collapsed one always', () => {
    const untold = figures['sweep-panels']()
    expect(texts(untold)[0]).toBe('Margin 0 collapsed; the others: kNN accuracy 96.0 % to 98.0 %')
    expect(texts(untold)).not.toContain('best kNN')
    const told = plots.sweepPanels(panelsOf(margins), classes, { best: 0.4 })
    expect(texts(told)[0]).toBe('Margin 0 collapsed; margin 0.4 reads best, kNN accuracy 98.0 %')
    expect(texts(told).filter((t) => t === 'collapsed')).toHaveLength(1)
    expect(texts(told).filter((t) => t === 'best kNN')).toHaveLength(1)
    expect(texts(plots.sweepCurves(margins, { best: 0.4 }))[0]).toBe(texts(told)[0])
  })

  test('upper maps share one scale, lower ones fill their frames: positions and bars agree', () => {
    const small = [0.001, 0.5, 1].map((size, i) => {
      const points = Float32Array.of(-3 * size, 0, 3 * size, size, 0, -size)
      return { ...margins[i], knnAccuracy: 0.9, points, labels: Uint8Array.of(0, 1, 2) }
    })
    const svg = plots.sweepPanels(small, classes)
    const clouds = [...svg.matchAll(/<g fill="none" stroke-linecap="round"[^>]*>(.*?)<\/g>/g)].map(([, inside]) =>
      [...inside.matchAll(/d="M(-?\d+) (-?\d+)h0"/g)].map(([, x, y]) => [Number(x) / 4, Number(y) / 4]),
    )
    const bars = [...svg.matchAll(/<line x1="([\d.]+)"[^>]* x2="([\d.]+)"[^>]* data-units="([\d.e-]+)"/g)].map(
      ([, a, b, units]) => (Number(b) - Number(a)) / Number(units),
    )
    expect(clouds).toHaveLength(6)
    for (const [i, { points }] of small.entries()) {
      const [upper, lower] = [clouds[2 * i], clouds[2 * i + 1]]
      const width = points[2] - points[0]
      expect(Math.abs(upper[1][0] - upper[0][0] - 40 * width)).toBeLessThan(0.3) // one scale: the widest cloud is 6 units in 240 pixels
      expect(lower[1][0] - lower[0][0]).toBeCloseTo(240, 0)
      expect(bars[2 * i] / 40).toBeCloseTo(1, 2)
      expect((bars[2 * i + 1] * width) / 240).toBeCloseTo(1, 2)
    }
    expect(texts(svg)).toContain('0.001 between classes') // a point at that scale, and said how large
    expect(texts(svg)).toContain('× 1000')
  })

  test('every mark stands at its value, also a loss near zero and a collapsed accuracy far below', () => {
    const list = margins.map((m, i) => ({ ...m, loss: [0.000_017, 0.0026, 0.2][i] }))
    const svg = plots.sweepCurves(list)
    const values = (colour: string) => marks(svg).filter((m) => m.colour === colour)
    const loss = values(plots.tone.orange)
    const crosses = values('cross').filter((m) => m.x < 1000)
    expect(loss.map((m) => m.margin)).toEqual([0.2, 0.4])
    // log: equal steps for equal ratios, the collapsed one on the same axis
    const [first, second] = loss
    const cross = crosses.find(
      (c) => Math.abs(c.y - first.y - ((first.y - second.y) * Math.log(0.0026 / 0.000_017)) / Math.log(0.2 / 0.0026)) < 0.6,
    )
    expect(cross).toBeDefined()
    // kNN: an axis broken between 13 % and 95 %, straight on each side
    const knn = values('#2b7a4b')
    expect(knn.map((m) => m.margin)).toEqual([0.2, 0.4])
    expect(texts(svg)).toContain('11.0 %')
    const whiskers = [...svg.matchAll(/<line x1="([\d.]+)" y1="([\d.]+)" x2="\1" y2="([\d.]+)" stroke="#2b7a4b"/g)].map(([, , a, b]) => [
      Number(a),
      Number(b),
    ])
    const perShare = (whiskers[0][0] - whiskers[0][1]) / (0.968 - 0.95)
    expect((knn[0].y - knn[1].y) / perShare).toBeCloseTo(0.02, 4)
    expect((whiskers[1][0] - whiskers[1][1]) / perShare).toBeCloseTo(0.01, 4)
    for (const { y } of marks(svg)) expect(y).toBeGreaterThan(60)
  })

  test('one margin, all collapsed, figures that are missing, and figures of earlier versions', () => {
    const all = margins.map((m, i) => ({ ...m, ...cloud(i), collapsed: true, loss: Number.NaN, headAccuracy: null }))
    expect(texts(plots.sweepPanels(all, classes))[0]).toBe('No margin gave a usable embedding')
    expect(plots.sweepCurves(all)).not.toMatch(/NaN/)
    const old = margins.map(({ within: _, between: __, knnInterval: ___, ...m }) => m)
    for (const list of [[margins[1]], [margins[0]], old, [old[0]]]) {
      expect(plots.sweepCurves(list)).not.toMatch(/NaN|undefined/)
      expect(
        plots.sweepPanels(
          list.map((m, i) => ({ ...m, ...cloud(i) })),
          classes,
        ),
      ).not.toMatch(/NaN|undefined/)
    }
    const point = { ...margins[0], points: new Float32Array(6), labels: Uint8Array.of(0, 1, 2) }
    expect(plots.sweepPanels([point], classes)).not.toMatch(/NaN|Infinity/)
    expect(() => plots.sweepPanels([], classes)).toThrow('at least one panel')
    expect(() => plots.sweepCurves([])).toThrow('at least one margin')
  })
})

describe('confusion matrix', () => {
  test('says the share right and the most frequent mistake', () => {
    expect(texts(figures['confusion-matrix']())[0]).toBe('93.9 % right; most often b is read as c (5 of 44)')
  })

  test('edge cases', () => {
    expect(texts(plots.confusionMatrix([7], ['only']))[0]).toBe('100.0 % right, no mistake')
    expect(plots.confusionMatrix([1, 1, 0, 0], ['x', 'empty'])).toContain('n/a')
    expect(() => plots.confusionMatrix([0, 0, 0, 0], ['x', 'y'])).toThrow('at least one image')
    expect(() => plots.confusionMatrix([1, 2, 3], ['x', 'y'])).toThrow('counts must be 2 x 2 numbers')
    expect(() => plots.confusionMatrix([1, -2, 3, 4], ['x', 'y'])).toThrow('counts must be numbers >= 0, got -2')
  })
})

describe('rejection', () => {
  test('reports what each threshold rejects and keeps', () => {
    const share = (list: Float64Array, t: number) => ((100 * list.filter((s) => s > t).length) / list.length).toFixed(1)
    const kept = ((100 * inScores.filter((s) => s <= 0.6).length) / inScores.length).toFixed(1)
    expect(figures['rejection-histogram']()).toContain(
      `chosen 0.6: ${share(outScores, 0.6)} % of letters rejected, ${kept} % of digits kept`,
    )
  })

  test('one-sided scores get a rank axis, scores over decades a logarithmic one', () => {
    const r = rng(5)
    const sure = Float64Array.from({ length: 300 }, () => 1 - 10 ** (-6 + r.normal()))
    const unsure = Float64Array.from({ length: 300 }, () => 0.3 + 0.6 * r.uniform())
    const draw = (a: Float64Array, b: Float64Array) =>
      plots.rejectionHistogram({ inScores: a, outScores: b, rejectWhen: 'below', scoreName: 's', thresholds: [] })
    expect(draw(sure, unsure)).toContain('Axis by rank')
    expect(
      draw(
        sure.map((v) => 1 - v),
        unsure,
      ),
    ).toContain('Logarithmic axis')
    expect(draw(unsure, unsure)).not.toMatch(/Axis by rank|Logarithmic/)
    expect(draw(Float64Array.of(1, 1), Float64Array.of(1))).not.toMatch(/NaN|Infinity/)
  })

  test('the curve goes from "reject all" to "reject none", and its area is that of a perfect score where sets part', () => {
    const perfect = plots.rejectionCurve([{ name: 'p', rejectWhen: 'above', inScores: [1, 2, 3], inRight: [1, 1, 1], outScores: [4, 5] }])
    expect(texts(perfect)).toContain('1.000')
    const turned = plots.rejectionCurve([{ name: 'p', rejectWhen: 'below', inScores: [1, 2, 3], inRight: [1, 1, 1], outScores: [4, 5] }])
    expect(texts(turned)).toContain('0.000')
    // Half of the digits misread: never more than half kept and right.
    expect(texts(plots.rejectionCurve([{ name: 'p', rejectWhen: 'above', inScores: [1, 2], inRight: [1, 0], outScores: [4] }]))).toContain(
      '0.500',
    )
  })

  test('says what is wrong', () => {
    expect(() => plots.rejectionHistogram({ inScores: [], outScores: [1], rejectWhen: 'above', scoreName: 's', thresholds: [] })).toThrow(
      'at least one score of digits',
    )
    expect(() =>
      plots.rejectionHistogram({ inScores: [Number.NaN], outScores: [1], rejectWhen: 'above', scoreName: 's', thresholds: [] }),
    ).toThrow('scores of digits must be finite, got NaN')
    expect(() =>
      plots.rejectionHistogram({ inScores: [1], outScores: [1], rejectWhen: 'over' as 'above', scoreName: 's', thresholds: [] }),
    ).toThrow('rejectWhen must be one of above, below')
    expect(() => plots.rejectionCurve([])).toThrow('at least one score')
    expect(() => plots.rejectionCurve([{ name: 'p', rejectWhen: 'above', inScores: [1, 2], inRight: [1], outScores: [1] }])).toThrow(
      'inRight of p must hold 2 values, got 1',
    )
  })
})

test('the curve names every score whole, however long the names are', () => {
  const names = [
    'Outlier odds over small moves',
    'kNN distance over small moves',
    'Energy',
    'A score whose name is a whole sentence, as some are',
  ]
  const svg = plots.rejectionCurve(names.map((name) => ({ name, rejectWhen: 'above' as const, inScores, inRight, outScores })))
  expect(collisions(svg)).toEqual([])
  const legend = texts(svg).join(' ')
  for (const name of names) expect(legend).toContain(name)
  const endless = 'x'.repeat(80)
  expect(collisions(plots.rejectionCurve([{ name: endless, rejectWhen: 'above', inScores, inRight, outScores }], { title: 'x' }))).toEqual(
    [],
  )
})

test('a mistake is as dark as its share of the row, whatever the other mistakes are', () => {
  const fillOf = (svg: string, count: string) => groundOf(textBoxes(svg).find((b) => b.text === count)!)
  const few = plots.confusionMatrix([999, 1, 0, 1000], ['a', 'b'])
  const many = plots.confusionMatrix([999, 1, 400, 600], ['a', 'b'])
  expect(fillOf(few, '1')).toBe(fillOf(many, '1'))
  expect(luminance(fillOf(few, '1'))).toBeGreaterThan(0.75)
  expect(luminance(fillOf(many, '400'))).toBeLessThan(0.4)
})

test.each([3, 10, 26, 40])('a matrix of %d classes: no number over another, all to be read', (c) => {
  const r = rng(c)
  const counts = Array.from({ length: c * c }, () => Math.floor(10 ** (4 * r.uniform())))
  const svg = plots.confusionMatrix(
    counts,
    Array.from({ length: c }, (_, i) => `class number ${i}`),
  )
  expect([...collisions(svg), ...unreadable(svg)]).toEqual([])
})

test('a single epoch: its mark and the names of its curves stand apart', () => {
  expect(collisions(plots.lossCurve([{ ...history[0], trainLoss: 0.0129, validationLoss: 0.2 }], { bestEpoch: 1 }))).toEqual([])
})

test('reliability: a legend of many empty bins covers no bar', () => {
  const bins = Array.from({ length: 15 }, (_, i) => ({ confidence: (i + 0.5) / 15, accuracy: 1, count: i < 8 ? 5 : 50 }))
  const svg = plots.reliabilityDiagram(bins, 0.2)
  const tops = Array.from(svg.matchAll(/<rect [^>]*y="([\d.]+)"[^>]*fill="#1f6fb5"/g), (m) => Number(m[1])).slice(1)
  expect(tops.length).toBe(15)
  const legend = textBoxes(svg).filter((b) => ['accuracy', 'gap to confidence'].includes(b.text))
  expect(legend).toHaveLength(2)
  for (const b of legend) for (const top of tops) expect(b.bottom).toBeLessThan(top)
})

test('reliability: says on which side the head errs', () => {
  expect(texts(figures['reliability-diagram']())[0]).toBe('The head is surer than it is right: ECE 2.50 %')
  expect(texts(plots.reliabilityDiagram([{ confidence: 0.8, accuracy: 0.9, count: 5 }], 0.1))[0]).toContain('less sure than it is right')
  expect(() => plots.reliabilityDiagram([], 0)).toThrow('at least one bin')
  expect(() => plots.reliabilityDiagram([{ confidence: 0.8, accuracy: 0.9, count: 0 }], 0)).toThrow('at least one bin must hold an image')
})

test('image grid: crisp pixels, escaped captions, errors for what does not fit', () => {
  const svg = figures['image-grid']()
  expect(svg.match(/<image /g)).toHaveLength(4)
  expect(svg.match(/image-rendering:pixelated/g)).toHaveLength(4)
  expect(texts(svg)).toContain('&lt;&amp;&gt;')
  expect(texts(svg)).toContain('✓ one')
  expect(texts(svg)).toContain('✗ two')
  expect(() => plots.imageGrid(new Uint8Array(0), { height: 2, width: 2 })).toThrow('n at least 1')
  expect(() => plots.imageGrid(new Uint8Array(5), { height: 2, width: 2 })).toThrow('images must be n x 2 x 2 x 1 bytes')
  expect(() => plots.imageGrid(new Uint8Array(4), { height: 2, width: 2, captions: [] })).toThrow('captions must hold 1 entries')
})

test('comparison: the main row is marked, a missing figure is said', () => {
  const svg = figures['bar-comparison']()
  expect(texts(svg)).toContain('not measured')
  expect(texts(svg)).toContain('98.4 %')
  expect(() => plots.barComparison([])).toThrow('at least one row')
  expect(() => plots.barComparison([{ name: 'x', knnAccuracy: 97, mapAtR: 0.1 }])).toThrow('figures must be shares from 0 to 1, got 97')
})
