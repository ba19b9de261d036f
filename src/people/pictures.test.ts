import { describe, expect, test } from 'vitest'
import { sheetTitle } from './group-sheets.ts'
import { worthShowing } from './pictures.ts'
import { searchTitle } from './search.ts'

describe('worthShowing', () => {
  test('ends with the last photo of the person', () => {
    expect(worthShowing([true, false, false, false, false], 1)).toBe(1)
    expect(worthShowing([true, true, false, false, false], 2)).toBe(2)
    expect(worthShowing([false, false, true, false, false], 1)).toBe(3)
  })

  test('shows all while one of them is still to come: those are mistakes', () => {
    expect(worthShowing([false, false, false, false, false], 1)).toBe(5)
    expect(worthShowing([true, false, false], 2)).toBe(3)
    expect(worthShowing([false, true], Infinity)).toBe(2)
  })

  test('shows nobody where there is no other photo', () => {
    expect(worthShowing([false, false], 0)).toBe(0)
  })
})

describe('titles', () => {
  const near = (person: string | null, distance: number, rank = 1) => ({ person, photo: 'ada/1.jpg', distance, rank }) as never

  test('a search says what was found', () => {
    const answer = (known: boolean | null, person: string | null, ...neighbours: never[]) => ({ known, person, neighbours })
    expect(searchTitle('who.jpg', [answer(true, 'Ada', near('Ada', 0.3))])).toBe('who.jpg shows Ada')
    expect(searchTitle('who.jpg', [answer(false, null, near('Ada', 0.9))])).toBe('who.jpg shows nobody you know')
    expect(searchTitle('who.jpg', [answer(null, null, near('Ada', 0, 0), near('Bob', 0.51))])).toBe('Nearest to who.jpg is Bob, 0.510 away')
    expect(searchTitle('who.jpg', [answer(null, null, near(null, 0.5))])).toContain('1.jpg')
    expect(searchTitle('who.jpg', [answer(true, 'Ada'), answer(false, null)])).toBe('who.jpg shows 2 faces, 1 of them known')
    expect(searchTitle('who.jpg', [answer(null, null)])).toContain('Nobody is known')
  })

  test('a sheet of groups says how the faces fall', () => {
    expect(sheetTitle(5, 118, 3)).toBe('118 faces make 5 groups; 3 stand alone')
    expect(sheetTitle(1, 4, 0)).toBe('4 faces make 1 group; none stands alone')
    expect(sheetTitle(0, 22, 22)).toBe('22 faces, and no group among them')
  })
})
