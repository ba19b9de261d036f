import { describe, expect, test } from 'vitest'
import { collisions, unreadable } from '../../../test/support/svg-texts.ts'
import { preset } from '../../digits/index.ts'
import { lossCurve } from '../../plots/index.ts'
import { digitsPage } from './digits-page.ts'
import type { DigitsReport } from './digits-report.ts'
import { bestRejection, scoreWords } from './best-rejection.ts'
import { duration, html, inlineSvg, pct } from '../../report/html.ts'
import { tripletDiagram } from './triplet-diagram.ts'

const history = [
  { epoch: 1, trainLoss: 0.31, validationLoss: 0.27, activeTriplets: 0.62, knnAccuracy: 0.951 },
  { epoch: 2, trainLoss: 0.25, validationLoss: 0.21, activeTriplets: 0.33, knnAccuracy: 0.97 },
]
const early: DigitsReport = {
  complete: false,
  now: 'training, epoch 2 of 10',
  seconds: 31,
  dataset: { train: 60_000, test: 10_000 },
  embedding: { dim: 10 },
  history: [],
}
const full: DigitsReport = {
  ...early,
  complete: true,
  seconds: 412,
  seed: 1,
  command: 'kindred digits',
  dataset: { name: 'MNIST', train: 60_000, test: 10_000, letters: 2600, sha256: { 'train.gz': 'abc123' } },
  embedding: { dim: 10, margin: 0.4, architecture: 'a CNN', parameters: 421_834 },
  history,
  bestEpoch: 2,
  knn: { accuracy: 0.984, mapAtR: 0.962, k: 5 },
  baselines: { rawPixels: { accuracy: 0.9688, mapAtR: 0.37 }, untrained: { accuracy: 0.958, mapAtR: 0.31 } },
  head: { accuracy: 0.981, ece: 0.0113 },
  map: { neighbourPreservation: 0.52, points: 5000 },
  rejection: [
    {
      letters: 'Omniglot Latin',
      score: 'gini-impurity',
      rejectWhen: 'above',
      threshold: 0.87,
      digitsKeptRight: 0.98,
      lettersRejected: 0,
      auroc: 0.82,
      fpr95: 0.61,
      rule: 'student',
    },
    {
      letters: 'Omniglot Latin',
      score: 'knn-distance',
      rejectWhen: 'above',
      threshold: 0.75,
      digitsKeptRight: 0.941,
      lettersRejected: 0.781,
      auroc: 0.92,
      fpr95: 0.33,
    },
    {
      letters: 'Omniglot Latin',
      score: 'knn-distance',
      rejectWhen: 'above',
      threshold: 0.75,
      digitsKeptRight: 0.953,
      lettersRejected: 0.962,
      auroc: 0.987,
      fpr95: 0.04,
      trainedWithOutliers: true,
    },
  ],
  sweep: [
    { margin: 0, loss: 0, activeTriplets: 0, knnAccuracy: 0.11, headAccuracy: 0.11, silhouette: -0.01, collapsed: true },
    { margin: 0.4, loss: 0.1, activeTriplets: 0.1, knnAccuracy: 0.984, headAccuracy: 0.981, silhouette: 0.6, collapsed: false },
  ],
  warnings: ['Margin 0 collapsed.'],
  stages: [{ name: 'training', seconds: 170 }],
  environment: { node: 'v20' },
}
/** The page's words, without markup and with plain spaces. */
const words = (page: string) =>
  page
    .replace(/<style>[\s\S]*?<\/style>|<svg[\s\S]*?<\/svg>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/\s+/g, ' ')

