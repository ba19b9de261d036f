import { expect, test } from 'vitest'
import { facesEach } from './group-sheets.ts'

test('sheets show up to 400 faces of a group, fewer where there are tens of thousands, and never fewer than the sheet of all groups', () => {
  expect(facesEach([])).toBe(400)
  expect(facesEach([1000, 1000, 20])).toBe(400)
  expect(facesEach(new Array<number>(30).fill(1000))).toBe(66)
  expect(facesEach([...new Array<number>(10).fill(1000), ...new Array<number>(200).fill(5)])).toBe(100)
  expect(facesEach(new Array<number>(300).fill(1000))).toBe(12)
})
