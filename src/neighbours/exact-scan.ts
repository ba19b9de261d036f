/**
 * @file Exact search among vectors that come and go: every row is looked at, few are computed in full.
 *
 * Each vector x is kept twice: as it is, and as bytes x' = s c with c in -127..127 and s = max|x| / 127. The error e = |x - x'| is known exactly, and so is the
 * query's, so by the triangle inequality |q - x| lies within |q' - x'| +- (e_q + e). |q' - x'| comes from an integer dot product, which SIMD does sixteen
 * coordinates per step ({@link dotKernel}). A row whose lower bound exceeds the k-th smallest upper bound cannot be among the k nearest; for the few that
 * remain the distance is computed in float64. The answer is that of brute force, to the last bit, for any data. The bounds are those of VA-file
 * (Weber, Schek and Blott 1998, "A quantitative analysis and performance study for similarity-search methods").
 */
import { squaredDistance } from '../base/index.ts'
import { dotKernel, stride, type DotKernel } from './dot-kernel.ts'
import { KBest } from './k-best.ts'
import { quantise } from './quantise.ts'

/** One row near a query. */
export interface ScanHit {
  /** The row's place among those held. */
  position: number
  distance: number
}

/** Rows whose products are computed at once: their codes stay in the cache while each query of a group passes. */
const blockRows = 2048
const page = 65536

/** What is known of one query before the scan. */
interface QueryState {
  point: Float32Array
  codes: Int16Array
  scale: number
  squaredNorm: number
  error: number
  upper: KBest
  candidates: number[]
  lower: number[]
}

/** Vectors of `dim` numbers each, to be searched exactly; rows are added and removed at any time. */
export class ExactScan {
  readonly dim: number
  #count = 0
  #points = new Float32Array(0)
  #scales = new Float64Array(0)
  #squaredNorms = new Float64Array(0)
  #errors = new Float64Array(0)
  readonly #width: number
  readonly #memory: WebAssembly.Memory
  readonly #kernel: DotKernel
  readonly #outAt: number
  readonly #codesAt: number
  readonly #queryMax: number

