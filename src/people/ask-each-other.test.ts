import { describe, expect, test } from 'vitest'
import { knnAccuracy, precisionAtK, retrieval } from '../metrics/index.ts'
import { rng } from '../base/index.ts'
import { askEachOther, retrievalFigures } from './ask-each-other.ts'

describe('each face asks all the others', () => {
  test('by hand: points on a line', async () => {
    // a at 0, 1, 10; b at 2, 3; c alone at 20; one without a name at 0.1, which counts nowhere
    const vectors = Float32Array.of(0, 1, 10, 2, 3.5, 20, 0.1)
    const labels = Int32Array.of(0, 0, 0, 1, 1, 2, -1)
    const a = await askEachOther(vectors, 1, labels)
    expect([...a.rows]).toEqual([0, 1, 2, 3, 4])
    expect(a.lone).toBe(1)
    expect([...a.nearest]).toEqual([1, 0, 4, 1, 3]) // 1 lies as near to 0 as to 2: the earlier row first
    expect([...a.distance]).toEqual([1, 1, 6.5, 1, 1.5])
    expect([...a.firstMatch]).toEqual([1, 1, 3, 2, 1])
    expect([...a.averagePrecision]).toEqual([(1 + 2 / 4) / 2, (1 + 2 / 4) / 2, (1 / 3 + 2 / 4) / 2, 1 / 2, 1])
    const f = (await retrievalFigures(a, labels, 0))!
    expect([f.queries, f.lone, f.knn.value, f.recallAt[1].value, f.recallAt[5].value]).toEqual([5, 1, 0.6, 0.6, 1])
    expect(f.recallAt[10]).toBeUndefined()
    expect(f.map.value).toBeCloseTo((0.75 + 0.75 + 5 / 12 + 0.5 + 1) / 5, 12)
    expect(f.map.low).toBeLessThan(f.map.value)
    expect(f.map.high).toBeGreaterThan(f.map.value)
    expect(f.knn.low).toBeCloseTo(0.2307, 3)
    expect(f.knn.high).toBeCloseTo(0.8824, 3)
  })

  test('agrees with room metrics where both say the same', async () => {
    const random = rng(3)
    const labels = Int32Array.from({ length: 60 }, (_, i) => i % 4)
    const vectors = Float32Array.from({ length: 60 * 5 }, (_, i) => random.normal() + (i % 5 === labels[Math.floor(i / 5)] ? 1.5 : 0))
    const f = (await retrievalFigures(await askEachOther(vectors, 5, labels), labels, 0))!
    const peer = retrieval(vectors, labels, 5)
    expect(f.knn.value).toBe(knnAccuracy(vectors, labels, 5, { k: 1 }))
    expect([f.recallAt[1].value, f.recallAt[5].value, f.recallAt[10].value]).toEqual([
      peer.recallAt[1],
      peer.recallAt[5],
      peer.recallAt[10],
    ])
    expect(f.map.value).toBeGreaterThan(peer.mapAtR) // MAP@R counts the first R ranks only
  })

  test('with one person, or nobody twice, there is nothing to measure', async () => {
    const vectors = Float32Array.of(0, 1, 2)
    for (const labels of [Int32Array.of(0, 0, 0), Int32Array.of(0, 1, 2), Int32Array.of(-1, -1, 0)])
      expect(await retrievalFigures(await askEachOther(vectors, 1, labels), labels, 0)).toBeUndefined()
  })

  test('matches at each rank are those that precision at k counts', async () => {
    const random = rng(4)
    const labels = Int32Array.from({ length: 80 }, (_, i) => (i < 70 ? i % 7 : -1))
    const vectors = Float32Array.from({ length: 80 * 3 }, (_, i) => random.normal() + (labels[Math.floor(i / 3)] % 3))
    const { matchesAt, depth } = await askEachOther(vectors, 3, labels)
    expect(depth).toBe(15)
    const peer = precisionAtK(vectors, 3, labels, { ks: Array.from({ length: depth }, (_, i) => i + 1) })
    for (const [label, tally] of matchesAt) {
      let hits = 0
      for (let k = 1; k <= depth; k++) {
        hits += tally[k - 1]
        expect(hits / (10 * k)).toBeCloseTo(peer.find((row) => row.label === label && row.k === k)!.precision, 12)
      }
    }
  })

  test('of many faces a sample asks: the same each time, each person by its share, and each answer that of all', async () => {
    const random = rng(6)
    // one person of 100 faces, and 100 of two
    const labels = random.shuffle(Int32Array.from({ length: 300 }, (_, i) => (i < 100 ? 0 : (i >> 1) - 49)))
    const vectors = Float32Array.from({ length: 300 * 4 }, (_, i) => random.normal() + (labels[i >> 2] % 5))
    const all = await askEachOther(vectors, 4, labels)
    const some = await askEachOther(vectors, 4, labels, { most: 60, seed: 3 })
    expect([all.rows.length, all.askable, some.rows.length, some.askable]).toEqual([300, 300, 60, 300])
    expect(await askEachOther(vectors, 4, labels, { most: 60, seed: 3 })).toEqual(some)
    expect((await askEachOther(vectors, 4, labels, { most: 60, seed: 4 })).rows).not.toEqual(some.rows)
    expect(some.rows.filter((row) => labels[row] === 0)).toHaveLength(20)
    for (const [q, row] of some.rows.entries())
      expect([some.nearest[q], some.distance[q], some.firstMatch[q], some.averagePrecision[q]]).toEqual([
        all.nearest[row],
        all.distance[row],
        all.firstMatch[row],
        all.averagePrecision[row],
      ])
    const figures = (await retrievalFigures(some, labels, 0))!
    expect([figures.queries, figures.askable]).toEqual([60, 300])
  })

  test('a stop is heard', async () => {
    const vectors = Float32Array.from({ length: 3000 * 64 }, (_, i) => Math.sin(i * i))
    const asked = askEachOther(
      vectors,
      64,
      Int32Array.from({ length: 3000 }, (_, i) => i % 30),
      { signal: AbortSignal.abort(new Error('enough')) },
    )
    await expect(asked).rejects.toMatchObject({ code: 'interrupted' })
  })
})
