/** @file Learning: gains on people it has not seen, refuses what is too little, does not take what gains nothing, and never looks at what it is judged on. */
import { expect, test } from 'vitest'
import { blurredPeople } from '../../../test/support/blurred-people.ts'
import { projectVectors } from '../../train/index.ts'
import { foldsOfPeople, foldsOfPhotos, heldOutPairs, judgeQuestions, seenBy } from './judge-head.ts'
import { learnHead, leastToLearn } from './learn-head.ts'

test('people hidden behind a nuisance that all share: better on people not seen; same seed, same words', async () => {
  const data = blurredPeople(1, { people: 10, photos: 6 })
  const learned = await learnHead(data)
  const { unseenPeople, unseenPhotos, worseCopies } = learned.judged
  expect(learned.better).toBe(true)
  expect(learned.verdict).toMatch(/^Taken, as it did better on photos of people it had not seen: mAP 0\.\d{3} before, 0\.\d{3} after/)
  expect(unseenPeople!.queries).toBe(60)
  expect(unseenPeople!.map.difference).toBeGreaterThan(0.1)
  expect(unseenPeople!.map.low).toBeGreaterThan(0)
  expect(unseenPhotos!.knnAccuracy.after).toBeGreaterThan(unseenPhotos!.knnAccuracy.before)
  expect(worseCopies).toBeUndefined()
  expect(learned.threshold!.rule.threshold).toBeGreaterThan(0)
  expect((await learnHead(data)).judged).toEqual(learned.judged)
}, 60_000)

test('where all are told apart already nothing is taken, and the reason is said', async () => {
  const learned = await learnHead(blurredPeople(2, { people: 5, photos: 8, nuisance: 0 }))
  expect(learned.judged.unseenPeople!.map.before).toBe(1)
  expect([learned.better, learned.verdict.slice(0, 40)]).toEqual([false, 'Not taken, as nothing is sure to be gain'])
}, 60_000)

test('a label drawn at random teaches nothing that is taken', async () => {
  const data = blurredPeople(4, { people: 8, photos: 6, nuisance: 1 })
  const labels = Int32Array.from(data.labels.keys(), (i) => i % 8)
  expect((await learnHead({ ...data, labels })).better).toBe(false)
}, 60_000)

test('worse copies ask in the place of the unseen, and do not find the photo they were made of', async () => {
  const data = blurredPeople(5, { people: 4, photos: 3, nuisance: 0 })
  const photos = [...data.labels.keys()].map(String)
  const worse = { vectors: data.vectors.slice(), of: Int32Array.from(data.labels.keys()) } // copies as good as the photos
  const identity = { dim: data.dim, weight: Float32Array.from({ length: 256 }, (_, i) => (i % 17 === 0 ? 1 : 0)) }
  const folds = foldsOfPeople(data, 5, 0).map((unseen) => ({ unseen, head: identity }))
  const asked = { ...data, photos, worse }
  const [own, copies] = [(await judgeQuestions(asked, folds))!, (await judgeQuestions(asked, folds, { worse: true }))!]
  expect(copies.map).toEqual(own.map)
  expect(own.map.difference).toBe(0)
  await expect(judgeQuestions(asked, folds, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'interrupted' })
})

test('folds: each person, or photo, is left out once; copies of a photo stay together; a head sees nothing of what it is judged on', () => {
  const { vectors, dim, labels } = blurredPeople(6, { people: 7, photos: 4 })
  const photos = [...labels.keys()].map((i) => (i === 1 ? '0' : String(i))) // 0 and 1 are one photo
  const data = { vectors, dim, labels, photos, worse: { vectors, of: Int32Array.from(labels.keys()) } }
  for (const folds of [foldsOfPeople(data, 5, 1), foldsOfPhotos(data, 5, 1)])
    expect(folds.flat().sort((a, b) => a - b)).toEqual([...labels.keys()])
  for (const unseen of foldsOfPeople(data, 5, 1)) {
    const seen = seenBy(data, unseen)
    const hidden = new Set(unseen.map((i) => labels[i]))
    expect([...seen.labels].some((l) => hidden.has(l))).toBe(false)
    expect(seen.vectors).toHaveLength(seen.labels.length * dim)
    expect(seen.labels).toHaveLength(2 * (labels.length - unseen.length))
  }
  for (const unseen of foldsOfPhotos(data, 4, 1)) expect(unseen.includes(0)).toBe(unseen.includes(1))
  const identity = { dim, weight: Float32Array.from({ length: dim * dim }, (_, i) => (i % (dim + 1) === 0 ? 1 : 0)) }
  expect(projectVectors(identity, vectors)).toEqual(vectors)
  const folds = foldsOfPeople(data, 5, 1).map((unseen) => ({ unseen, head: identity }))
  // 7 people, 4 photos each: 6 pairs of one person a person, less the one of the photo and its copy.
  expect(heldOutPairs(data, folds).genuine).toHaveLength(7 * 6 - 1)
})

test('too few people or photos are refused with what is needed and what is there; a stop is heard', async () => {
  const refused = async (people: number, photos: number): Promise<string> =>
    learnHead(blurredPeople(7, { people, photos })).then(
      () => 'learnt',
      (error: Error) => error.message,
    )
  expect(await refused(leastToLearn.people - 1, 20)).toContain('got 3 people with 60 photos')
  expect(await refused(20, leastToLearn.photosEach - 1)).toContain('got nobody with so many')
  expect(await refused(5, 5)).toContain('40 photos together, got 5 people with 25 photos. Confirm more people')
  const data = blurredPeople(8, { people: 5, photos: 10 })
  // Copies of one photo are one photo.
  await expect(learnHead({ ...data, photos: [...data.labels.keys()].map((i) => String(i >> 1)) })).rejects.toThrow('25 photos')
  await expect(learnHead({ ...data, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'interrupted' })
})
