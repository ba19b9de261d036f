import { describe, expect, test } from 'vitest'
import { bestMargin, knnInterval, sweepFindings, type MarginFigures } from './findings.ts'
import { marginChapter } from './margin-chapter.ts'

/** One margin as measured in a sweep of 200 steps; shares of three seeds around `knn`. */
function entry(margin: number, knn: number, more: Partial<MarginFigures> & { jitter?: number; seeds?: number } = {}): MarginFigures {
  const { jitter = 0.001, seeds = 3, ...rest } = more
  const shares = Array.from({ length: seeds }, (_, i) => knn + jitter * (i - (seeds - 1) / 2))
  const runs = shares.map((share, seed) => ({ share, seed }))
  return { margin, knnAccuracy: knn, knnInterval: knnInterval(shares, 2000), collapsed: false, runs, ...rest }
}
const sized = (margin: number, within: number, between: number) => ({
  within,
  between,
  spread: between / 1.45,
  initialSpread: 0.033,
  margin,
})
const measured = [
  entry(0, 0.877, { ...sized(0, 0.0048, 0.008), collapsed: true }),
  entry(0.1, 0.9585, sized(0.1, 0.371, 0.862)),
  entry(0.4, 0.96, sized(0.4, 0.998, 2.47)),
  entry(0.9, 0.958, sized(0.9, 2.05, 5.14)),
]
const told = (entries: readonly MarginFigures[], preset?: number) => sweepFindings(entries, preset).join('\n')

describe('what a sweep found, in words', () => {
  test('both halves of the answer, from the figures: what the margin excludes, and what it sets', () => {
    const text = told(measured)
    expect(text).toContain('Margin 0 collapsed towards one point: images of two classes lie 0.008 apart, 309 times less than at margin 0.4')
    expect(text).toContain('The order of the neighbours survives (kNN accuracy 87.7 %): what is lost is size.')
    expect(text).toContain('The margin must be large enough to exclude that trivial solution: 0.1, the smallest of the others tried, is.')
    expect(text).toContain('sets the scale and little else: from margin 0.1 to 0.9 the distance between classes goes from 0.86 to 5.14')
    expect(text).toContain('within / between stays 0.40 to 0.43')
    expect(text).toContain('No margin is measurably better than another')
    expect(text).toContain("Take 0.4, the recipe's own.")
    // other figures, other words
    const changed = told(measured.map((e) => ({ ...e, between: e.between! * 3, within: e.within! * 2 })))
    expect(changed).toContain('goes from 2.59 to 15.4')
    expect(changed).toContain('within / between stays 0.27 to 0.29')
  })

  test('a margin that does not set the scale, or changes the form, is said to', () => {
    const unit = told([entry(0.1, 0.96, sized(0.1, 0.5, 1.3)), entry(0.9, 0.96, sized(0.9, 0.4, 1.4))])
    expect(unit).toContain('The margin hardly sets the scale here')
    expect(unit).not.toContain('collapsed')
    const form = told([entry(0.1, 0.96, sized(0.1, 0.1, 1)), entry(0.9, 0.96, sized(0.9, 3, 8))])
    expect(form).toContain('but within / between goes 0.10 to 0.38')
  })

  test('margin 0 that did not collapse is told with its size, not called healthy or collapsed', () => {
    const text = told([entry(0, 0.95, sized(0, 0.02, 0.03)), ...measured.slice(1)])
    expect(text).toContain('Margin 0 has not collapsed within these steps: images of two classes lie 0.03 apart, 82.3 times less')
    expect(text).not.toContain('trivial solution')
  })

  test('one margin alone, none, and all collapsed', () => {
    expect(sweepFindings([])).toEqual([])
    expect(told([measured[2]])).toBe('Margin 0.4 is the only usable one tried, so that nothing says which is best.')
    const all = measured.map((e) => ({ ...e, collapsed: true, knnAccuracy: 0.11 }))
    expect(told(all)).toContain('No margin gave a usable embedding')
    expect(told(all)).not.toMatch(/order of the neighbours|Take/)
    expect(bestMargin(all)).toMatchObject({ measurable: false, among: [], why: expect.stringContaining('every margin collapsed') })
  })
})

