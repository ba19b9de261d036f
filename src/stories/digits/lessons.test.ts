import { expect, test } from 'vitest'
import { inMemory, take } from '../../dataset/index.ts'
import { fashionClasses, loadMnist, trainFonts } from '../../digits/index.ts'
import { digitsOfAllKinds } from './lessons.ts'
import type { Run } from './run.ts'

const fonts = trainFonts.slice(0, 2).map((f) => f.name)
const some = take(await loadMnist({ split: 'test' }), 60)
const runOf = (train: Run['train'], images?: number) => ({ train, seed: 0, options: { images } }) as unknown as Run

test('digits of all kinds: the training digits, as many drawn in fonts and framed again, under their own names', () => {
  const all = digitsOfAllKinds(runOf(some, 40), fonts)
  expect(all.classes).toEqual(some.classes)
  expect(all.count).toBe(60 + 40 + 40)
  expect(Array.from(all.labels.slice(0, 60))).toEqual(Array.from(some.labels))
  expect(Array.from(all.labels.slice(60, 100))).toEqual(Array.from({ length: 40 }, (_, i) => Math.floor(i / 4)))
  expect(Array.from(all.labels.slice(100))).toEqual(Array.from(some.labels.slice(0, 40)))
  expect(digitsOfAllKinds(runOf(some), fonts).count).toBe(180) // never more than there are
})

test('what is no set of ten digits is left as it is', () => {
  const { images, labels, height, width } = some
  const garments = inMemory({ images, labels, height, width, classes: fashionClasses, source: 'garments' })
  expect(digitsOfAllKinds(runOf(garments), fonts)).toBe(garments)
})
