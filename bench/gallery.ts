/**
 * @file A gallery of 100,000 x 128 beside FAISS (IndexFlatL2) and numpy: one query at a time, k = 10.
 *
 * The vectors are people on the unit sphere: a random centre each, twenty noisy views of it; queries are new views of random people. Everything goes through
 * the public `openGallery`: rows in by transactions, the folder closed and opened again, exact search in memory and by SQL, HNSW built and searched.
 */
import { join } from 'node:path'
import { openGallery, type Item } from '../src/gallery/index.ts'
import { rng } from '../src/base/index.ts'
import {
  exchangeFolder,
  interleave,
  machine,
  median,
  numberOptions,
  pythonWith,
  startPeer,
  summarise,
  table,
  timed,
  writeArray,
  type Benchmark,
  type Timing,
} from './peer.ts'

/** Runs the benchmark: `--pairs 7 --n 100000 --dim 128 --queries 50 --k 10 --ef 100`. */
export const run: Benchmark = async (argv) => {
  const { pairs, n, dim, queries: count, k, ef } = numberOptions(argv, { pairs: 7, n: 100_000, dim: 128, queries: 50, k: 10, ef: 100 })
  const { points, queries } = people(n, dim, count, 1)
  const folder = exchangeFolder()
  const peer = startPeer(pythonWith('gallery'), 'gallery_peer.py')
  const versions = await peer.ask<{ faiss: string; numpy: string; threads: number }>({
    load: writeArray(folder, 'points.f32', points),
    dim,
  })
  const queryFile = writeArray(folder, 'queries.f32', queries)
  const load = machine().load

  const place = join(folder, 'gallery')
  const make = await timed(() => openGallery(place, { recipe: { model: 'bench' } }))
  const items = function* (): Generator<Item> {
    for (let i = 0; i < n; i++)
      yield {
        id: `${i}`,
        source: `photos/${i}.jpg`,
        label: `person ${Math.floor(i / 20)}`,
        vector: points.subarray(i * dim, (i + 1) * dim),
      }
  }
  const insert = await timed(() => make.result.add(items()))
  const close = await timed(() => make.result.close())
  const reopen = await timed(() => openGallery(place))
  const gallery = reopen.result
  const one = (q: number): Float32Array => queries.subarray(q * dim, (q + 1) * dim)
  const first = await timed(() => gallery.search(one(0), k))

  /** Each query by itself: seconds each, and the ids found. */
  const each = async (method: 'exact' | 'sql' | 'hnsw', some = count): Promise<Timing & { times: number[]; ids: number[][] }> => {
    const times: number[] = []
    const ids: number[][] = []
    const { wall, cpu } = await timed(async () => {
      for (let q = 0; q < some; q++) {
        const { wall: seconds, result } = await timed(() => gallery.search(one(q), k, { method, efSearch: ef }))
        times.push(seconds)
        ids.push(result[0].neighbours.map(({ id }) => Number(id)))
      }
    })
    return { wall, cpu, times, ids }
  }
  const recall = (found: number[][], truth: number[][]): number =>
    found.reduce((sum, ids, q) => sum + ids.filter((id) => truth[q].includes(id)).length, 0) / (found.length * k)

  await each('exact')
  await peer.ask({ search: queryFile, k, engine: 'faiss' })
  const exact = await interleave(
    pairs,
    () => each('exact'),
    () => peer.ask<Timing & { times: number[]; ids: number[][] }>({ search: queryFile, k, engine: 'faiss' }),
  )
  const numpy = await peer.ask<Timing & { times: number[]; ids: number[][] }>({ search: queryFile, k, engine: 'numpy' })
  const sql = await each('sql', Math.min(10, count))
  const build = await timed(() => gallery.index())
  await each('hnsw')
  const hnsw = await each('hnsw')
  await gallery.close()
  peer.close()

  const truth = Array.from({ length: count }, (_, q) => bruteForce(points, dim, one(q), k))
  const ms = (times: number[]): { median: number; p90: number } => ({
    median: 1e3 * median(times),
    p90: 1e3 * [...times].sort((a, b) => a - b)[Math.floor(0.9 * times.length)],
  })
  const ours = ms(exact.flatMap((pair) => pair.kindred.times))
  const theirs = ms(exact.flatMap((pair) => pair.peer.times))
  const rows = [
    { side: 'kindred, exact in memory', ...ours, recall: recall(exact[0].kindred.ids, truth) },
    { side: `FAISS ${versions.faiss} IndexFlatL2, ${versions.threads} threads`, ...theirs, recall: recall(exact[0].peer.ids, truth) },
    { side: `numpy ${versions.numpy}`, ...ms(numpy.times), recall: recall(numpy.ids, truth) },
    { side: 'kindred, exact by SQL', ...ms(sql.times), recall: recall(sql.ids, truth.slice(0, sql.ids.length)) },
    { side: `kindred, HNSW, efSearch ${ef}`, ...ms(hnsw.times), recall: recall(hnsw.ids, truth) },
  ]
  table(
    rows.map(({ side, median: middle, p90, recall: found }) => ({ side, 'ms a query': middle, 'ms, 90 %': p90, [`recall@${k}`]: found })),
  )
  console.log(
    `making ${make.wall.toFixed(1)} s; adding ${Math.round(n / insert.wall)} items/s (${Math.round(n / insert.cpu)} a CPU second); ` +
      `closing ${close.wall.toFixed(2)} s; opening ${reopen.wall.toFixed(2)} s; ` +
      `first search, which loads the vectors, ${first.wall.toFixed(2)} s; HNSW built in ${build.wall.toFixed(1)} s`,
  )
  const { ratio, cpuRatio, ratios } = summarise(exact)
  const [kindred, faiss, brute, bySql, graph] = rows.map(({ side: name, median: middle, p90, recall: found }) => ({
    name,
    ms: middle,
    p90,
    recall: found,
  }))
  return {
    ratio,
    cpuRatio,
    ratios,
    exact: kindred,
    faiss,
    numpy: brute,
    sql: bySql,
    hnsw: { ...graph, buildSeconds: build.wall },
    n,
    dim,
    k,
    insertPerSecond: n / insert.wall,
    insertPerCpuSecond: n / insert.cpu,
    makeSeconds: make.wall,
    reopenSeconds: reopen.wall,
    firstSearchSeconds: first.wall,
    ...machine(),
    load: { before: load, after: machine().load },
  }
}

