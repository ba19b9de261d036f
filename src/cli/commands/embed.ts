/** @file `kindred embed`: pictures to vectors on disk. */
import { writeVectors } from '../../vectors/index.ts'
import { load } from '../../models/index.ts'
import type { Context } from '../context.ts'
import { loadPictures } from '../pictures.ts'

export async function embed({ out }: { out: string }, given: Context, path: string, paths: string[]): Promise<void> {
  const model = await load(path, { runtime: await given.runtime({ say: false }) })
  try {
    const { pixels, ids, labels, skipped } = await loadPictures(paths, model, given)
    writeVectors(out, { vectors: await model.embed(pixels), dim: model.dim, ids, ...(labels === undefined ? {} : { labels }) })
    given.result({ out, count: ids.length, dim: model.dim, labelled: labels !== undefined, model: model.hash, skipped }, [
      `${ids.length} vectors of ${model.dim} numbers in ${out}${skipped.length === 0 ? '' : `; ${skipped.length} pictures left out`}`,
    ])
  } finally {
    await model.dispose()
  }
}
