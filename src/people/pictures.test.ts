import { describe, expect, test } from 'vitest'
import { worthShowing } from './pictures.ts'

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
