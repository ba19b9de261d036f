/** @file Presets on images of other classes than the ten digits. */
import { expect, test } from 'vitest'
import { outlierTraining, preset } from './presets.ts'

const labels = (classes: number) => Int32Array.from({ length: 600 }, (_, i) => i % classes)

test.each([
  [2, 24],
  [5, 60],
  [10, 120],
  [12, 120],
])('of %i classes, a batch has %i images', (classes, images) => {
  const { training } = preset('default')
  const { batches } = training as { batches: Exclude<typeof training.batches, Function> }
  const drawn = batches.over(labels(classes), { seed: 0 }).next()
  expect([drawn.length, new Set(drawn.map((i) => i % classes)).size]).toEqual([images, Math.min(10, classes)])
  expect(batches).toMatchObject({ name: 'm per class', options: { classes: 10, perClass: 12 } })
})

test('so is a training against outliers', () => {
  const { batches } = outlierTraining(preset('default')) as unknown as { batches: { over(labels: Int32Array): { size: number } } }
  expect(batches.over(labels(5)).size).toBe(60)
  const { objective } = outlierTraining(preset('default'), 5)
  expect(Object.values(objective.words)).toEqual(expect.arrayContaining(['soft-negative triplet', 'class or none', '0.5', '5']))
})
