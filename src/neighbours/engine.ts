/**
 * @file Exact nearest neighbours of wide vectors by blocked matrix products on the runtime.
 *
 * |q - r|^2 = |q|^2 + |r|^2 - 2 q.r: one Gemm and one TopK per block. Float32 products pick a few more candidates than asked for;
 * their distances are then computed again in float64, so that answers equal those of {@link nearest} except for candidates that float32 cannot tell apart.
 */
import { checkOptions, checkRows, ensure, nonFiniteAt, stopIfAborted } from '../base/index.ts'
import { compile, floats, type Runtime } from '../runtime/index.ts'
import { input, matmul, mul, sub, topK } from '../tensor/index.ts'
import { squaredDistance } from './squared-distance.ts'
import type { Neighbours } from './types.ts'

/** Options of {@link engineSearch}. */
export interface EngineSearchOptions {
  /** References per block. Default 10,000. */
  readonly block?: number
  /** Queries per run. Default 500. */
  readonly queries?: number
}

/** Which reference a query must not find, and when to stop. */
export interface EngineQueryOptions {
  /** Leave out the reference that is the query itself. */
  readonly exclude?: 'same-index'
  /** The index of the first query among the references; only with `exclude`. Default 0. */
  readonly firstQuery?: number
  /** Stops the search between two runs. */
  readonly signal?: AbortSignal
}

