/** @file The gradient check: every differentiable primitive against central differences in float64. */
import { describe, expect, test } from 'vitest'
import { checks, drawNumbers, hasOp, smoothInputs } from '../../test/support/primitive-checks.ts'
import { constant, evaluate, grad, input, matmul, mul, reshape, stopGradient, sum, type NdArray } from './index.ts'

describe('gradients equal central differences in float64', () => {
  for (const [op, list] of Object.entries(checks)) {
    test.each(list.map((check, i) => ({ check, i })))(`${op} $i`, ({ check }) => {
      const draw = drawNumbers(op, check)
      const xs = check.shapes.map((shape, i) => input(`x${i}`, shape))
      const y = check.f(...xs)
      expect(hasOp(y, op)).toBe(true)
      const weights = draw(y.shape as number[])
      const loss = sum(mul(y, input('weights', y.shape)))
      const wrt = smoothInputs(loss, xs)
      const gradients = grad(loss, wrt)
      const feeds: Record<string, NdArray> = { weights }
      check.shapes.forEach((shape, i) => (feeds[`x${i}`] = draw(shape)))
      const analytic = evaluate(gradients, feeds)
      let largest = 0
      gradients.forEach((g, k) => {
        const { name } = wrt[k].node.attrs as { name: string }
        expect(g.shape).toEqual(feeds[name].shape)
        feeds[name].data.forEach((value, i) => {
          const at = (v: number) => {
            const moved = { shape: feeds[name].shape, data: feeds[name].data.slice() }
            moved.data[i] = v
            return evaluate([loss], { ...feeds, [name]: moved })[0].data[0]
          }
          const h = 1e-6
          const numeric = (at(value + h) - at(value - h)) / (2 * h)
          largest = Math.max(largest, Math.abs(numeric))
          expect(analytic[k].data[i]).toBeCloseTo(numeric, 6)
        })
      })
      expect(largest).toBeGreaterThan(0.01) // a check whose gradients are all zero proves nothing
    })
  }
})

test('a value used twice gets the sum of both gradients', () => {
  const x = input('x', [2])
  const [g] = grad(sum(mul(mul(x, x), x)), [x])
  expect([...evaluate([g], { x: { shape: [2], data: Float64Array.of(2, -3) } })[0].data]).toEqual([12, 27])
})

test('gradients of gradients work: convolution aside, any graph can be differentiated again', () => {
  const x = input('x', [])
  const [first] = grad(mul(mul(x, x), x), [x])
  const [second] = grad(first, [x])
  expect(evaluate([second], { x: { shape: [], data: Float64Array.of(5) } })[0].data[0]).toBe(30)
})

test('errors name both shapes, and say when a loss cannot reach a tensor', () => {
  const a = input('a', ['N', 3])
  const b = input('b', [4, 2])
  expect(() => matmul(a, b)).toThrow('float32[N, 3] and float32[4, 2]')
  expect(() => mul(a, b)).toThrow('float32[N, 3] and float32[4, 2]')
  expect(() => reshape(a, ['N', 4])).toThrow('[N, 4]')
  expect(() => grad(a, [b])).toThrow('must be a float32 scalar')
  expect(() => grad(sum(stopGradient(b)), [b])).toThrow('no path to b float32[4, 2]')
  expect(() => constant([1, 2, 3], [2, 2])).toThrow('4 values')
})
