/** @file A folder of pictures with one folder per class. */
import { join } from 'node:path'
import { checkOptions, KindredError } from '../base/index.ts'
import { listPictures } from '../images/index.ts'
import {
  checkPictureOptions,
  openPictures,
  pictureOptions,
  type LabelledFile,
  type PictureOptions,
  type PictureSource,
} from './picture-source.ts'

/**
 * The pictures of a folder that holds one folder per class, however deep they lie in it.
 *
 * Each file is read once when the folder is opened and decoded again when its image is asked for; `cacheBytes` of pixels are kept. All formats of
 * `decodeImage`, in any size, told by their content, are turned upright and scaled. Left out are: files that cannot be decoded, pictures beside the
 * class folders, links to folders, folders that kindred made (all listed in `skipped`), hidden files and files whose names stand for no picture.
 *
 * @param dir the folder; class names are those of the folders in it, in Unicode's composed form (NFC), sorted by code point
 * @returns images in the order of class, then path; `files` names each
 * @throws KindredError `not-found` for a missing folder, one without class folders or without any picture that can be read; `mismatch` for a folder that is
 *   none of
 *   `options.classes`; `interrupted`; as {@link PictureOptions} ask
 * cost: one decoding of every file, and 32 bytes a file beside the kept pixels
 * @example
 * const photos = await imageFolder('flowers', { size: 64 })
 * const { train, validation } = stratifiedSplit(photos, { fraction: 0.2, seed: 0 })
 */
export async function imageFolder(dir: string, options: PictureOptions): Promise<PictureSource> {
  const where = 'image folder'
  checkOptions(where, options, pictureOptions)
  checkPictureOptions(where, options)
  const { pictures, others, skipped } = listPictures(dir, where)
  const left = skipped.map(({ path, reason }) => ({ path: join(dir, path), reason }))
  const found: LabelledFile[] = []
  for (const path of pictures) {
    if (path.includes('/')) found.push({ path: join(dir, path), label: classOf(path) })
    else left.push({ path: join(dir, path), reason: 'it lies in no class: a picture must lie in the folder of its class' })
  }
  const named = new Set(found.map(({ label }) => label))
  const empty = new Set(others.filter((path) => path.includes('/') && !named.has(classOf(path))).map((path) => path.split('/')[0]))
  for (const folder of empty) left.push({ path: join(dir, folder), reason: 'a folder without pictures' })
  if (found.length === 0)
    throw new KindredError(
      'not-found',
      where,
      `${dir} must hold one folder of pictures per class`,
      left.length === 0 ? 'no picture' : `none of which a picture can be read; left out: ${left[0].path}: ${left[0].reason}`,
      'Make a folder per class and put its pictures there.',
    )
  found.sort((a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : 0))
  return openPictures(where, found, left, `pictures of ${dir}`, options)
}

const classOf = (path: string): string => path.slice(0, path.indexOf('/')).normalize('NFC')
