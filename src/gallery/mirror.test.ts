/** @file Rows and vectors of a mirror stay together, whatever is removed. */
import { expect, test } from 'vitest'
import { Mirror, type MirrorRow } from './mirror.ts'

const row = (ord: number): MirrorRow => ({ ord, id: `item ${ord}`, label: null, source: '' })

test('a row is found by its own vector after others were removed and added', () => {
  const mirror = new Mirror(1)
  mirror.append([1, 3, 4, 8].map(row), Float32Array.of(1, 3, 4, 8))
  mirror.remove(({ ord }) => ord === 3)
  mirror.append([9, 12].map(row), Float32Array.of(9, 12))
  mirror.remove(({ ord }) => ord === 1 || ord === 9)
  expect(mirror.rows.map(({ ord }) => ord)).toEqual([4, 8, 12])
  for (const ord of [4, 8, 12]) expect(mirror.search(Float32Array.of(ord), 1)[0]).toEqual([{ row: row(ord), distance: 0 }])
  expect(mirror.search(Float32Array.of(8), 3, Uint8Array.of(1, 0, 1))[0].map(({ row: { ord } }) => ord)).toEqual([4, 12])
})
