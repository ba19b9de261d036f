/** @file Ids, and the binary form of vectors. */
import { expect, it } from 'vitest'
import { itemId } from './item-id.ts'
import { decodeVectors, encodeVectors } from './vector-bytes.ts'

it('names content by its hash and place', () => {
  expect(itemId(Buffer.from('abc'), 2)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad#2')
  expect(itemId('ba78')).toBe('ba78#0')
  expect(() => itemId('ba78', -1)).toThrow(/index must be a whole number >= 0, got -1/)
})

it('writes vectors as array_recv and vector_recv read them, and reads vector_send', () => {
  const bytes = encodeVectors([Float32Array.of(1, -2)], 2, 16385)
  expect(bytes.toString('hex')).toBe('0000000100000000000040010000000100000001' + '0000000c' + '00020000' + '3f800000' + 'c0000000')
  expect(decodeVectors(Buffer.from('000200003f800000c0000000000200004048f5c300000001', 'hex').toString('base64'), 2)).toEqual(
    Float32Array.of(1, -2, 3.14, 2 ** -149),
  )
})
