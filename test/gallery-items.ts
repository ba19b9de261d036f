/** @file Items of the gallery's tests that any process can make again from their number. */
import type { Item } from '../src/gallery/index.ts'

/** How vectors of these tests are "made". */
export const recipe = { model: 'a1b2', preprocessing: 'rgb/255', alignment: 'five points', detector: 'ssd' }

/** The item of number i; its vector says which it is. */
export function numberedItem(i: number): Item {
  return {
    id: `item ${i}`,
    source: `photos/${i}.jpg`,
    label: `person ${i % 7}`,
    vector: Float32Array.from({ length: 16 }, (_, j) => Math.sin(i + 100 * j)),
  }
}

/** An item that takes some ten kilobytes, for a gallery of unit vectors of four numbers. */
export function largeItem(i: number): Item {
  return {
    id: `large ${i}`,
    source: 'x'.repeat(1500) + Math.sin(i),
    vector: Float32Array.of(1, 0, 0, 0),
    meta: { noise: Array.from({ length: 300 }, (_, j) => Math.sin(i * 300 + j)) },
  }
}