describe('the page', () => {
  test('is whole: verdict first, then every chapter, with a link to each', () => {
    const page = digitsPage(full, { loss: lossCurve(history) })
    const text = words(page)
    expect(text).toContain('recognises 98.4 % of handwritten digits that it has never seen')
    expect(text).toContain('comparing raw pixels: 96.9 %')
    expect(text).toContain('Margin 0 collapsed.')
    expect(text).toContain('rule rejects 0.0 % of the letters and keeps 98.0 % of the digits right')
    for (const id of ['how', 'training', 'baselines', 'map', 'sweep', 'head', 'rejection', 'next', 'made']) {
      expect(page).toContain(`href="#${id}"`)
      expect(page.match(new RegExp(`id="${id}"`, 'g'))).toHaveLength(1)
    }
    expect(text.indexOf('98.4 %')).toBeLessThan(text.indexOf('anchor'))
  })

  test('asks the network for nothing, and has no script', () => {
    const page = digitsPage(full, { loss: lossCurve(history) }).replaceAll(/xmlns(:xlink)?="[^"]+"/g, '')
    expect(page).not.toMatch(/https?:\/\/|<script|<link rel="stylesheet"|@import|src="(?!data:)/)
    expect(page.match(/url\(/g)).toHaveLength(2)
    expect(page.match(/url\(data:font\/woff2;base64,/g)).toHaveLength(2)
    expect(page.length).toBeLessThan(200_000)
  })

  test('has no id twice, and every link within the page has its target', () => {
    const page = digitsPage(full, {
      loss: lossCurve(history),
      map: '<svg width="9"><defs><g id="x"/></defs><use href="#x"/></svg>',
      errors: '<svg width="9"><defs><g id="x"/></defs><use href="#x"/></svg>',
    })
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map((m) => m[1])
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target)
  })

  test('while the run goes on it reloads itself and says what is missing; afterwards it does neither', () => {
    const running = digitsPage(early, {})
    expect(running).toContain('<meta http-equiv="refresh" content="5">')
    expect(words(running)).toContain('Still running: training, epoch 2 of 10. 31 s so far')
    expect(running.match(/computing…/g)!.length).toBeGreaterThan(6)
    const done = digitsPage({ ...early, complete: true }, {})
    expect(done).not.toContain('http-equiv="refresh"')
    expect(done).not.toContain('computing…')
    expect(words(done)).toContain('not part of this run')
    expect(words(running) + words(done)).not.toMatch(/undefined|NaN|\[object/)
  })

  test('says so when training did worse than comparing pixels', () => {
    const worse = { ...full, knn: { accuracy: 0.92, mapAtR: 0.2 } }
    expect(words(digitsPage(worse, {}))).toContain('Training is not finished, or went wrong.')
    expect(words(digitsPage(worse, {}))).toContain('raw pixels do no worse')
  })

  test.each([
    [
      'default',
      undefined,
      'soft-negative triplet loss',
      /max\(0, d\( a , p \) − near\( a \) \+ margin\) near\( a \) = −t · ln Σ n e −d\( a , n \) \/ t with t = 0\.1/,
    ],
    ['student', undefined, 'triplet loss', /max\(0, d\( a , p \) − d\( a , n \) \+ margin\)/],
    ['default', 'batch-hard', 'triplet loss', /max\(0, d\( a , p \) − d\( a , n \) \+ margin\)/],
    ['student', 'semi-hard', 'triplet loss', /max\(0, d\( a , p \) − d\( a , n \) \+ margin\)/],
    ['default', 'random', 'triplet loss', /max\(0, d\( a , p \) − d\( a , n \) \+ margin\)/],
  ] as const)('speaks of the loss that was used: %s, %s', (name, mining, loss, formula) => {
    const { training, ...p } = preset(name, { mining })
    const ofRun = {
      objective: training.objective.words,
      augmented: training.augmentation !== undefined,
      averaged: training.averageDecay !== undefined,
    }
    const report: DigitsReport = { ...full, embedding: { ...full.embedding, miner: p.mining }, training: ofRun }
    const text = words(digitsPage(report, {}))
    expect(text).toContain(`the ${loss} is`)
    expect(text).toMatch(formula)
    expect(text).not.toMatch(/mean over active|picked to be hard/)
    expect(text).toMatch(
      p.mining === 'soft-negative'
        ? /mean over all pairs of one digit/
        : p.mining === 'random'
          ? /mean over all triplets drawn/
          : /mean over/,
    )
    expect(/can stand still|can fall slowly/.test(text)).toBe(p.mining === 'batch-hard' || p.mining === 'semi-hard')
    // Why validation lies below training: what this run does, and nothing else.
    expect(text).toContain('The validation curve ends below the training curve (0.21 against 0.25).')
    expect(text.includes('turned, scaled and moved at random')).toBe(name === 'default')
    expect(text.includes('a running mean of the weights')).toBe(name === 'default')
    // A report of an older version says the same of its loss, but for what it does not know.
    const older = words(digitsPage({ ...report, training: undefined }, {}))
    expect(older).toContain(`the ${loss} is`)
    expect(older).not.toMatch(/NaN|undefined/)
    expect(older).not.toContain('turned, scaled and moved at random')
  })

  test('claims nothing of a loss that it does not know', () => {
    const text = words(digitsPage({ ...full, training: { objective: { loss: 'circle' }, augmented: false, averaged: false } }, {}))
    expect(text).toContain('the circle loss')
    expect(text).not.toMatch(/max\(0|The loss is the mean|collapse is|this loss and this margin/)
  })

  test('says where the validation curve ends from the figures', () => {
    const ending = (validationLoss: number) =>
      words(digitsPage({ ...full, history: [history[0], { ...history[1], trainLoss: 0.2, validationLoss }] }, {}))
    expect(ending(0.3)).toContain('The validation curve ends above the training curve (0.3 against 0.2)')
    expect(ending(0.201)).toContain('The validation curve ends as high as the training curve')
    expect(ending(Number.NaN)).toContain('The validation curve ends below the training curve (0.27 against 0.31)') // of the epoch before
  })

  test.each([
    [0.985, 'a little surer', 'softens'],
    [1.3, 'less sure', 'sharpens'],
    [1.002, 'left as sure as they were', 'sharpens'],
  ])('a temperature of %d is told by its value', (temperature, said, unsaid) => {
    const text = words(digitsPage({ ...full, head: { accuracy: 0.98, ece: 0.01, temperature } }, {}))
    expect(text).toContain(said)
    expect(text).not.toContain(unsaid)
  })

  test('all scores are folded behind the table that compares the networks', () => {
    const page = digitsPage(full, {})
    const [before, folded] = page.slice(page.indexOf('id="rejection"'), page.indexOf('id="next"')).split('<details>')
    expect(before).toContain('What having seen outliers is worth')
    expect(before).not.toContain('AUROC')
    expect(folded.slice(0, folded.indexOf('</details>'))).toContain('AUROC')
    expect(folded).toContain('<summary>All scores on every set of letters: 3 rows</summary>')
  })

  test('the chapter on training is headed by the epoch that was kept', () => {
    const kept = { ...history[0], knnAccuracy: 0.983 }
    const after = { ...history[0], epoch: kept.epoch + 1, knnAccuracy: 0.912 }
    const text = words(digitsPage({ ...full, history: [kept, after], bestEpoch: kept.epoch }, {}))
    expect(text).toContain(`After ${kept.epoch} epoch, neighbours are right 98.3 % of the time`)
    expect(text).toContain('not those of the last epoch (91.2 %)')
    expect(words(digitsPage({ ...full, history: [kept, after], bestEpoch: after.epoch }, {}))).not.toContain('not those of')
  })

  test('every part may be missing, and nothing false or broken is said in its place', () => {
    for (const key of Object.keys(full) as (keyof DigitsReport)[]) {
      if (['complete', 'seconds', 'dataset', 'embedding', 'history'].includes(key)) continue
      for (const complete of [true, false]) {
        const text = words(digitsPage({ ...full, complete, [key]: undefined }, {}))
        expect(text, key).not.toMatch(/undefined|NaN|\[object|null|Infinity/)
        if (key === 'knn') expect(text).not.toContain('recognises')
        if (key === 'rejection') expect(text).not.toMatch(/of letters caught|All scores/)
      }
    }
    const bare = words(digitsPage({ ...early, complete: true, stopped: 'asked to' }, {}))
    expect(bare).toContain('No result')
    expect(bare).not.toMatch(/went from|were kept|curve ends|names?ly/)
  })

  test('colours of figures are turned in the dark, and stay as they are in the light', () => {
    const page = digitsPage(full, { loss: lossCurve(history) })
    expect(page.slice(page.indexOf('</style>'))).not.toMatch(/(?:fill|stroke)="#/)
    const used = new Set(Array.from(page.slice(page.indexOf('</style>')).matchAll(/var\((--f-[0-9a-f]{6})\)/g), (m) => m[1]))
    expect(used.size).toBeGreaterThan(5)
    const [light, dark] = page
      .slice(page.indexOf(':root{--f-'), page.indexOf('</style>'))
      .split('@media screen and (prefers-color-scheme:dark)')
    for (const name of used) {
      expect(light).toContain(`${name}:#${name.slice(4)}`)
      expect(dark).toMatch(new RegExp(`${name}:#[0-9a-f]{6}`))
      expect(dark).not.toContain(`${name}:#${name.slice(4)}`)
    }
  })

  test('controls are shown for one network, then for both', () => {
    const one = { digits: 'digits drawn in the unseen fonts', count: 1000, rejected: { none: 0.079 } }
    expect(words(digitsPage({ ...full, digitControls: [one] }, {}))).toContain('digits drawn in the unseen fonts 1,000 7.9 %')
    expect(words(digitsPage({ ...full, digitControls: [one] }, {}))).not.toContain('The columns should be alike')
    expect(words(digitsPage({ ...full, digitControls: [{ ...one, rejected: { none: 0.079, letters: 0.107 } }] }, {}))).toContain(
      '7.9 % 10.7 %',
    )
  })

  test('networks that have seen different outliers stand side by side', () => {
    const rejection = [
      ...full.rejection!.filter((r) => r.trainedWithOutliers !== true),
      { ...full.rejection![1], lettersRejected: 0.894, strangers: 'invented' as const },
      full.rejection![2],
    ]
    const page = words(
      digitsPage({ ...full, rejection, after: { invented: { knn: { accuracy: 0.9928, mapAtR: 0.9766 }, headAccuracy: 0.99 } } }, {}),
    )
    expect(page).toMatch(/Digits alone kNN distance 94.1 % 78.1 %/)
    expect(page).toMatch(/And invented characters kNN distance 94.1 % 89.4 % — 99.28 % 97.7 %/)
    expect(page).toMatch(/And other letters kNN distance 95.3 % 96.2 % — — —/)
    expect(page).toContain('89.4 % of letters refused, no letter seen before')
  })

  test('figures that are not finite are shown as a dash', () => {
    const odd = { ...full, head: { accuracy: Number.NaN, ece: Number.NaN }, history: history.map((h) => ({ ...h, trainLoss: Number.NaN })) }
    expect(words(digitsPage(odd, {}))).toContain('training diverged there')
    expect(words(digitsPage(odd, {}))).not.toContain('NaN')
  })

  test('text from outside cannot become markup', () => {
    const page = digitsPage(
      { ...full, command: '<script>alert(1)</script>', warnings: ['<img src=x onerror=alert(1)>'], environment: { '<b>': '"&' } },
      {},
    )
    expect(page).not.toContain('<script')
    expect(page).not.toContain('<img')
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  })

  test('same report, same bytes', () => {
    expect(digitsPage(full, {})).toBe(digitsPage(full, {}))
  })
})

test('the best rejection is a chosen one: the rule taken over is never shown as the verdict', () => {
  expect(bestRejection(full.rejection, 'none')!.lettersRejected).toBe(0.781)
  expect(bestRejection(full.rejection, 'letters')!.lettersRejected).toBe(0.962)
  expect(bestRejection([], 'none')).toBeUndefined()
  const others = full.rejection!.map((r) => ({ ...r, letters: 'letters in unseen fonts', lettersRejected: 0.99 }))
  expect(bestRejection([...others, ...full.rejection!], 'none')!.lettersRejected).toBe(0.781)
})

test('the drawing of a triplet: words that can be read, none over another', () => {
  expect([...collisions(tripletDiagram()), ...unreadable(tripletDiagram())]).toEqual([])
})

test('ids inside figures get their figure as prefix, and so does what points to them', () => {
  expect(inlineSvg('<svg><g id="a"/><use href="#a" fill="url(#a)" aria-labelledby="a b"/></svg>', 'map').html).toBe(
    '<svg><g id="map-a"/><use href="#map-a" fill="url(#map-a)" aria-labelledby="map-a map-b"/></svg>',
  )
})

test('words and numbers', () => {
  expect(scoreWords('gini-impurity')).toBe('Gini impurity')
  expect(scoreWords('knn-distance')).toBe('kNN distance')
  expect(scoreWords('max-softmax')).toBe('Max softmax')
  expect(scoreWords('stranger-odds-moved')).toBe('Outlier odds over small moves')
  expect(['stranger-odds', 'mahalanobis', 'knn-distance-moved'].map((n) => scoreWords(n, true))).toEqual([
    'outlier odds',
    'Mahalanobis',
    'kNN distance over small moves',
  ])
  expect([duration(3.14159), duration(42), duration(412), duration(3900)].map((t) => t.replaceAll('\u00a0', ' '))).toEqual([
    '3.1 s',
    '42 s',
    '6 min 52 s',
    '1 h 05 min',
  ])
  expect(pct(0.98412).replaceAll('\u00a0', ' ')).toBe('98.4 %')
  expect(html`<p title="${'"'}">${'<'}${html`<b>${1}</b>`}${[undefined, html`x`]}</p>`.html).toBe('<p title="&quot;">&lt;<b>1</b>x</p>')
})
