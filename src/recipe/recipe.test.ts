/** @file Recipes: what is one, what are two, and how that is said. */
import { expect, test } from 'vitest'
import { assertSameRecipe, describeRecipe, recipeHash, sameRecipe } from './index.ts'

test('the order of fields does not matter, every change of a value does', () => {
  const recipe = { model: 'a', mean: [1, 2], nested: { x: null, y: true } }
  expect(recipeHash(recipe)).toBe(recipeHash({ nested: { y: true, x: null }, mean: [1, 2], model: 'a', more: undefined }))
  // printf '{"mean":[1,2],"model":"a","nested":{"x":null,"y":true}}' | sha256sum
  expect(recipeHash(recipe)).toBe('9d1870bba5b352eecf7a3fda5bcbc954e00f55d9d1a6a3bc8279542a7407e871')
  for (const other of [
    { ...recipe, mean: [2, 1] },
    { ...recipe, model: 'b' },
    { model: 'a', mean: [1, 2] },
    { ...recipe, mean: { 0: 1, 1: 2 } },
  ])
    expect(sameRecipe(other, recipe)).toBe(false)
  expect(sameRecipe(recipe, recipeHash(recipe))).toBe(true)
})

test('what a hash names has no other name; without one the name counts', () => {
  const of = (model: object, rest: object = {}) => ({ model, alignment: { name: 'similarity', size: 150 }, ...rest })
  const recipe = of({ name: 'face.onnx', hash: 'a1' })
  for (const same of [
    of({ hash: 'a1' }),
    of({ name: 'renamed.onnx', path: '/elsewhere/renamed.onnx', file: 'x.onnx', licence: 'MIT', hash: 'a1' }),
  ]) {
    expect(recipeHash(same)).toBe(recipeHash(recipe))
    assertSameRecipe(recipe, same)
  }
  for (const other of [
    of({ name: 'face.onnx', hash: 'a2' }),
    of({ name: 'face.onnx' }),
    of({ hash: 'a1', layer: 'fc7' }),
    of({ hash: 'a1' }, { alignment: { name: 'upright', size: 150 } }),
  ])
    expect(sameRecipe(recipe, other)).toBe(false)
})

test('two recipes are named with the fields in which they differ', () => {
  const recipe = { model: { name: 'dlib', hash: 'b413e420d684ffff' }, preprocessing: { size: 150, mean: [0, 0, 0] }, detector: 'ssd:1' }
  expect(describeRecipe(recipe)).toBe(
    `model dlib@b413e420d684; preprocessing size 150, mean 0 0 0; detector ssd:1 (${recipeHash(recipe).slice(0, 12)})`,
  )
  const other = { ...recipe, preprocessing: { size: 160, mean: [0, 0, 0], flip: true }, model: { hash: 'c' } }
  expect(() => assertSameRecipe(recipe, other, { where: 'search', fix: 'Do this.' })).toThrow(
    expect.objectContaining({
      code: 'mismatch',
      message:
        `search: vectors must be made by the recipe [${describeRecipe(recipe)}], got [${describeRecipe(other)}], ` +
        `which differs in model.hash, preprocessing.size, preprocessing.flip. Do this.`,
    }),
  )
  expect(() => assertSameRecipe(recipe, 'ff'.repeat(32))).toThrow('got that of the hash ffffffffffff.')
})

test.each([NaN, 1n, () => 1, Symbol('x'), [undefined]])('%s is no part of a recipe', (value) => {
  expect(() => recipeHash({ a: { b: value } })).toThrow('a recipe must be plain data')
})
test.each([[[1]], [null], ['a']])('%j is no recipe', (value) => {
  expect(() => recipeHash(value as never)).toThrow('a recipe must be an object of fields')
})
