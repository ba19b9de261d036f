/** @file A head on disk: found again by its hash, refused when it is gone or another, and a space of its own that nothing else is mixed with. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { dlibTemplate, faceModelOf, faceRecipeSchema, type FaceModel, type FaceRecipe } from '../../faces/index.ts'
import { assertSameRecipe, describeRecipe, sameRecipe } from '../../recipe/index.ts'
import { publishedRadius, publishedThreshold } from '../published.ts'
import { findHead, modelWithHead, readHead, recipeWithHead, writeHead } from './head-file.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-head-'))
afterAll(() => rmSync(root, { recursive: true }))

const recipe: FaceRecipe = {
  model: { name: 'dlib', hash: 'ab'.repeat(32) },
  preprocessing: {
    size: 150,
    layout: 'NCHW',
    channels: 'RGB',
    mean: [0, 0, 0],
    scale: [1, 1, 1],
    output: 'output',
    pooling: 'none',
    normalise: false,
    flip: false,
  },
  alignment: dlibTemplate,
  detector: 'ssd:1',
}
const turned = { dim: 2, weight: Float32Array.of(0, -1, 1, 0) }
const path = join(root, 'head.onnx')
writeHead(path, turned, recipe, { people: '5' })

/** A model whose vector is the first two bytes of a crop. */
const model = (r: FaceRecipe = recipe): FaceModel =>
  faceModelOf({
    name: 'two bytes',
    dim: 2,
    template: { ...dlibTemplate, size: 2 },
    recipe: r,
    embed: async (crops, side) =>
      Float32Array.from({ length: (2 * crops.length) / (side * side * 3) }, (_, i) => crops[(i >> 1) * side * side * 3 + (i & 1)]),
    dispose: async () => {},
  })

test('vectors pass through it, and their recipe says so; without it nothing is the same', async () => {
  const head = readHead(path)
  expect(head.words['kindred.people']).toBe('5')
  const learnt = modelWithHead(model(), head)
  expect([...(await learnt.embed(Uint8Array.of(3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))]).toEqual([-4, 3])
  expect(sameRecipe(learnt.recipe, recipe)).toBe(false)
  expect(describeRecipe(learnt.recipe)).toContain(`head learned@${head.hash.slice(0, 12)}, dim 2`)
  expect(() => assertSameRecipe(recipe, learnt.recipe)).toThrow('which differs in head')
  expect([publishedThreshold(recipe)?.threshold, publishedThreshold(learnt.recipe)]).toEqual([0.6, undefined])
  expect([publishedRadius(recipe), publishedRadius(learnt.recipe)]).toEqual([0.5, undefined])
  // Recipes of files that older versions wrote know no head; one that does survives JSON.
  expect(faceRecipeSchema.parse(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe)
  expect(faceRecipeSchema.parse(JSON.parse(JSON.stringify(learnt.recipe)))).toEqual(learnt.recipe)
})

test('another model, or another detector, is refused with both recipes', () => {
  const other = { ...recipe, detector: 'tiny:2' }
  expect(() => modelWithHead(model(other), readHead(path))).toThrow(expect.objectContaining({ code: 'mismatch' }))
  expect(() => modelWithHead(model(other), readHead(path))).toThrow('detector ssd:1')
})

test('where it lies is no part of what it is: it is found where it was moved to', () => {
  mkdirSync(join(root, 'moved'))
  const there = join(root, 'moved', 'head.onnx')
  const named = recipeWithHead(recipe, readHead(path)).head!
  renameSync(path, there)
  expect(() => findHead(named)).toThrow(expect.objectContaining({ code: 'not-found' }))
  const found = findHead(named, [there])
  expect(found.weight).toEqual(turned.weight)
  expect(sameRecipe(recipeWithHead(recipe, found), { ...recipe, head: named })).toBe(true)
})

test('another head in its place, or a damaged one, is refused', () => {
  const named = { ...recipeWithHead(recipe, readHead(join(root, 'moved', 'head.onnx'))).head!, path: undefined }
  writeHead(path, { dim: 2, weight: Float32Array.of(1, 0, 0, 1) }, recipe, {})
  expect(() => findHead(named, [path])).toThrow(
    `the head ${named.hash.slice(0, 12)} that these vectors passed through must be there, got another one`,
  )
  writeFileSync(path, 'no head')
  expect(() => findHead(named, [path])).toThrow(expect.objectContaining({ code: 'corrupt' }))
})
