import { expect, test } from 'vitest'
import { overAllPhotos } from './over-all-photos.ts'

test('a missed photo counts as wrong, and so does one whose person has no other found face', () => {
  const people = [
    { person: 'Ann', photos: 300, withFace: 8, faces: 8 },
    { person: 'Bob', photos: 98, withFace: 4, faces: 5 },
    { person: 'Cy', photos: 2, withFace: 1, faces: 1 },
    { person: 'Di', photos: 1, withFace: 1, faces: 1 }, // can never ask
    { person: null, photos: 50, withFace: 50, faces: 60 },
  ]
  const all = overAllPhotos(people, { knnAccuracy: 1, map: 0.5, queries: 12 })!
  expect(all).toMatchObject({ photos: 400, asking: 12, right: 12, share: 0.03, map: 0.015 })
  expect(all.interval.low).toBeLessThan(0.03)
  expect(all.interval.high).toBeGreaterThan(0.03)
  // of 12,000 that could ask 500 did
  const large = [{ person: 'Ann', photos: 20_000, withFace: 12_000, faces: 12_000 }]
  expect(overAllPhotos(large, { knnAccuracy: 0.9, map: 0.5, queries: 500, askable: 12_000 })).toMatchObject({
    asking: 12_000,
    share: 0.54,
    map: 0.3,
  })
  expect(overAllPhotos(people.slice(3), { knnAccuracy: 1, map: 1, queries: 1 })).toBeUndefined()
})
