import { describe, expect, it } from 'vitest'
import golden from '../../test/golden/data.json' with { type: 'json' }
import { rng, rngFromState, type Rng } from '../base/index.ts'
import { affineAugmenter } from './augment.ts'

/** A generator that says what it is told. */
function scripted(draws: number[]): Rng {
  let at = 0
  return { ...rng(0), uniform: () => draws[at++] }
}
const picture = Uint8Array.from(golden.warp.picture)
const strong = { rotate: 20, scale: 0.15, shear: 0.2, translate: 2, elastic: 2 }

describe('affine augmenter', () => {
  it.each(golden.warp.cases)("warps as scipy's map_coordinates does", ({ limits, draws, warped }) => {
    const out = new Float32Array(784)
    affineAugmenter(limits, scripted(draws)).warp(picture, undefined, out, 1)
    // weights have 8 bits and positions 16: half a grey level or so at steep edges
    const worst = Math.max(...warped.map((v, i) => Math.abs(v - out[i])))
    expect(worst).toBeLessThan(1.2)
    const mean = warped.reduce((sum, v, i) => sum + Math.abs(v - out[i]), 0) / 784
    expect(mean).toBeLessThan(0.2)
  })

  it('changes nothing when nothing is asked', () => {
    const out = new Uint8Array(784)
    affineAugmenter({}, rng(1)).warp(picture, undefined, out)
    expect([...out]).toEqual([...picture])
    const unit = new Float32Array(784)
    affineAugmenter({}, rng(1)).warp(picture, undefined, unit)
    expect(unit[400]).toBeCloseTo(picture[400] / 255, 6)
  })

  it('gathers by index, is seeded, and goes on from a saved state', () => {
    const two = Uint8Array.from([...picture, ...picture.toReversed()])
    const make = (): ReturnType<typeof affineAugmenter> => affineAugmenter(strong, rng(4))
    const [a, b] = [make(), make()]
    const whole = new Uint8Array(784 * 3)
    a.warp(two, Int32Array.of(1, 0, 1), whole)
    const first = new Uint8Array(784)
    b.warp(two, [1], first)
    expect([...first]).toEqual([...whole.subarray(0, 784)])
    const rest = new Uint8Array(784 * 2)
    affineAugmenter(strong, rngFromState(b.state())).warp(two, [0, 1], rest)
    expect([...rest]).toEqual([...whole.subarray(784)])
    expect([...whole.subarray(784 * 2)]).not.toEqual([...first])
  })

  it('refuses amounts and arrays that make no sense', () => {
    expect(() => affineAugmenter({ rotate: -1 }, rng(0))).toThrow('rotate must be >= 0')
    expect(() => affineAugmenter({ scale: 1 }, rng(0))).toThrow('below 1')
    expect(() => affineAugmenter({ rotation: 3 } as object, rng(0))).toThrow('Did you mean "rotate"')
    const a = affineAugmenter({}, rng(0))
    expect(() => a.warp(picture, [1], new Uint8Array(784))).toThrow('index must be in 0..0')
    expect(() => a.warp(picture, [0], new Uint8Array(783))).toThrow('1 x 784')
  })
})
