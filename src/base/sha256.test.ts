/** @file Both ways to a SHA-256 give what node:crypto gives. */
import { createHash } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { rng, sha256, sha256Pieces } from './index.ts'
import { portableSha256 } from './sha256.ts'

const random = rng(4)
const bytes = Uint8Array.from({ length: 1000 }, () => random.integer(256))
afterEach(() => vi.unstubAllGlobals())

test.each([
  ['as here', sha256Pieces],
  ['in JavaScript', portableSha256],
])('the digests of node:crypto, %s', (_, made) => {
  // 55, 56 and 64 bytes are where a block ends
  for (const length of [0, 1, 55, 56, 63, 64, 65, 128, 1000]) {
    const expected = createHash('sha256').update(bytes.subarray(0, length))
    expect(made().update(bytes.subarray(0, length)).hex()).toBe(expected.copy().digest('hex'))
    expect(made().update(bytes.subarray(0, length)).digest()).toEqual(Uint8Array.from(expected.digest()))
  }
  const floats = new Float32Array(bytes.slice(0, 400).buffer, 8, 20)
  expect(made().update('Größe 一').update(floats).update(bytes.subarray(3, 77)).hex()).toBe(
    createHash('sha256').update('Größe 一').update(floats).update(bytes.subarray(3, 77)).digest('hex'),
  )
})

test('of a text or of bytes at once', () => {
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect(sha256(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'))
})

test("without Node, with a bundler's stand-in for its process", async () => {
  vi.stubGlobal('process', { env: {} })
  vi.resetModules()
  const own = await import('./sha256.ts')
  vi.unstubAllGlobals()
  expect(own.sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect(own.sha256Pieces().digest()).toHaveLength(32)
})
