/** @file VGG16's published figures; that it computes what Keras and PyTorch compute is tested with the weight readers in room models. */
import { expect, test } from 'vitest'
import { input, sizeOf } from '../../tensor/index.ts'
import { Scope, vgg16, vggLayerSpecs, type VggLayer } from '../index.ts'

const built = (layer: VggLayer, classes = 2622) => {
  const scope = new Scope()
  const y = vgg16({ layer, classes })(input('x', ['N', 3, 224, 224]), scope)
  return { y, parameters: scope.weights.reduce((n, w) => n + sizeOf(w.shape), 0), names: scope.weights.map((w) => w.name) }
}

test('the published numbers of parameters', () => {
  expect(built('fc8').parameters).toBe(145_002_878)
  expect(built('fc8', 1000).parameters).toBe(138_357_544)
  expect(built('pool5/avg').parameters).toBe(14_714_688)
})

test('each cut has its length', () => {
  expect(built('fc7').y.shape).toEqual(['N', 4096])
  expect(built('fc7').y.node.op).toBe('add')
  expect(built('fc7/relu').y.node.op).toBe('relu')
  expect(built('fc8').y.shape).toEqual(['N', 2622])
  for (const layer of ['pool5/avg', 'pool5/max'] as const) expect(built(layer).y.shape).toEqual(['N', 512])
})

test('its weights are called and shaped as the readers fill them', () => {
  const scope = new Scope()
  vgg16({ layer: 'fc8', width: 4, classes: 7 })(input('x', [1, 3, 224, 224]), scope)
  const specs = vggLayerSpecs({ width: 4, classes: 7 })
  expect(scope.weights.map((w) => w.name)).toEqual(specs.flatMap(({ name }) => [`${name}.weight`, `${name}.bias`]))
  expect(scope.weights.filter((w) => w.name.endsWith('.weight')).map((w) => w.shape)).toEqual(specs.map((s) => s.shape))
})

test('a layer that is none is told', () => {
  expect(() => vgg16({ layer: 'fc9' as 'fc8' })).toThrow('Did you mean "fc')
  expect(() => vgg16({ width: 0 })).toThrow('width must be a positive integer')
})
