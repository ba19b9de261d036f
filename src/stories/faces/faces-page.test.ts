import { describe, expect, test } from 'vitest'
import { comparePage } from '../compare/compare-page.ts'
import type { CompareReport } from '../compare/compare-report.ts'
import { facesPage } from './faces-page.ts'
import type { FaceRetrieval } from '../../people/face-figures.ts'
import type { FacesReport } from './faces-report.ts'

const early: FacesReport = {
  complete: false,
  now: 'faces, 3 of 12 photos',
  seconds: 2,
  seed: 0,
  folder: 'photos',
  faces: 0,
  photosPerSecond: null,
  model: 'dlib',
  detector: 'ssd',
  people: [],
  missed: [],
  photos: { total: 0, withFace: 0, withoutFace: 0, quarantined: 0, processed: 0, ignored: 0 },
}
const retrieval: FaceRetrieval = {
  queries: 9,
  lone: 1,
  knnAccuracy: 8 / 9,
  map: 0.91,
  recallAt: { 1: 8 / 9, 5: 1 },
  silhouette: 0.31,
  intervals: {
    knnAccuracy: { low: 0.565, high: 0.98 },
    map: { low: 0.8, high: 0.97 },
    recallAt: { 1: { low: 0.565, high: 0.98 }, 5: { low: 0.7, high: 1 } },
  },
  people: [
    { person: 'Ann', queries: 4, right: 4, map: 1 },
    { person: 'Bob', queries: 5, right: 4, map: 0.84 },
  ],
  precisionAt: [1, 3, 4, 5, 8].flatMap((k) => [
    { person: 'Ann', k, precision: Math.min(1, 3 / k), ceiling: Math.min(1, 3 / k) },
    { person: 'Bob', k, precision: Math.min(1, 4 / k) * 0.8, ceiling: Math.min(1, 4 / k) },
  ]),
  wrong: [{ photo: 'Bob/<b>.jpg', person: 'Bob', nearest: 'Ann/2.jpg', nearestPerson: 'Ann', distance: 0.5123 }],
}
const full: FacesReport = {
  ...early,
  complete: true,
  seconds: 24,
  command: 'kindred faces photos',
  faces: 10,
  photosPerSecond: 8.25,
  dim: 128,
  recipe: 'dlib@b413',
  embedded: 10,
  photos: { total: 12, withFace: 10, withoutFace: 1, quarantined: 1, processed: 12, ignored: 3 },
  people: [
    { person: 'Ann', photos: 5, withFace: 4, faces: 4 },
    { person: 'Bob', photos: 6, withFace: 5, faces: 5 },
    { person: null, photos: 1, withFace: 1, faces: 1 },
  ],
  missed: [
    { photo: 'Ann/back.jpg', kind: 'no-face', reason: 'no face found' },
    { photo: 'Bob/cut.jpg', kind: 'corrupt', reason: 'damaged' },
  ],
  ignored: [
    { reason: 'raw photos are not read', count: 2, files: ['a.cr2', 'b.cr2'] },
    { reason: 'a pipe', count: 1, files: ['p.jpg'] },
  ],
  retrieval,
  overAll: { photos: 11, asking: 9, right: 8, share: 8 / 11, interval: { low: 0.43, high: 0.9 }, map: 0.74 },
  distances: {
    samePairs: 16,
    otherPairs: 20,
    same: 0.4,
    other: 0.85,
    refused: 'No limit was chosen.',
    thresholds: [{ name: 'published', value: 0.6, falseAccepts: 0.05, trueAccepts: 0.9, falseAcceptsInterval: { low: 0.001, high: 0.25 } }],
  },
  map: { method: 't-SNE', perplexity: 2, neighbourPreservation: 0.8, neighbours: 3, drawn: 10, points: [] },
}
/** The page's words, without markup and with plain spaces. */
const words = (page: string) =>
  page
    .replace(/<style>[\s\S]*?<\/style>|<svg[\s\S]*?<\/svg>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#39;/g, "'")
    .replaceAll('\u2060', '')
    .replace(/\s+/g, ' ')

describe('the faces page', () => {
  test('is whole: verdict, counts, misses, figures with intervals, ceilings, mistakes, thresholds', () => {
    const page = facesPage(full, {})
    const text = words(page)
    for (const part of [
      'A face was found in 10 of 12 photos (83.3 %); of those that could ask, the nearest face is right for 8 of 9',
      '72.7 % Nearest right, of all photos 8 of 11 labelled photos, a missed one counting as wrong',
      '88.9 % Nearest right, of faces found',
      '10 of 12',
      '1 without; 1 could not be read',
      '95 % interval 56.5–98.0 %',
      '12 photos of 2 people',
      'Ann/back.jpg no face found',
      'Bob/cut.jpg damaged',
      '3 other files were left alone: Files Why Such as 2 raw photos are not read a.cr2, b.cr2 1 a pipe p.jpg',
      '8 of 9 faces find their own person first',
      'One face has no other photo of the same person',
      'all 3',
      '37.5 % of 37.5 %',
      'One face is nearest to a stranger',
      '0.512',
      'published 0.600 5.00 %',
      'No limit was chosen.',
      'kindred compare photos --models pixels,dlib',
    ])
      expect(text, part).toContain(part)
    expect(text).not.toMatch(/undefined|NaN|\[object/)
    for (const id of ['how', 'found', 'map', 'retrieval', 'neighbours', 'threshold', 'next', 'made'])
      expect(page.match(new RegExp(`id="${id}"`, 'g')), id).toHaveLength(1)
  })

  test('perfect figures over a few found faces never lead: the share of photos that were found does', () => {
    const perfect = { ...retrieval, queries: 12, knnAccuracy: 1, map: 1, wrong: [] }
    const photos = { ...full.photos, total: 395, withFace: 12, withoutFace: 383, quarantined: 0, missed: 383, notRead: 5 }
    const overAll = { photos: 400, asking: 12, right: 12, share: 0.03, interval: { low: 0.017, high: 0.052 }, map: 0.03 }
    const text = words(facesPage({ ...full, faces: 12, photos, retrieval: perfect, overAll }, {}))
    expect(text).toContain('A face was found in 12 of 400 photos (3.0 %); of those that could ask, the nearest face is right for 12 of 12')
    expect(text.indexOf('3.0 % Nearest right, of all photos')).toBeGreaterThan(0)
    expect(text.indexOf('3.0 % Nearest right, of all photos')).toBeLessThan(text.indexOf('100.0 %'))
    expect(text).toContain('383 without; 5 of formats that are not read here')
    const whole = words(
      facesPage({ ...full, photos: { ...photos, total: 12, withFace: 12, withoutFace: 0, missed: 0, notRead: 0 }, missed: [] }, {}),
    )
    expect(whole).toContain('The nearest face shows the same person 88.9 % of the time')
  })

  test('while the run goes on it reloads itself and says what is missing', () => {
    const page = facesPage(early, {})
    expect(page).toContain('<meta http-equiv="refresh" content="5">')
    expect(words(page)).toContain('Still running: faces, 3 of 12 photos')
    expect(words(page).match(/computing…/g)!.length).toBeGreaterThan(4)
    expect(words(page)).not.toMatch(/undefined|NaN|\[object/)
    const stopped = facesPage({ ...early, complete: true, stopped: 'faces: a stop.' }, {})
    expect(stopped).not.toContain('http-equiv="refresh"')
    expect(words(stopped)).toContain('The run ended early. faces: a stop.')
  })

  test('who may be one person: pairs, folders that look like two, and whose distances decide', () => {
    const suggestions: FacesReport['suggestions'] = {
      words: 'radius 0.5 and reach 0.6: published',
      radius: 0.5,
      reach: 0.6,
      count: 1,
      pairs: [
        {
          a: 'Ann',
          b: 'x.jpg, face <2>',
          photos: ['Ann/1.jpg', 'x.jpg'],
          faces: [0, 1],
          distance: 0.5712,
          nearest: 0.5,
          odds: { same: 30, of: 40 },
          why: 'because',
        },
      ],
      split: [{ person: 'Bob', pieces: [14, 9], distance: 0.747, photos: ['Bob/1.jpg', 'Bob/2.jpg'] }],
    }
    const page = facesPage({ ...full, suggestions }, { pairs: '<svg id="p"/>' })
    expect(page).toContain('1\u00a0pair may be one person, 1\u00a0folder may show two people')
    for (const words of ['x.jpg, face &lt;2&gt;', '0.571', '30 of 40', '14, 9', '0.747', 'radius 0.5 and reach 0.6: published'])
      expect(page).toContain(words)
    expect(facesPage(full, {})).not.toContain('id="pairs"')
    const none = facesPage({ ...full, suggestions: { ...suggestions, count: 0, pairs: [], split: [] } }, {})
    expect(none).toContain('No two groups look like one person, and no folder like two')
  })

  test('photos without names: no thresholds, and what to do', () => {
    const page = words(
      facesPage(
        {
          ...early,
          complete: true,
          faces: 3,
          photos: { ...early.photos, total: 3, withFace: 3 },
          people: [{ person: null, photos: 3, withFace: 3, faces: 3 }],
          noRetrieval: 'The photos have no labels.',
        },
        {},
      ),
    )
    expect(page).toContain('3 faces found in 3 photos')
    expect(page).toContain('The photos have no labels.')
    expect(page).toContain('kindred group photos')
    expect(page).not.toContain('When is near near enough?')
  })

  test('what is asked next is asked of the run, and what is looked at anew are the photos', () => {
    const page = words(facesPage(full, {}, 'runs/faces'))
    for (const command of ['kindred search runs/faces QUERY.jpg', '--calibrate runs/faces', 'kindred compare photos --models'])
      expect(page).toContain(command)
  })

  test('a first run has kept nothing from an earlier one', () => {
    const made = (processed: number, embedded: number): string =>
      words(facesPage({ ...full, photos: { ...full.photos, processed }, embedded }, {}))
    expect(made(full.photos.total, full.faces)).not.toContain('earlier run')
    expect(made(full.photos.total - 1, full.faces)).toContain('the rest was kept from an earlier run')
    expect(made(full.photos.total, full.faces - 1)).toContain('the rest was kept from an earlier run')
    expect(made(1, 1)).toContain('photos a second, from the file to the vectors')
  })

  test('text from outside cannot become markup, and commands are quoted', () => {
    const page = facesPage(
      {
        ...full,
        folder: 'my "photos" $HOME',
        people: [{ person: '<script>x</script>', photos: 1, withFace: 1, faces: 1 }],
        warnings: ['<img src=x>'],
      },
      {},
    )
    expect(page).not.toMatch(/<script|<img|<b>\.jpg/)
    expect(page).toContain('kindred compare &#39;my &quot;photos&quot; $HOME&#39;')
  })

  test('asks the network for nothing', () => {
    expect(facesPage(full, {}).replaceAll(/xmlns(:xlink)?="[^"]+"/g, '')).not.toMatch(
      /https?:\/\/|<script|<link rel="stylesheet"|@import|src="(?!data:)/,
    )
  })
})

describe('the comparison page', () => {
  const model = (name: string, share: number) => ({
    model: name,
    dim: 128,
    recipe: `${name}@1`,
    map: full.map!,
    retrieval: { ...retrieval, knnAccuracy: share, map: share },
  })
  const report: CompareReport = {
    complete: true,
    seconds: 30,
    seed: 0,
    folder: 'photos',
    photos: full.photos,
    faces: 10,
    detector: 'ssd',
    people: full.people,
    missed: [],
    names: ['pixels', 'dlib'],
    models: [model('pixels', 0.4), model('dlib', 0.9)],
    difference: {
      queries: 9,
      silhouette: 0.2,
      recallAt: { 5: { value: 0, low: 0, high: 0, verdict: 'may be luck' } },
      knnAccuracy: { value: 0.5, low: 0.2, high: 0.8, verdict: 'more than luck', onlyFirst: 0, onlySecond: 8, pValue: 0.0078125 },
      map: { value: 0.5, low: 0.3, high: 0.7, verdict: 'more than luck' },
    },
  }

  test('says who is better and whether it may be luck', () => {
    const text = words(comparePage(report, {}))
    expect(text).toContain('dlib’s face network finds people better, and that is more than luck')
    expect(text).toContain('raw pixels alone is right on 0 , dlib’s face network alone on 8')
    expect(text).toContain('or one more so, is 1 in 130 (McNemar’s exact test)')
    expect(text).toContain('lies from +30.0 to +70.0 percentage points')
    const chance = words(
      comparePage(
        {
          ...report,
          difference: {
            ...report.difference!,
            knnAccuracy: { ...report.difference!.knnAccuracy, verdict: 'may be luck', pValue: 0.4 },
            map: { value: -0.01, low: -0.05, high: 0.02, verdict: 'may be luck' },
          },
        },
        {},
      ),
    )
    expect(chance).toContain('raw pixels came out ahead, but that may be luck')
    expect(chance).toContain('is 40 in 100')
    expect(chance).toContain('from −5.0 to +2.0')
  })

  test('while it runs, and without names', () => {
    const { difference: _, ...rest } = report
    expect(words(comparePage({ ...rest, complete: false, models: [] }, {}))).toContain('computing…')
    const nameless = words(comparePage({ ...rest, noRetrieval: 'No labels.' }, {}))
    expect(nameless).toContain('raw pixels and dlib’s face network on the same faces')
    expect(nameless).not.toMatch(/computing…|undefined|NaN/)
  })
})
