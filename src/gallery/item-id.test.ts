/** @file Ids, and the binary form of vectors. */
import { expect, it } from 'vitest'
import { contentOfItem, itemId } from './item-id.ts'
import { decodeVectors, encodeVectors } from './vector-bytes.ts'

it('names content by its hash and place', () => {
  expect(itemId(Buffer.from('abc'), 2)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad#2')
  expect(itemId('ba78')).toBe('ba78#0')
  expect(itemId('ba78', [1.5, 2, -3, 40])).toBe('ba78#1.5,2,-3,40')
  expect([contentOfItem('ba78#0'), contentOfItem(itemId('ba78', [1, 2, 3, 4])), contentOfItem('ba78')]).toEqual(['ba78', 'ba78', 'ba78'])
  for (const region of [-1, 1.5, [1, 2, 3], [1, 2, 3, NaN]])
    expect(() => itemId('ba78', region)).toThrow(/region must be a whole number >= 0, or a box of four numbers/)
})

it('writes vectors as array_recv and vector_recv read them, and reads vector_send', () => {
  const bytes = encodeVectors([Float32Array.of(1, -2)], 2, 16385)
  expect(bytes.toString('hex')).toBe('0000000100000000000040010000000100000001' + '0000000c' + '00020000' + '3f800000' + 'c0000000')
  expect(decodeVectors(Buffer.from('000200003f800000c0000000000200004048f5c300000001', 'hex').toString('base64'), 2)).toEqual(
    Float32Array.of(1, -2, 3.14, 2 ** -149),
  )
})
