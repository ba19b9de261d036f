/** @file The pictures below a folder, by their names, with word of what was passed over. */
import { join } from 'node:path'
import { listFiles, madeByKindred, type FileList } from '../files/index.ts'
import { pictureName } from './image-kind.ts'

/** What {@link listPictures} found. */
export interface PictureList {
  /** Paths relative to the folder, with `/`, sorted by code point within each folder. */
  readonly pictures: readonly string[]
  /** Files whose names stand for no picture. */
  readonly others: readonly string[]
  /** Pictures of formats that are not read, folders that kindred made, and what {@link listFiles} passes over. */
  readonly skipped: FileList['skipped']
}

/**
 * All files below a folder whose names say that they are pictures of a format that is read. Hidden files and folders are left out without a word.
 *
 * @throws KindredError as {@link listFiles}
 */
export function listPictures(folder: string, where: string): PictureList {
  const { files, skipped } = listFiles(folder, {
    where,
    skipFolder: (below, names) => {
      const mark = madeByKindred(join(folder, below), names)
      return mark === undefined ? undefined : `a folder that kindred made, as its ${mark} shows`
    },
  })
  const pictures: string[] = []
  const others: string[] = []
  const unread: { path: string; reason: string }[] = []
  for (const path of files) {
    const name = pictureName(path)
    if (name === 'read') pictures.push(path)
    else if (name === undefined) others.push(path)
    else unread.push({ path, reason: name.reason })
  }
  return { pictures, others, skipped: [...skipped, ...unread] }
}
