import { describe, expect, test } from 'vitest'
import { precisionFigure } from '../../people/index.ts'
import { flatTitle, mapTitle, neighboursTitle, pointsTitle, wrongTitle } from './findings.ts'

describe('titles of figures', () => {
  test('the map says how many have their own person nearest, and never 100 % of fewer than all', () => {
    expect(mapTitle(118, 5, { queries: 118, knnAccuracy: 1 })).toBe('118 faces of 5 people: 100.0 % have their own person nearest')
    expect(mapTitle(12_000, 5, { queries: 12_000, knnAccuracy: 11_999 / 12_000 })).toContain(': 99.9 % have')
    expect(mapTitle(120, 5, { queries: 118, knnAccuracy: 0.5 })).toContain('of 118 that have another photo, 50.0 %')
    expect(mapTitle(900, 5, { queries: 100, askable: 900, knnAccuracy: 0.5 })).toContain('of 100 that asked, 50.0 %')
    expect(mapTitle(22, 0, undefined)).toBe('22 faces: those that are alike lie side by side')
    expect(mapTitle(1, 0, undefined)).toBe('1 face')
  })

  test('maps of points say what they keep', () => {
    expect(pointsTitle({ method: 't-SNE', neighbourPreservation: 0.831, neighbours: 10 })).toContain('83.1 % of each face’s 10 nearest')
    expect(pointsTitle({ method: 'PCA' })).toContain('PCA')
    const at = Float32Array.of(0, 0, 0.1, 0, 1, 1, 1, 1.1, 0.1, 0.05)
    // The second is nearest to the last, which has no other photo and only misleads.
    expect(flatTitle(at, Int32Array.of(0, 0, 1, 1, 2), Int32Array.of(0, 1, 2, 3))).toContain('75.0 % of the faces')
    expect(flatTitle(at, new Int32Array(5).fill(-1), new Int32Array(0))).not.toContain('%')
  })

  test('rows of neighbours are counted', () => {
    const nearest = { a: 'a.jpg', b: 'b.jpg', distance: 0.4444 }
    expect(neighboursTitle({ faces: 5, drawn: 25, right: 25, nearest }, true)).toBe('All 25 nearest of these 5 faces show the same person')
    expect(neighboursTitle({ faces: 5, drawn: 25, right: 1, nearest }, true)).toContain('25 nearest of these 5 faces, 1 shows')
    expect(neighboursTitle({ faces: 5, drawn: 25, right: 0, nearest }, false)).toBe('Nearest of these are a.jpg and b.jpg, 0.444 apart')
    expect(wrongTitle(1, 118)).toBe('1 of 118 faces is nearest to another person')
  })

  test('precision names whoever is furthest below the ceiling', () => {
    const at = (person: string, precision: number[]) =>
      precision.map((p, i) => ({ person, k: i + 1, precision: p, ceiling: Math.min(1, 2 / (i + 1)) }))
    const people = ['Ann', 'Bob'].map((person) => ({ person, queries: 3, right: 3, map: 1 }))
    const both = precisionFigure({ people, precisionAt: [...at('Ann', [1, 1, 2 / 3]), ...at('Bob', [1, 0.8, 2 / 3])] })
    expect(both).toContain('Bob falls furthest below the ceiling, by 20.0 points at k = 2; 1 of 2 reaches it at every k')
    expect(precisionFigure({ people, precisionAt: [...at('Ann', [1, 1]), ...at('Bob', [1, 1])] })).toContain(
      'All 2 people reach their ceiling',
    )
  })
})
