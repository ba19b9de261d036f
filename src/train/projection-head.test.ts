/** @file The projection head: learns which directions tell classes apart, stays near the identity where it may, is seeded, and survives ONNX. */
import { expect, test } from 'vitest'
import { blurredPeople } from '../../test/support/blurred-people.ts'
import { defaultRuntime, floats } from '../runtime/index.ts'
import { projectionFromOnnx, projectionToOnnx, projectVectors, trainProjectionHead } from './projection-head.ts'

const { vectors, dim, labels } = blurredPeople(3, { people: 6, photos: 10 })
const options = { vectors, dim, labels, steps: 120 }

/** Share of vectors whose nearest other one is of the same class. */
function nearestRight(x: Float32Array): number {
  const d = (i: number, j: number): number => x.subarray(i * dim, (i + 1) * dim).reduce((s, v, k) => s + (v - x[j * dim + k]) ** 2, 0)
  const right = labels.filter((l, i) => {
    const others = [...labels.keys()].filter((j) => j !== i).sort((a, b) => d(i, a) - d(i, b))
    return labels[others[0]] === l
  })
  return right.length / labels.length
}

test('tells apart what a nuisance hid; same seed, same head; another, another', async () => {
  const head = await trainProjectionHead(options)
  expect(nearestRight(vectors)).toBeLessThan(0.85)
  expect(nearestRight(projectVectors(head, vectors))).toBeGreaterThan(0.95)
  expect(head.curve).toHaveLength(120)
  expect((await trainProjectionHead(options)).weight).toEqual(head.weight)
  expect((await trainProjectionHead({ ...options, seed: 1 })).weight).not.toEqual(head.weight)
})

test('the stronger the pull, the nearer the identity; settings hold for vectors of any length', async () => {
  const away = ({ weight }: { weight: Float32Array }): number =>
    Math.sqrt(weight.reduce((s, w, i) => s + (w - (i % (dim + 1) === 0 ? 1 : 0)) ** 2, 0))
  const [loose, tight] = [await trainProjectionHead({ ...options, decay: 0 }), await trainProjectionHead({ ...options, decay: 3 })]
  expect(away(tight)).toBeLessThan(away(loose) / 4)
  const usual = await trainProjectionHead(options)
  const longer = await trainProjectionHead({ ...options, vectors: vectors.map((v) => 64 * v) }) // a power of two: not a digit is lost
  expect(away({ weight: longer.weight.map((w, i) => w - usual.weight[i] + (i % (dim + 1) === 0 ? 1 : 0)) })).toBeLessThan(1e-3)
})

test('rows without a class, and classes with one row, are not looked at', async () => {
  const more = new Float32Array(vectors.length + 2 * dim).fill(1e3)
  more.set(vectors)
  const head = await trainProjectionHead({ ...options, vectors: more, labels: Int32Array.from([...labels, -1, 99]) })
  expect(head.weight).toEqual((await trainProjectionHead(options)).weight)
})

test('as ONNX it gives the same vectors and words, and the same bytes', async () => {
  const head = await trainProjectionHead({ ...options, steps: 5 })
  const file = projectionToOnnx(head, { people: '6' })
  expect(projectionToOnnx(head, { people: '6' })).toEqual(file)
  const back = projectionFromOnnx(file)
  expect([back.dim, back.weight, back.words.people]).toEqual([dim, head.weight, '6'])
  const program = await (await defaultRuntime()).load(file)
  const { embedding } = await program.run({ vectors: floats(vectors, [labels.length, dim]) })
  projectVectors(head, vectors).forEach((v, i) => expect((embedding.data as Float32Array)[i]).toBeCloseTo(v, 3))
  await program.dispose()
  expect(() => projectionFromOnnx(file.slice(0, 200), 'head.onnx')).toThrow(expect.objectContaining({ code: 'corrupt' }))
  expect(() => projectionToOnnx({ dim: 1, weight: Float32Array.of(NaN) })).toThrow(expect.objectContaining({ code: 'collapsed' }))
})

test('says what it needs, and stops', async () => {
  await expect(trainProjectionHead({ ...options, labels: new Int32Array(labels.length) })).rejects.toThrow('two classes or more')
  await expect(trainProjectionHead({ vectors: new Float32Array(8000), dim: 2000, labels: Int32Array.of(0, 0, 1, 1) })).rejects.toThrow(
    'at most 512',
  )
  await expect(trainProjectionHead({ ...options, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'interrupted' })
  expect(() => projectVectors({ dim: 3, weight: new Float32Array(9) }, new Float32Array(4))).toThrow('rows of 3 numbers')
})
