import { describe, expect, test } from 'vitest'
import { countPhotos, findTips, ignoredFiles, ignoredLines, missedLines } from './missed-photos.ts'

const photos = { total: 400, withFace: 12, withoutFace: 385, quarantined: 3, processed: 400, ignored: 12 }
const raw = { path: 'anna/1.cr2', reason: 'raw photos are not read: save it as JPEG or PNG' }
const film = { path: 'party.mov', reason: 'films are not read: save single pictures of it as JPEG' }
const link = { path: 'gone.jpg', reason: 'a link that leads nowhere' }
const found = {
  summary: { photos, faces: 12 },
  skipped: [film, ...Array.from({ length: 5 }, (_, i) => ({ ...raw, path: `anna/${i}.cr2` })), link],
  others: ['a.txt', 'b.txt'],
}

describe('counts', () => {
  test('photos that are not read here are told from films, links and files that are none', () => {
    expect(countPhotos(found)).toEqual({ ...photos, missed: 388, notRead: 5, ignored: 19 })
    expect(ignoredFiles(found)).toEqual([
      { reason: raw.reason, count: 5, files: [0, 1, 2, 3, 4].map((i) => `anna/${i}.cr2`), photos: true },
      { reason: film.reason, count: 1, files: ['party.mov'] },
      { reason: link.reason, count: 1, files: ['gone.jpg'] },
      { reason: 'no photos by their names', count: 12, files: ['a.txt', 'b.txt'] },
    ])
  })
  test('lists are bounded', () => {
    const many = { ...found, skipped: Array.from({ length: 30_000 }, (_, i) => ({ ...link, path: `${i}.jpg` })) }
    expect(ignoredFiles(many)[0]).toMatchObject({ count: 30_000, files: { length: 20 } })
  })
})

describe('lines', () => {
  test('each reason once, with its number, the first names and a way out', () => {
    const missed = [
      ...Array.from({ length: 385 }, (_, i) => ({ photo: `${i}.jpg`, kind: 'no-face', reason: 'no face found' })),
      { photo: 'a.jpg', kind: 'unsupported', reason: 'a film: not a format that is read. Save it as JPEG or PNG.' },
      { photo: 'b.jpg', kind: 'unsupported', reason: 'a JPEG XL: not a format that is read. Save it as JPEG or PNG.' },
      {
        photo: 'c.jpg',
        kind: 'too-large',
        reason: 'at most 5 pixels (limit imagePixels), got 6. If this input is meant, raise the limit: `imagePixels` (setLimits in code).',
      },
      { photo: 'd.jpg', kind: 'empty', reason: 'the file is empty' },
      { photo: 'e.jpg', kind: 'empty', reason: 'the file is empty' },
    ]
    expect(missedLines(missed, 'out/quarantine.jsonl', ['this', 'that'])).toEqual([
      '385 photos without a face that was found: 0.jpg, 1.jpg, 2.jpg, and 382 more: out/quarantine.jsonl',
      '  to try: this; that',
      '2 photos empty: d.jpg, e.jpg',
      '1 photo above a limit: c.jpg (at most 5 pixels (limit imagePixels), got 6. If this input is meant, raise the limit: `imagePixels` (setLimits in code).)',
      '1 photo of a format that is not read: b.jpg (a JPEG XL: not a format that is read. Save it as JPEG or PNG.)',
      '1 photo of a format that is not read: a.jpg (a film: not a format that is read. Save it as JPEG or PNG.)',
    ])
    expect(missedLines([], 'x', ['this'])).toEqual([])
  })
  test('what was left alone: photos by format, all else in one line', () => {
    expect(ignoredLines(ignoredFiles(found))).toEqual([
      '5 photos not read: raw photos are not read: save it as JPEG or PNG (anna/0.cr2, anna/1.cr2, anna/2.cr2, and 2 more)',
      '14 files left alone: 1 films are not read: save single pictures of it as JPEG (party.mov); 1 a link that leads nowhere (gone.jpg); ' +
        '12 no photos by their names (a.txt, b.txt, and 10 more)',
    ])
    expect(ignoredLines([])).toEqual([])
  })
  test('tips follow from what was asked for', () => {
    expect(findTips({ detector: 'tiny', looks: 'first' }).slice(0, 2)).toEqual([
      expect.stringContaining('`looks` all'),
      expect.stringContaining('ssd'),
    ])
    expect(findTips({ detector: 'ssd', minSize: 40 })[0]).toContain('than 40')
  })
})
