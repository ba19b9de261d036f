/** @file The pool computed by phases gives what the plain pool gives, in value and gradient, ties included. */
import { describe, expect, test } from 'vitest'
import { rng } from '../base/index.ts'
import {
  conv2d,
  evaluate,
  grad,
  input,
  maxPool2d,
  maxPool2dByPhases,
  mul,
  ndarray,
  sum,
  topologicalOrder,
  type ConvOptions,
  type NdArray,
  type Tensor,
} from './index.ts'

const cases: Record<string, { image: number[]; kernel: number[]; conv: ConvOptions }> = {
  'even size, padded': { image: [2, 1, 6, 8], kernel: [3, 1, 3, 3], conv: { padding: 1 } },
  'odd size: the last row falls away': { image: [1, 2, 7, 5], kernel: [2, 2, 3, 3], conv: { padding: 1 } },
  '5x5 dilated, colour': { image: [1, 3, 10, 9], kernel: [2, 3, 5, 3], conv: { padding: [4, 2, 3, 2], dilation: [2, 1] } },
}

describe.each(Object.entries(cases))('%s', (_, { image, kernel, conv }) => {
  test('agrees with maxPool2d', () => {
    const random = rng(3)
    // Whole numbers in a narrow range, and a blank half: ties everywhere.
    const draw = (shape: readonly number[], low = -1): NdArray => ({
      shape,
      data: ndarray(shape).data.map(() => low + Math.floor(random.uniform() * 3)),
    })
    const build = (pool: (x: Tensor) => Tensor) => {
      const w = input('w', kernel)
      const b = input('b', [kernel[0]])
      const y = pool(conv2d(input('x', image), w, b, conv))
      return [y, ...grad(sum(mul(y, input('g', y.shape))), [w, b])]
    }
    const [plain, phases] = [build((x) => maxPool2d(x)), build((x) => maxPool2dByPhases(x))]
    expect(topologicalOrder(phases).some((n) => n.op === 'maxPool2d')).toBe(false)
    const x = draw(image, 0)
    x.data.fill(0, 0, x.data.length / 2)
    const feeds = { x, w: draw(kernel), b: draw([kernel[0]]), g: draw(plain[0].shape as number[], 1) }
    const [expected, got] = [evaluate(plain, feeds), evaluate(phases, feeds)]
    expect(got).toEqual(expected)
    expect(Math.max(...expected[1].data)).toBeGreaterThan(3)
  })
})

test('leaves every other pool as it is', () => {
  const x = input('x', [1, 8, 6, 6])
  const w = input('w', [2, 8, 3, 3])
  for (const y of [conv2d(x, w, undefined, { padding: 1 }), conv2d(input('one', [1, 1, 6, 6]), input('v', [2, 1, 3, 3])), x])
    expect(maxPool2dByPhases(y).node.op).toBe('maxPool2d')
})
