/**
 * @file Exact nearest neighbours of wide vectors by blocked matrix products on the runtime.
 *
 * |q - r|^2 = |q|^2 + |r|^2 - 2 q.r: one Gemm and one TopK a block. Float32 products pick a few more candidates than asked for;
 * their distances are then computed again in float64, so that answers equal those of {@link nearest} but for candidates that float32 cannot tell apart.
 */
import { checkOptions, ensure } from '../base/index.ts'
import { compile, floats, type Runtime } from '../runtime/index.ts'
import { input, matmul, mul, sub, topK } from '../tensor/index.ts'
import { squaredDistance } from './squared-distance.ts'
import type { Neighbours } from './types.ts'

/** Options of {@link engineSearch}. */
export interface EngineSearchOptions {
  /** References a block. Default 10,000. */
  readonly block?: number
  /** Queries a run. Default 500. */
  readonly queries?: number
}

/** References made ready to be searched on a runtime. */
export interface EngineSearch {
  /** The k nearest references of each query, as {@link nearest}; `firstQuery` gives the index of the first query when `exclude` is set. */
  nearest(queries: Float32Array, k: number, options?: { exclude?: 'same-index'; firstQuery?: number }): Promise<Neighbours>
  dispose(): Promise<void>
}

/**
 * Prepares references for search on a runtime: faster than {@link nearest} from about 64 dimensions on.
 *
 * @param references row-major [n, dim]; kept, not copied
 * Cost: O(nQueries n dim) at the speed of the runtime's matrix product
 */
export function engineSearch(runtime: Runtime, references: Float32Array, dim: number, options: EngineSearchOptions = {}): EngineSearch {
  checkOptions('engineSearch', options, ['block', 'queries'])
  const { block = 10_000, queries: perRun = 500 } = options
  const n = references.length / dim
  ensure(Number.isInteger(n) && n > 0, 'engineSearch', `references must be whole points of ${dim} numbers`, references.length)
  const norms = Float32Array.from({ length: n }, (_, i) => {
    let s = 0
    for (let j = i * dim; j < (i + 1) * dim; j++) s += references[j] * references[j]
    return s
  })
  const programs = new Map<string, ReturnType<typeof compile>>()
  const programFor = (size: number, k: number) => {
    const key = `${size}/${k}`
    let program = programs.get(key)
    if (program === undefined) {
      const score = sub(mul(matmul(input('q', ['Q', dim]), input('r', [size, dim]), { transB: true }), 2), input('norms', [1, size]))
      program = compile(runtime, topK(score, k)) // 2 q.r - |r|^2: largest is nearest
      programs.set(key, program)
    }
    return program
  }
  return {
    async nearest(queries, k, { exclude, firstQuery = 0 } = {}) {
      const count = queries.length / dim
      const available = exclude === undefined ? n : n - 1
      ensure(Number.isInteger(count) && count > 0, 'engineSearch', `queries must be whole points of ${dim} numbers`, queries.length)
      ensure(Number.isInteger(k) && k >= 1 && k <= available, 'engineSearch', `k must be an integer in 1..${available}`, k)
      const indices = new Int32Array(count * k)
      const distances = new Float32Array(count * k)
      for (let start = 0; start < count; start += perRun) {
        const size = Math.min(perRun, count - start)
        const q = queries.subarray(start * dim, (start + size) * dim)
        const candidates: Int32Array[][] = Array.from({ length: size }, () => [])
        for (let from = 0; from < n; from += block) {
          const width = Math.min(block, n - from)
          const wanted = Math.min(width, k + 8)
          const program = await programFor(width, wanted)
          const found = await program.run(
            { q: floats(q, [size, dim]), r: floats(references.subarray(from * dim, (from + width) * dim), [width, dim]), norms: floats(norms.subarray(from, from + width), [1, width]) },
            ['indices'],
          )
          const local = found.indices.data as BigInt64Array
          for (let i = 0; i < size; i++) candidates[i].push(Int32Array.from({ length: wanted }, (_, j) => from + Number(local[i * wanted + j])))
        }
        for (let i = 0; i < size; i++) {
          const skip = exclude === undefined ? -1 : firstQuery + start + i
          const exact: { index: number; squared: number }[] = []
          for (const part of candidates[i]) for (const index of part) if (index !== skip) exact.push({ index, squared: squaredDistance(q, i * dim, references, index * dim, dim, Infinity) })
          exact.sort((a, b) => a.squared - b.squared || a.index - b.index)
          for (let j = 0; j < k; j++) {
            indices[(start + i) * k + j] = exact[j].index
            distances[(start + i) * k + j] = Math.sqrt(exact[j].squared)
          }
        }
      }
      return { indices, distances }
    },
    async dispose() {
      for (const program of programs.values()) await (await program).dispose()
      programs.clear()
    },
  }
}
