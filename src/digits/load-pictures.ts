/** @file Pictures by their paths, as a model of digits wants them. */
import { basename, dirname, join } from 'node:path'
import { KindredError, silent, stopIfAborted, type Progress } from '../base/index.ts'
import { listFiles, madeByKindred, placeOf } from '../files/index.ts'
import { pictureName } from '../images/index.ts'
import { noDigit } from './digit-image.ts'
import type { Box } from './ink.ts'
import { checkPictureModel, pictureParts, type PictureModel } from './model-picture.ts'

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
  /** What was read, in order: a row of `pixels` for each, or why there is none. */
  readonly answers: readonly PictureAnswer[]
}

/** What became of one picture, or of one digit in it. */
export interface PictureAnswer {
  readonly path: string
  readonly label: string | undefined
  /** Its row in {@link Pictures.pixels}; undefined where the picture shows no digit. */
  readonly row: number | undefined
  /** Why it shows no digit. */
  readonly refused: string | undefined
  /** How many digits the picture shows. */
  readonly digits: number
  /** Where the digit lies in the picture, pixels, where digits were looked for. */
  readonly box: Box | undefined
}

/** Settings of {@link loadPictures}. */
export interface LoadOptions {
  readonly progress?: Progress
  readonly signal?: AbortSignal
  /** Every digit of a picture, in reading order, each a row. Default: the largest, with a warning where there are more. */
  readonly all?: boolean
  /** Pictures that show no digit are answers, with the reason. Default: they are left out, with a warning. */
  readonly answerRefused?: boolean
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
 * Reads pictures into the model's frame. One that cannot be read is warned of and left out, as is, unless it is to be answered, one that shows no digit.
 *
 * @throws KindredError `not-found` when none can be read, `unsupported` for a model of other pictures, `interrupted`
 */
export async function loadPictures(
  paths: readonly string[],
  model: PictureModel,
  { progress = silent, signal, all = false, answerRefused = false }: LoadOptions = {},
): Promise<Pictures> {
  checkPictureModel(model)
  const { found, skipped } = findPictures(paths)
  for (const { path, reason } of skipped) progress.warn(`left out: ${path}: ${reason}`)
  const answers: PictureAnswer[] = []
  const pixels: Uint8Array[] = []
  const task = progress.start('reading', found.length, 'picture')
  try {
    for (const [i, picture] of found.entries()) {
      stopIfAborted(signal, 'reading pictures', `a stop after ${i} pictures`)
      try {
        const { parts, digits, refused } = await pictureParts(picture.path, model, all)
        if (refused !== undefined) {
          if (!answerRefused) throw noDigit(picture.path, refused)
          answers.push({ ...picture, row: undefined, refused, digits: 0, box: undefined })
        }
        if (digits > 1 && !all)
          progress.warn(`${picture.path} shows ${digits} digits: the largest is read${answerRefused ? ' (`all` reads each)' : ''}`)
        for (const part of parts) {
          answers.push({ ...picture, row: pixels.length, refused: undefined, digits, box: part.box })
          pixels.push(part.pixels)
        }
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
  if (answers.length === 0)
    throw new KindredError(
      'not-found',
      where,
      'at least one picture must be readable',
      found.length === 0 ? 'none found' : `${found.length} that are not`,
      'Name image files, or folders that hold some.',
    )
  const each = model.size[0] * model.size[1] * model.channels
  const rows = new Uint8Array(pixels.length * each)
  pixels.forEach((p, i) => rows.set(p, i * each))
  const kept = answers.filter((a) => a.row !== undefined)
  const labelled = kept.every((p) => p.label !== undefined)
  return { pixels: rows, ids: kept.map((p) => p.path), labels: labelled ? kept.map((p) => p.label!) : undefined, skipped, answers }
}
