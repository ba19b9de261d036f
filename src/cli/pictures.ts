/** @file Pictures named on the command line, as a model wants them. */
import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { KindredError } from '../base/index.ts'
import { loadDigitImage } from '../data/index.ts'
import { ioError } from '../files/index.ts'
import type { Embedder } from '../models/index.ts'
import type { Context } from './context.ts'

/** Pictures ready to be embedded. */
export interface Pictures {
  /** [n x h x w] bytes. */
  readonly pixels: Uint8Array
  /** Paths, as shown to the user. */
  readonly ids: readonly string[]
  /** The sub-folder each lies in; undefined unless all lie in one. */
  readonly labels: readonly string[] | undefined
  /** Paths that could not be read; each has been warned of. */
  readonly skipped: readonly string[]
}

interface Found {
  readonly path: string
  readonly label: string | undefined
}

const imageName = /\.(png|jpe?g|webp|gif|tiff?|bmp|avif|svg)$/i

/**
 * Files as they are; of folders all pictures in them, those in sub-folders labelled by these.
 *
 * @throws KindredError `not-found` for a path that is not there
 */
export function findPictures(paths: readonly string[]): Found[] {
  return paths.flatMap((path): Found[] => {
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats === undefined) throw new KindredError('not-found', 'pictures', `${path} must exist`, 'no such file or folder', 'Check the path.')
    if (!stats.isDirectory()) return [{ path, label: undefined }]
    try {
      return (readdirSync(path, { recursive: true }) as string[])
        .filter((name) => imageName.test(name) && !basename(name).startsWith('.'))
        .sort()
        .map((name) => ({ path: join(path, name), label: dirname(name) === '.' ? undefined : basename(dirname(relative(path, join(path, name)))) }))
    } catch (error) {
      throw ioError('pictures', path, error)
    }
  })
}

/**
 * Reads pictures into the model's frame. One that cannot be read is warned of and left out.
 *
 * @throws KindredError `not-found` when none can be read, `unsupported` for a model of other pictures, `interrupted`
 */
export async function loadPictures(paths: readonly string[], model: Embedder, { progress, signal }: Context): Promise<Pictures> {
  const { frame } = model.card.preprocessing
  if (frame !== 'mnist') throw new KindredError('unsupported', 'pictures', 'the model must take pictures in the frame "mnist"', frame)
  const found = findPictures(paths)
  const kept: Found[] = []
  const pixels: Uint8Array[] = []
  const skipped: string[] = []
  const task = progress.start('reading', found.length, 'picture')
  try {
    for (const [i, picture] of found.entries()) {
      if (signal.aborted) throw new KindredError('interrupted', 'reading pictures', 'the work must not be stopped before its end', `a stop after ${i} pictures`)
      try {
        pixels.push((await loadDigitImage(picture.path)).pixels)
        kept.push(picture)
      } catch (error) {
        if (!(error instanceof KindredError)) throw error
        skipped.push(picture.path)
        progress.warn(`left out: ${error.message}`)
      }
      task.update(i + 1)
    }
  } finally {
    task.end()
  }
  if (kept.length === 0) throw new KindredError('not-found', 'pictures', 'at least one picture must be readable', found.length === 0 ? 'none found' : `${found.length} that are not`, 'Name image files, or folders that hold some.')
  const each = model.size[0] * model.size[1]
  const all = new Uint8Array(kept.length * each)
  pixels.forEach((p, i) => all.set(p, i * each))
  const labelled = kept.every((p) => p.label !== undefined)
  return { pixels: all, ids: kept.map((p) => p.path), labels: labelled ? kept.map((p) => p.label!) : undefined, skipped }
}