describe('which margin is best', () => {
  test('measurably only where its interval lies above all others', () => {
    const clear = [entry(0.1, 0.9, {}), entry(0.4, 0.91, {}), entry(0.9, 0.99, {})]
    expect(bestMargin(clear)).toMatchObject({ margin: 0.9, measurable: true, among: [0.9] })
    expect(told(clear)).toContain('Margin 0.9 is measurably better than every other one tried')
    expect(told(clear)).toContain('The recipe keeps 0.4, which was found with its own network')
    expect(bestMargin([entry(0.1, 0.9, {}), entry(0.4, 0.99, {})])).toMatchObject({ margin: 0.4, measurable: true })
  })

  test('in a tie the recipe’s margin is named, and those that are worse are, too', () => {
    const tie = [entry(0.1, 0.8, {}), entry(0.4, 0.958), entry(0.7, 0.96), entry(0.9, 0.959)]
    expect(bestMargin(tie)).toMatchObject({ margin: 0.4, measurable: false, among: [0.4, 0.7, 0.9] })
    expect(told(tie)).toContain('Margins 0.4, 0.7 and 0.9 cannot be told apart')
    expect(told(tie)).toContain('; 0.1 is worse. Take 0.4')
    const worse = tie.filter((e) => e.margin !== 0.4).concat(entry(0.4, 0.7))
    expect(bestMargin(worse)).toMatchObject({ margin: 0.7, among: [0.7, 0.9] })
    expect(told(worse)).toContain('The recipe keeps 0.4')
  })

  test('with one seed none is, however far they lie apart', () => {
    const once = [entry(0.1, 0.5, { seeds: 1 }), entry(0.4, 0.9, { seeds: 1 }), entry(0.9, 0.99, { seeds: 1 })]
    expect(bestMargin(once)).toMatchObject({ measurable: false, among: [0.1, 0.4, 0.9], margin: 0.4 })
    expect(told(once)).toContain('each was trained once')
  })

  test('a collapsed margin never is, also where its accuracy is the highest', () => {
    expect(bestMargin([{ ...entry(0, 0.999, {}), collapsed: true }, ...measured.slice(1)]).among).not.toContain(0)
  })

  test('figures of an earlier version, without intervals and sizes, are read', () => {
    const old = [
      { margin: 0, knnAccuracy: 0.11, collapsed: true },
      { margin: 0.4, knnAccuracy: 0.984, collapsed: false },
      { margin: 0.8, knnAccuracy: null, collapsed: false },
    ]
    expect(told(old)).toContain('Margin 0 collapsed towards one point.')
    const page = marginChapter(
      { sweep: old.map((e) => ({ ...e, loss: 0.1, activeTriplets: 0.1, headAccuracy: null, silhouette: 0.5 })), complete: true },
      {},
    )
    expect(JSON.stringify(page)).not.toMatch(/NaN|undefined/)
  })
})

test('the interval of kNN accuracies grows with their difference, and shrinks with seeds and images', () => {
  const width = (shares: number[], images = 2000) => knnInterval(shares, images).high - knnInterval(shares, images).low
  expect(width([0.95, 0.96, 0.97])).toBeGreaterThan(width([0.959, 0.96, 0.961]))
  expect(width([0.959, 0.96, 0.961, 0.959, 0.961])).toBeLessThan(width([0.959, 0.96, 0.961]))
  expect(width([0.96], 20_000)).toBeLessThan(width([0.96]))
  // no spread over two seeds by luck: still as wide as the images make it, and wider, as two seeds say little
  expect(width([0.96, 0.96])).toBeGreaterThan(width([0.96]))
  // s = .01 over three seeds, t = 4.303: .0025 of it from the images
  expect(width([0.95, 0.96, 0.97]) / 2).toBeCloseTo(4.303 * Math.sqrt(0.0001 / 3 + (0.96 * 0.04) / 2000), 5)
  expect(knnInterval([0.999, 1], 100).high).toBe(1)
})
