import { expect, test } from 'vitest'
import { rng } from '../../base/index.ts'
import { mapFaces } from './map-faces.ts'

const cloud = (n: number, dim = 6): Float32Array => {
  const random = rng(n)
  return Float32Array.from({ length: n * dim }, () => random.normal())
}

test.each([1, 2, 3, 5, 9, 10, 11, 40])('%d faces have a place each, in 0..1, the same each time', async (n) => {
  const places = await mapFaces(cloud(n), 6, { seed: 1 })
  expect(places.method).toBe(n < 10 ? 'PCA' : 't-SNE')
  for (const list of [places.x, places.y]) {
    expect(list.length).toBe(n)
    for (const v of list) expect(v >= 0 && v <= 1).toBe(true)
  }
  if (n > 1) expect(new Set(places.x).size).toBe(n)
  expect(await mapFaces(cloud(n), 6, { seed: 1 })).toEqual(places)
})

test('one photo many times over lies in one place', async () => {
  for (const n of [2, 5])
    expect((await mapFaces(new Float32Array(6 * n).fill(0.25), 6, { seed: 0 })).x).toEqual(new Float32Array(n).fill(0.5))
  const many = await mapFaces(new Float32Array(6 * 12).fill(0.25), 6, { seed: 0 })
  for (const v of many.x) expect(Number.isFinite(v)).toBe(true)
})

test('clusters stay together', async () => {
  const vectors = cloud(60).map((v, i) => v * 0.1 + (Math.floor(i / 6) % 3) * 5)
  const { x, y, neighbourPreservation } = await mapFaces(vectors, 6, { seed: 0 })
  const distance = (i: number, j: number) => Math.hypot(x[i] - x[j], y[i] - y[j])
  for (let i = 0; i < 60; i++) {
    const order = [...x.keys()].filter((j) => j !== i).sort((a, b) => distance(i, a) - distance(i, b))
    expect(order[0] % 3).toBe(i % 3)
  }
  expect(neighbourPreservation).toBeGreaterThan(0.4)
})
