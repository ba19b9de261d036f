/** @file Damaged files for the tests of readers: what disks, downloads and people with a hex editor do to bytes. */
import fc from 'fast-check'
import { expect } from 'vitest'
import { KindredError } from '../../src/base/index.ts'

/** Numbers that readers of lengths and offsets stumble over. */
const extremes = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x7fffffffffffffffn,
  0xffffffffffffffffn,
]

/** The bytes with one damage: cut off, a bit flipped, a byte replaced, bytes put in, taken out or doubled, an extreme number written over them. */
export function damaged(bytes: Uint8Array): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const place = fc.nat({ max: Math.max(0, bytes.length - 1) })
  const changed = (change: (copy: Uint8Array<ArrayBuffer>) => void): Uint8Array<ArrayBuffer> => {
    const copy = Uint8Array.from(bytes)
    change(copy)
    return copy
  }
  const spliced = (at: number, without: number, put: Uint8Array): Uint8Array<ArrayBuffer> =>
    new Uint8Array(Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + without)]))
  return fc.oneof(
    place.map((at) => bytes.slice(0, at)),
    fc.tuple(place, fc.nat({ max: 7 })).map(([at, bit]) => changed((b) => (b[at] ^= 1 << bit))),
    fc.tuple(place, fc.nat({ max: 255 })).map(([at, value]) => changed((b) => (b[at] = value))),
    fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 20 })).map(([at, put]) => spliced(at, 0, put)),
    fc.tuple(place, fc.nat({ max: 40 })).map(([at, n]) => spliced(at, n + 1, new Uint8Array(0))),
    fc.tuple(place, fc.nat({ max: 200 })).map(([at, n]) => spliced(at, 0, bytes.subarray(at, at + n + 1))),
    fc.tuple(place, fc.constantFrom(...extremes), fc.constantFrom(1, 2, 4, 8)).map(([at, value, width]) =>
      changed((b) => {
        for (let i = 0; i < width && at + i < b.length; i++) b[at + i] = Number((value >> BigInt(8 * i)) & 0xffn)
      }),
    ),
  )
}

/**
 * What a reader makes of its input: a value, or our error. Any other error is a failure, and so is taking longer than `seconds`.
 */
export async function readOrRefused<T>(read: () => T | Promise<T>, seconds = 5): Promise<{ value?: T; refused?: KindredError }> {
  const start = performance.now()
  try {
    return { value: await read() }
  } catch (error) {
    if (!(error instanceof KindredError)) throw error
    expect(error.message).not.toMatch(/HDF5-DIAG|#0\d\d: |\bat .*\.(ts|js|c):\d+/)
    return { refused: error }
  } finally {
    expect(performance.now() - start).toBeLessThan(1000 * seconds)
  }
}
