/** @file Pictures by their paths, as a model of digits wants them. */
import { basename, dirname, join } from 'node:path'
import { KindredError, silent, stopIfAborted, type Progress } from '../base/index.ts'
import { listFiles, madeByKindred, placeOf } from '../files/index.ts'
import { pictureName } from '../images/index.ts'
import { checkPictureModel, modelPicture, type PictureModel } from './model-picture.ts'

/** Pictures ready to be embedded. */
export interface Pictures {
  /** [n x height x width x channels] bytes. */
  readonly pixels: Uint8Array
  /** Paths, as shown to the user. */
  readonly ids: readonly string[]
  /** The sub-folder each lies in; undefined unless all lie in one. */
  readonly labels: readonly string[] | undefined
  /** What was passed over or could not be read; each has been warned of. */
  readonly skipped: readonly Skipped[]
}

const where = 'pictures'

export interface Found {
  readonly path: string
  readonly label: string | undefined
}

/** A path that was passed over, and why. */
export interface Skipped {
  readonly path: string
  readonly reason: string
}

/**
 * Files as they are; of folders all pictures in them, those in sub-folders labelled by these.
 *
 * What a folder holds beside pictures that are read is `skipped`: pictures of other formats, pipes, dead links, folders that kindred made. Other files are not
 * mentioned.
 * @throws KindredError `not-found` for a path that is not there, `unsupported` for one that is neither a file nor a folder
 */
export function findPictures(paths: readonly string[]): { found: Found[]; skipped: Skipped[] } {
  const found: Found[] = []
  const skipped: Skipped[] = []
  for (const path of paths) {
    if (placeOf(path, where) === 'file') {
      found.push({ path, label: undefined })
      continue
    }
    const list = listFiles(path, {
      where,
      skipFolder: (below, names) => {
        const mark = madeByKindred(join(path, below), names)
        return mark === undefined ? undefined : `a folder that kindred made, as its ${mark} shows`
      },
    })
    for (const { path: below, reason } of list.skipped) skipped.push({ path: join(path, below), reason })
    for (const name of list.files.sort()) {
      const kind = pictureName(name)
      if (kind === 'read') found.push({ path: join(path, name), label: dirname(name) === '.' ? undefined : basename(dirname(name)) })
      else if (kind !== undefined) skipped.push({ path: join(path, name), reason: kind.reason })
    }
  }
  return { found, skipped }
}

/**
 * Reads pictures into the model's frame. One that cannot be read is warned of and left out.
 *
 * @throws KindredError `not-found` when none can be read, `unsupported` for a model of other pictures, `interrupted`
 */
export async function loadPictures(
  paths: readonly string[],
  model: PictureModel,
  { progress = silent, signal }: { readonly progress?: Progress; readonly signal?: AbortSignal } = {},
): Promise<Pictures> {
  checkPictureModel(model)
  const { found, skipped } = findPictures(paths)
  for (const { path, reason } of skipped) progress.warn(`left out: ${path}: ${reason}`)
  const kept: Found[] = []
  const pixels: Uint8Array[] = []
  const task = progress.start('reading', found.length, 'picture')
  try {
    for (const [i, picture] of found.entries()) {
      stopIfAborted(signal, 'reading pictures', `a stop after ${i} pictures`)
      try {
        pixels.push(await modelPicture(picture.path, model))
        kept.push(picture)
      } catch (error) {
        if (!(error instanceof KindredError)) throw error
        skipped.push({ path: picture.path, reason: error.message })
        progress.warn(`left out: ${error.message}`)
      }
      task.update(i + 1)
    }
  } finally {
    task.end()
  }
  if (kept.length === 0)
    throw new KindredError(
      'not-found',
      where,
      'at least one picture must be readable',
      found.length === 0 ? 'none found' : `${found.length} that are not`,
      'Name image files, or folders that hold some.',
    )
  const each = model.size[0] * model.size[1] * model.channels
  const all = new Uint8Array(kept.length * each)
  pixels.forEach((p, i) => all.set(p, i * each))
  const labelled = kept.every((p) => p.label !== undefined)
  return { pixels: all, ids: kept.map((p) => p.path), labels: labelled ? kept.map((p) => p.label!) : undefined, skipped }
}
