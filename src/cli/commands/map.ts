/** @file `kindred map`: vectors, or pictures through a model, as a picture of their neighbourhoods in the plane. */
import { existsSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { KindredError } from '../../base/index.ts'
import { readVectors, writeVectors, type Vectors } from '../../vectors/index.ts'
import { writeFileAtomic } from '../../files/index.ts'
import { load } from '../../models/index.ts'
import { embeddingMap, toPng, type Thumbnails } from '../../plots/index.ts'
import { allTheSame, project } from '../../projection/index.ts'
import type { Context } from '../context.ts'
import { loadPictures, type Pictures } from '../pictures.ts'

interface MapOptions {
  readonly out: string
  readonly method: 'tsne' | 'pca'
  readonly perplexity?: number
  readonly iterations?: number
  readonly seed: number
  readonly title?: string
}

export async function map(options: MapOptions, given: Context, source: string, paths: string[]): Promise<void> {
  const { out, method, seed, title } = options
  if (extname(out).toLowerCase() !== '.svg')
    throw new KindredError('usage', 'map', '--out must end in .svg', out, 'PNG and CSV are written beside it.')
  const beside = (extension: string) => `${out.slice(0, -4)}${extension}`
  keepOthers(out, beside, source)
  const { vectors, images, skipped } = await vectorsOf(source, paths, given)
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
  const { perplexity, iterations } = options
  const { progress, signal } = given
  const projection = await project(
    vectors.vectors,
    vectors.dim,
    method === 'pca'
      ? { method, seed }
      : {
          method,
          seed,
          ...(perplexity === undefined ? {} : { perplexity }),
          ...(iterations === undefined ? {} : { iterations }),
          progress,
          signal,
        },
  )
  const classes = vectors.labels === undefined ? ['vectors'] : [...new Set(vectors.labels)].sort()
  const numbers = new Map(classes.map((name, c) => [name, c]))
  const labels = Int32Array.from({ length: n }, (_, i) => (vectors.labels === undefined ? 0 : numbers.get(vectors.labels[i])!))
  const svg = embeddingMap(projection.positions, labels, classes, {
    ...(title === undefined ? {} : { title }),
    ...(images === undefined ? {} : { images }),
  })
  writeFileAtomic(out, svg)
  writeFileAtomic(beside('.png'), await toPng(svg))
  writeVectors(beside('.csv'), { vectors: projection.positions, dim: 2, ids: vectors.ids, labels: vectors.labels })
  const quality = {
    ...(projection.kl === undefined ? {} : { kl: projection.kl }),
    ...(projection.explainedVarianceRatio === undefined ? {} : { explainedVarianceRatio: projection.explainedVarianceRatio }),
  }
  given.result({ out, png: beside('.png'), positions: beside('.csv'), count: n, method, ...quality, skipped }, [
    `map of ${n} vectors by ${method === 'tsne' ? 't-SNE' : 'PCA'}: ${out}`,
  ])
}

/** Keeps what a map would be written over without having been named: its own source, and files beside a map that is not there yet. @throws KindredError `usage` */
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
      'Name another file with --out.',
    )
}

async function vectorsOf(
  source: string,
  paths: string[],
  given: Context,
): Promise<{ vectors: Vectors; images?: Thumbnails; skipped?: Pictures['skipped'] }> {
  if (extname(source).toLowerCase() !== '.onnx') {
    if (paths.length > 0) throw new KindredError('usage', 'map', 'pictures need a model, a file that ends in .onnx', source)
    return { vectors: readVectors(source) }
  }
  if (paths.length === 0)
    throw new KindredError('usage', 'map', 'a model must be followed by pictures', 'none', 'Name image files or folders.')
  const model = await load(source, { runtime: await given.runtime({ say: false }) })
  try {
    const { pixels, ids, labels, skipped } = await loadPictures(paths, model, given)
    return {
      vectors: { vectors: await model.embed(pixels), dim: model.dim, ids, ...(labels === undefined ? {} : { labels }) },
      images: { pixels, height: model.size[0], width: model.size[1] },
      skipped,
    }
  } finally {
    await model.dispose()
  }
}
