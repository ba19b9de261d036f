import { expect, test } from 'vitest'
import { contradictionLines, contradictions, type Named } from './group-contradictions.ts'
import { distanceHere, hereLine, labelledPairs } from './labelled-pairs.ts'
import type { CropRecord } from '../faces/index.ts'

/** Faces on a line: photo, face of it, folder, place. */
const faces = [
  ['ann/1.jpg', 0, 'ann', 0],
  ['ann/2.jpg', 0, 'ann', 0.3],
  ['ann/2.jpg', 1, 'ann', 0.25],
  ['ann/3.jpg', 0, 'ann', 2],
  ['bob/1.jpg', 0, 'bob', 0.7],
  ['bob/2.jpg', 0, 'bob', 0.9],
  ['x.jpg', 0, null, 5],
  ['x.jpg', 1, null, 5.1],
] as const
const records = faces.map(([source, face, label]) => ({ source, sourceHash: source, face, label }) as unknown as CropRecord)
const vectors = Float32Array.from(faces.flatMap(([, , , at]) => [at, 0]))
const labels = Int32Array.from(faces, ([, face, label]) => (face > 0 || label === null ? -1 : ['ann', 'bob'].indexOf(label)))
const photos = records.map((r) => r.source)
const people = ['ann', 'bob']
const measure = (names?: Int32Array) => labelledPairs(vectors, 2, { labels, names, people, photos }, { near: 0.5, far: 1 })

test('pairs are counted by folders, without those of one photo', async () => {
  const pairs = await measure()
  const round = (list: Float64Array) => [...list].map((d) => Number(d.toFixed(3))).sort((a, b) => a - b)
  expect(round(pairs.same)).toEqual([0.2, 0.3, 1.7, 2])
  expect(round(pairs.different)).toEqual([0.4, 0.6, 0.7, 0.9, 1.1, 1.3])
  expect(pairs).toMatchObject({
    nearCount: 1,
    near: [{ a: 1, b: 4 }],
    farCount: 1,
    far: [{ a: 3, b: 1 }],
    faces: 5,
    people: 2,
    sampled: false,
  })
  const here = distanceHere(pairs, 0.5)!
  expect(here).toMatchObject({ samePerson: { pairs: 4, within: 2 }, twoPeople: { pairs: 6, within: 1 } })
  expect(here.twoPeople.interval.low).toBeLessThan(1 / 6)
  expect(here.twoPeople.interval.high).toBeGreaterThan(1 / 6)
  expect(hereLine(here, 'the radius')).toMatch(
    /^on your photos: within the radius lie 1 of 6 pairs of two people \(16\.7 %, .*\) and 2 of 4 pairs of one person \(50\.0 %, /,
  )
  expect(hereLine(undefined, 'the radius')).toContain('not known, as no two of them have names')
})

test('given names outweigh folders; between a given name and a folder nothing is known; faces of nobody are left out', async () => {
  // The user says that bob/1 is Ann, as ann/2 is: no pair of two people is near any more.
  expect(await measure(Int32Array.of(-1, 0, -1, -1, 0, -1, -1, -1))).toMatchObject({ nearCount: 0 })
  const nobody = await measure(Int32Array.of(-1, -2, -1, -1, -1, -1, -1, -1))
  expect(nobody).toMatchObject({ nearCount: 0, faces: 4 })
  const apart = await measure(Int32Array.of(-1, -1, -1, -1, 0, 1, -1, -1))
  expect(apart.near.map(({ a, b }) => [a, b])).toEqual([
    [4, 5],
    [1, 4],
  ])
})

test('a stop is heard', async () => {
  const signal = AbortSignal.abort()
  const many = { labels: new Int32Array(2000).fill(0), people: ['a'], photos: Array.from({ length: 2000 }, (_, i) => String(i)) }
  await expect(labelledPairs(new Float32Array(2000 * 128), 128, many, { near: 1, far: 1, signal })).rejects.toMatchObject({
    code: 'interrupted',
  })
})

test('each contradiction is told with its faces and what to do', async () => {
  const names = Int32Array.of(-1, -1, -1, -1, -1, -1, 0, 0)
  const named: Named = { records, vectors, dim: 2, labels, people, names, given: ['Xaver'] }
  const groups = [
    { name: 'Xaver', rows: [6, 7], found: [] },
    { name: null, rows: [0, 1, 2, 4, 5], found: [] },
  ]
  const found = contradictions(named, groups, await measure(names), {
    radius: 0.5,
    conflicts: [{ a: 1, b: 2, distance: 0.05, apart: 0 }],
    conflictCount: 1,
  })
  expect(found.mixed).toEqual([
    {
      group: 1,
      people: [
        { name: 'ann', faces: 2 },
        { name: 'bob', faces: 2 },
      ],
    },
  ])
  expect(found.twice).toEqual([
    { name: 'Xaver', rows: [6, 7], by: 'name' },
    { name: 'ann', rows: [1, 2], by: 'folder', distance: expect.closeTo(0.25, 6) },
  ])
  const lines = contradictionLines(found, named, { radius: 0.5, reach: 1, titles: ['Xaver', 'Group 1, no name yet'] })
  for (const [i, words] of [
    'ann/2.jpg and bob/1.jpg at 0.400. Take a smaller radius',
    'Group 1 holds faces of 2 folders: ann (2); bob (2)',
    '1 face lies beyond the reach 1 of all others of the same name: ann/3.jpg and ann/2.jpg at 1.700',
    'Xaver in x.jpg (face 1, face 2)',
    'ann in ann/2.jpg (face 1, face 2)',
    'One link was not followed, as two faces of one photo would have come into one group: ann/2.jpg and ann/2.jpg, face 2 at 0.050. A collage',
  ].entries())
    expect(lines[i]).toContain(words)
  const drawn = { ...found, compared: { faces: 2000, sampled: true } }
  expect(contradictionLines(drawn, named, { radius: 0.5, reach: 1, titles: ['Xaver', 'Group 1'] })[0]).toMatch(
    /^Among 2000 faces with names that were drawn, 1 pair of faces/,
  )
  // what a person has put together is not complained of
  const all = Int32Array.of(0, 0, 0, 0, 0, 0, -1, -1)
  const joined = [{ name: 'Both', rows: [0, 1, 2, 3, 4, 5], found: [] }]
  expect(
    contradictions({ ...named, names: all, given: ['Both'] }, joined, await measure(all), { radius: 0.5, conflicts: [], conflictCount: 0 })
      .mixed,
  ).toEqual([])
})