  constructor(dim: number) {
    this.dim = dim
    this.#width = Math.ceil(dim / stride) * stride
    this.#outAt = 2 * this.#width
    this.#codesAt = this.#outAt + 4 * blockRows
    this.#queryMax = Math.min(32767, Math.floor((2 ** 31 - 1) / (127 * this.#width))) // no sum of products leaves int32
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(this.#codesAt / page) })
    this.#kernel = dotKernel(this.#memory)
  }

  get count(): number {
    return this.#count
  }

  /** The stored vector of the row at `position`. */
  vector(position: number): Float32Array {
    return this.#points.subarray(position * this.dim, (position + 1) * this.dim)
  }

  /** Takes vectors, whose rows come after those held; O(rows). */
  append(points: Float32Array): void {
    const { dim } = this
    const before = this.#count
    const added = points.length / dim
    this.#reserve(before + added)
    this.#points.set(points, before * dim)
    const width = this.#width
    const codes = new Int8Array(this.#memory.buffer, this.#codesAt)
    for (let i = 0; i < added; i++) {
      const x = points.subarray(i * dim, (i + 1) * dim)
      const position = before + i
      const { scale, error, squaredNorm } = quantise(x, 127, codes.subarray(position * width, (position + 1) * width))
      this.#scales[position] = scale
      this.#squaredNorms[position] = squaredNorm
      this.#errors[position] = error
    }
    this.#count = before + added
  }

  /** Drops the rows at the positions for which `gone` holds and keeps the order of the rest; O(count). */
  remove(gone: (position: number) => boolean): void {
    const { dim } = this
    const width = this.#width
    const codes = new Int8Array(this.#memory.buffer, this.#codesAt)
    let to = 0
    for (let from = 0; from < this.#count; from++) {
      if (gone(from)) continue
      if (to !== from) {
        this.#points.copyWithin(to * dim, from * dim, (from + 1) * dim)
        codes.copyWithin(to * width, from * width, (from + 1) * width)
        this.#scales[to] = this.#scales[from]
        this.#squaredNorms[to] = this.#squaredNorms[from]
        this.#errors[to] = this.#errors[from]
      }
      to++
    }
    this.#count = to
  }

  /**
   * The k nearest rows of each query, nearest first, equal distances in order of position.
   *
   * @param queries m x dim
   * @param allowed one byte per row: 0 leaves it out; absent: all rows
   * @returns exactly what brute force returns. Cost: about 15 ns a row and query at dim 128
   */
  search(queries: Float32Array, k: number, allowed?: Uint8Array): ScanHit[][] {
    const m = queries.length / this.dim
    const kept = Math.min(k, this.count)
    if (kept === 0) return Array.from({ length: m }, () => [])
    const states = Array.from({ length: m }, (_, i) => this.#prepare(queries.subarray(i * this.dim, (i + 1) * this.dim), kept))
    const words = new Int16Array(this.#memory.buffer, 0, this.#width)
    for (let start = 0; start < this.count; start += blockRows) {
      const rows = Math.min(blockRows, this.count - start)
      for (const state of states) {
        words.set(state.codes)
        this.#kernel(this.#codesAt + start * this.#width, 0, this.#outAt, rows, this.#width)
        this.#scan(state, start, rows, allowed)
      }
    }
    return states.map((state) => this.#refine(state, kept))
  }

  /** Distance in float64 from float32 coordinates, summed in order: the one definition that all methods report. */
  distance(query: Float32Array, position: number): number {
    return euclideanDistance(query, this.#points, position * this.dim)
  }

  #prepare(point: Float32Array, k: number): QueryState {
    const codes = new Int16Array(this.#width)
    const { scale, error, squaredNorm } = quantise(point, this.#queryMax, codes)
    return { point, codes, scale, squaredNorm, error, upper: new KBest(k), candidates: [], lower: [] }
  }

  /** Bounds of one block's rows: keeps those that may be among the k nearest of what has been seen. */
  #scan(state: QueryState, start: number, rows: number, allowed: Uint8Array | undefined): void {
    const dots = new Int32Array(this.#memory.buffer, this.#outAt, rows)
    const { scale, squaredNorm, error, upper, candidates, lower } = state
    const scales = this.#scales
    const norms = this.#squaredNorms
    const errors = this.#errors
    let worst = upper.worst
    for (let i = 0; i < rows; i++) {
      const position = start + i
      const squared = squaredNorm + norms[position] - 2 * scale * scales[position] * dots[i]
      const uncertain = error + errors[position]
      const reach = worst + uncertain
      if (squared > reach * reach || (allowed !== undefined && allowed[position] === 0)) continue
      const about = Math.sqrt(Math.max(0, squared))
      candidates.push(position)
      lower.push(about - uncertain)
      upper.offer(about + uncertain, position)
      worst = upper.worst
    }
  }

  /** Full distances of the candidates, likeliest first, until no bound can enter. */
  #refine(state: QueryState, k: number): ScanHit[] {
    const { candidates, lower, upper, point } = state
    const order = candidates
      .map((_, i) => i)
      .filter((i) => lower[i] <= upper.worst)
      .sort((a, b) => lower[a] - lower[b])
    const best = new KBest(k)
    for (const i of order) {
      if (lower[i] > best.worst) break
      best.offer(this.distance(point, candidates[i]), candidates[i])
    }
    return best.sorted().map(({ value, position }) => ({ position, distance: value }))
  }

  /** Makes room for `count` rows, doubling, so that appending row by row stays linear. */
  #reserve(count: number): void {
    const bytes = this.#codesAt + count * this.#width
    if (bytes > this.#memory.buffer.byteLength)
      this.#memory.grow(Math.ceil((Math.max(bytes, 1.5 * this.#memory.buffer.byteLength) - this.#memory.buffer.byteLength) / page))
    if (count <= this.#scales.length) return
    const capacity = Math.max(count, Math.ceil(1.5 * this.#scales.length))
    this.#points = grown(this.#points, new Float32Array(capacity * this.dim))
    this.#scales = grown(this.#scales, new Float64Array(capacity))
    this.#squaredNorms = grown(this.#squaredNorms, new Float64Array(capacity))
    this.#errors = grown(this.#errors, new Float64Array(capacity))
  }
}

/** Euclidean distance between a query and the row at `offset`, in float64. */
export function euclideanDistance(query: Float32Array, points: Float32Array, offset = 0): number {
  return Math.sqrt(squaredDistance(query, 0, points, offset, query.length))
}

function grown<T extends Float32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}
