/** @file What verb `map` does: vectors, or pictures through a model, drawn in the plane and written as SVG, PNG and CSV. */
import { existsSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { KindredError } from '../base/index.ts'
import { loadPictures, type Pictures } from '../digits/index.ts'
import { writeFileAtomic } from '../files/index.ts'
import { load } from '../models/index.ts'
import { embeddingMap, toPng, type Thumbnails } from '../plots/index.ts'
import { allTheSame, project } from '../projection/index.ts'
import { readVectors, writeVectors, type Vectors } from '../vectors/index.ts'
import type { JobContext } from './context.ts'

/** What is drawn, and how; see the verb. */
export interface MapInput {
  readonly source: string
  readonly pictures: readonly string[]
  /** Ends in .svg. */
  readonly out: string
  readonly method: 'tsne' | 'pca'
  readonly perplexity?: number
  readonly iterations?: number
  readonly seed: number
  readonly title?: string
}

/** The files that were written, and how good the map is. */
export interface MapResult {
  readonly out: string
  readonly png: string
  readonly positions: string
  readonly count: number
  readonly method: 'tsne' | 'pca'
  /** t-SNE: KL(P || Q) in nats. */
  readonly kl?: number
  readonly explainedVarianceRatio?: readonly number[]
  /** Pictures that were passed over, where pictures were mapped. */
  readonly skipped?: Pictures['skipped']
}

/**
 * Draws and writes a map. @throws KindredError `usage` for fewer than 4 vectors and for files that would be written over; `collapsed` where all are the same
 */
export async function mapVectors(input: MapInput, context: JobContext): Promise<MapResult> {
  const { source, pictures, out, method, perplexity, iterations, seed, title } = input
  const beside = (extension: string) => `${out.slice(0, -4)}${extension}`
  keepOthers(out, beside, source)
  const { vectors, images, skipped } = await vectorsOf(source, pictures, context)
  const n = vectors.vectors.length / vectors.dim
  if (n < 4) throw new KindredError('usage', 'map', 'there must be at least 4 vectors', String(n))
  if (allTheSame(vectors.vectors, vectors.dim))
    throw new KindredError(
      'collapsed',
      'map',
      'the vectors must differ',
      `${n} vectors that are all the same`,
      'Unless they are of one and the same picture, the model has collapsed: it embeds everything alike.',
    )
  const { progress, signal } = context
  const { positions, kl, explainedVarianceRatio } = await project(
    vectors.vectors,
    vectors.dim,
    method === 'pca' ? { method, seed, progress, signal } : { method, seed, perplexity, iterations, progress, signal },
  )
  const classes = vectors.labels === undefined ? ['vectors'] : [...new Set(vectors.labels)].sort()
  const numbers = new Map(classes.map((name, c) => [name, c]))
  const labels = Int32Array.from({ length: n }, (_, i) => (vectors.labels === undefined ? 0 : numbers.get(vectors.labels[i])!))
  const svg = embeddingMap(positions, labels, classes, { title, images })
  writeFileAtomic(out, svg)
  writeFileAtomic(beside('.png'), await toPng(svg))
  writeVectors(beside('.csv'), { vectors: positions, dim: 2, ids: vectors.ids, labels: vectors.labels })
  return { out, png: beside('.png'), positions: beside('.csv'), count: n, method, kl, explainedVarianceRatio, skipped }
}

/**
 * Keeps what a map would be written over without having been named: its own source, and files beside a map that is not there yet. @throws KindredError `usage`
 */
function keepOthers(out: string, beside: (extension: string) => string, source: string): void {
  const written = [out, beside('.png'), beside('.csv')]
  const over =
    written.find((path) => resolve(path) === resolve(source)) ?? (existsSync(out) ? undefined : written.find((path) => existsSync(path)))
  if (over !== undefined)
    throw new KindredError(
      'usage',
      'map',
      `what a map is written over must be an earlier map, with its .png and .csv`,
      over,
      'Name another file with `out`.',
      { option: 'out' },
    )
}

async function vectorsOf(
  source: string,
  paths: readonly string[],
  context: JobContext,
): Promise<{ vectors: Vectors; images?: Thumbnails; skipped?: Pictures['skipped'] }> {
  if (extname(source).toLowerCase() !== '.onnx') {
    if (paths.length > 0) throw new KindredError('usage', 'map', 'pictures need a model, a file that ends in .onnx', source)
    return { vectors: readVectors(source) }
  }
  if (paths.length === 0)
    throw new KindredError('usage', 'map', 'a model must be followed by pictures', 'none', 'Name image files or folders.')
  const model = await load(source, { runtime: await context.runtime({ say: false }) })
  try {
    const { pixels, ids, labels, skipped } = await loadPictures(paths, model, context)
    return {
      vectors: { vectors: await model.embed(pixels), dim: model.dim, ids, labels },
      images: model.channels === 4 ? undefined : { pixels, height: model.size[0], width: model.size[1], channels: model.channels },
      skipped,
    }
  } finally {
    await model.dispose()
  }
}