/** n views of n / 20 people, and a new view of `count` of them, all of norm 1. */
function people(n: number, dim: number, count: number, seed: number): { points: Float32Array; queries: Float32Array } {
  const r = rng(seed)
  const unit = (v: Float32Array): Float32Array => {
    const norm = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0))
    return v.map((x) => x / norm)
  }
  const centres = Array.from({ length: Math.ceil(n / 20) }, () => unit(Float32Array.from({ length: dim }, () => r.normal())))
  const view = (person: number): Float32Array => unit(centres[person].map((x) => x + (0.5 / Math.sqrt(dim)) * r.normal()))
  const points = new Float32Array(n * dim)
  for (let i = 0; i < n; i++) points.set(view(Math.floor(i / 20)), i * dim)
  const queries = new Float32Array(count * dim)
  for (let q = 0; q < count; q++) queries.set(view(r.integer(centres.length)), q * dim)
  return { points, queries }
}

/** The k nearest in float64, in the plainest way. */
function bruteForce(points: Float32Array, dim: number, query: Float32Array, k: number): number[] {
  const distances = new Float64Array(points.length / dim)
  for (let i = 0; i < distances.length; i++) for (let j = 0; j < dim; j++) distances[i] += (query[j] - points[i * dim + j]) ** 2
  return Array.from(distances.keys())
    .sort((a, b) => distances[a] - distances[b] || a - b)
    .slice(0, k)
}