/** References made ready to be searched on a runtime. */
export interface EngineSearch {
  /** The k nearest references of each query, as {@link nearest}. */
  nearest(queries: Float32Array, k: number, options?: EngineQueryOptions): Promise<Neighbours>
  /**
   * The same indices [queries, k] without distances, in half the time where k is large: float64 is asked only about neighbours whose float32
   * squared distances differ by less than 2^-18 of the largest squared lengths.
   */
  order(queries: Float32Array, k: number, options?: EngineQueryOptions): Promise<Int32Array>
  dispose(): Promise<void>
  /** The same, for `await using search = ...`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Prepares references for search on a runtime: faster than {@link nearest} from about 64 dimensions on.
 *
 * @param references row-major [n, dim]; kept, not copied
 * @throws KindredError `usage` for lengths that do not fit, numbers that are not finite, or rows so long that their squared length overflows float32
 * Cost: O(nQueries n dim) at the speed of the runtime's matrix product
 */
export function engineSearch(runtime: Runtime, references: Float32Array, dim: number, options: EngineSearchOptions = {}): EngineSearch {
  checkOptions('engineSearch', options, ['block', 'queries'])
  const { block = 10_000, queries: perRun = 500 } = options
  const n = checkRows('engineSearch', references, dim, 'references')
  ensure(n > 0, 'engineSearch', 'there must be at least one reference', n)
  const norms = Float32Array.from({ length: n }, (_, i) => {
    let s = 0
    for (let j = i * dim; j < (i + 1) * dim; j++) s += references[j] * references[j]
    return s
  })
  const endless = nonFiniteAt(norms)
  ensure(
    endless < 0,
    'engineSearch',
    'each reference must be shorter than 1e19, as its square is kept in float32',
    `row ${endless}`,
    'Divide all vectors by the same number.',
  )
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
  /** Calls `take` for each query with its candidates, nearest first by float32: their indices, and |r|^2 - 2 q.r. */
  const eachQuery = async (
    queries: Float32Array,
    k: number,
    { exclude, firstQuery = 0, signal }: EngineQueryOptions,
    take: (query: number, indices: Int32Array, scores: Float64Array) => void,
  ): Promise<number> => {
    const count = checkRows('engineSearch', queries, dim, 'queries')
    const available = exclude === undefined ? n : n - 1
    ensure(count > 0, 'engineSearch', 'there must be at least one query', count)
    ensure(Number.isInteger(k) && k >= 1 && k <= available, 'engineSearch', `k must be an integer in 1..${available}`, k)
    for (let start = 0; start < count; start += perRun) {
      const size = Math.min(perRun, count - start)
      const q = queries.subarray(start * dim, (start + size) * dim)
      const parts: { from: number; wanted: number; local: Int32Array; values: Float32Array }[] = []
      for (let from = 0; from < n; from += block) {
        stopIfAborted(signal, 'engineSearch', `a stop after ${start} of ${count} queries`)
        const width = Math.min(block, n - from)
        const wanted = Math.min(width, k + 8)
        const program = await programFor(width, wanted)
        const found = await program.run({
          q: floats(q, [size, dim]),
          r: floats(references.subarray(from * dim, (from + width) * dim), [width, dim]),
          norms: floats(norms.subarray(from, from + width), [1, width]),
        })
        parts.push({ from, wanted, local: lowWords(found.indices.data as BigInt64Array), values: found.values.data as Float32Array })
      }
      const all = parts.reduce((sum, part) => sum + part.wanted, 0)
      for (let i = 0; i < size; i++) {
        const skip = exclude === undefined ? -1 : firstQuery + start + i
        const indices = new Int32Array(all)
        const scores = new Float64Array(all)
        const heads = parts.map(({ wanted }) => i * wanted)
        let kept = 0
        if (parts.length === 1) {
          const [{ from, local, values }] = parts
          for (let at = i * all; at < (i + 1) * all; at++) {
            if (from + local[at] === skip) continue
            indices[kept] = from + local[at]
            scores[kept++] = -values[at]
          }
          take(start + i, indices.subarray(0, kept), scores.subarray(0, kept))
          continue
        }
        for (let left = all; left > 0; left--) {
          // each part is sorted: the nearest of the heads comes next, of equals the one of the lower block
          let nearest = -1
          for (let p = 0; p < parts.length; p++) {
            if (heads[p] === (i + 1) * parts[p].wanted) continue
            if (nearest === -1 || parts[p].values[heads[p]] > parts[nearest].values[heads[nearest]]) nearest = p
          }
          const { from, local, values } = parts[nearest]
          const at = heads[nearest]++
          const index = from + local[at]
          if (index === skip) continue
          indices[kept] = index
          scores[kept++] = -values[at]
        }
        take(start + i, indices.subarray(0, kept), scores.subarray(0, kept))
      }
    }
    return count
  }
  const dispose = async (): Promise<void> => {
    for (const program of programs.values()) await (await program).dispose()
    programs.clear()
  }
  return {
    async nearest(queries, k, options = {}) {
      const indices = new Int32Array((queries.length / dim) * k)
      const distances = new Float32Array(indices.length)
      await eachQuery(queries, k, options, (query, candidates, exact) => {
        candidates.forEach((index, j) => (exact[j] = squaredDistance(queries, query * dim, references, index * dim, dim, Infinity)))
        sortNearlySorted(candidates, exact)
        for (let j = 0; j < k; j++) {
          indices[query * k + j] = candidates[j]
          distances[query * k + j] = Math.sqrt(exact[j])
        }
      })
      return { indices, distances }
    },
    async order(queries, k, options = {}) {
      const indices = new Int32Array((queries.length / dim) * k)
      const largest = norms.reduce((a, b) => Math.max(a, b), 0)
      await eachQuery(queries, k, options, (query, candidates, scores) => {
        let norm = 0
        for (let d = query * dim; d < (query + 1) * dim; d++) norm += queries[d] * queries[d]
        const close = (norm + largest) * 2 ** -18
        for (let first = 0, end = 1; first < candidates.length; first = end++) {
          while (end < candidates.length && scores[end] - scores[end - 1] <= close) end++
          if (end - first === 1) continue
          for (let j = first; j < end; j++)
            scores[j] = squaredDistance(queries, query * dim, references, candidates[j] * dim, dim, Infinity)
          sortNearlySorted(candidates.subarray(first, end), scores.subarray(first, end))
        }
        indices.set(candidates.subarray(0, k), query * k)
      })
      return indices
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

const lowFirst = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1

/** Whole numbers below 2^31, without a BigInt for each of them. */
function lowWords(numbers: BigInt64Array): Int32Array {
  const words = new Int32Array(numbers.buffer, numbers.byteOffset, 2 * numbers.length)
  const out = new Int32Array(numbers.length)
  for (let i = 0, at = lowFirst ? 0 : 1; i < out.length; i++, at += 2) out[i] = words[at]
  return out
}

/** Sorts candidates by their keys, ties by the lower index, in linear time where they are nearly sorted already (insertion sort). */
function sortNearlySorted(candidates: Int32Array, keys: Float64Array): void {
  for (let i = 1; i < candidates.length; i++) {
    const index = candidates[i]
    const key = keys[i]
    let slot = i
    for (; slot > 0 && (key < keys[slot - 1] || (key === keys[slot - 1] && index < candidates[slot - 1])); slot--) {
      candidates[slot] = candidates[slot - 1]
      keys[slot] = keys[slot - 1]
    }
    candidates[slot] = index
    keys[slot] = key
  }
}
