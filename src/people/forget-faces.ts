/**
 * @file What an output folder holds of faces that are no longer there: vectors, and pictures on which they may be seen. Crops are the business of `cropFolder`.
 *
 * Pictures go before vectors, and vectors before the lists of faces: wherever a run is killed, the next one sees that something is left to be removed.
 */
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { CropRecord } from '../faces/index.ts'
import { ioError, readBytes } from '../files/index.ts'
import { forgetRegions } from './named-regions.ts'
import { contentOfId, faceId, forgetVectors, sourceOfId } from './kept-vectors.ts'

/**
 * Removes what an output folder keeps of photos other than these, but for faces that have moved with their photos.
 *
 * @throws KindredError `io`
 */
export function forgetPhotos(out: string, photos: ReadonlySet<string>, moved: readonly CropRecord[] = []): void {
  const contents = contentsOf(moved)
  forgetRegions(out, photos)
  forgetVectors(
    out,
    (id) => photos.has(sourceOfId(id)) || contents.has(contentOfId(id)),
    () => removePictures(out),
  )
}

/** Removes what an output folder keeps of faces other than these, such as those of photos that have changed. @throws KindredError `io` */
export function forgetFaces(out: string, records: readonly CropRecord[]): void {
  const contents = contentsOf(records)
  forgetVectors(
    out,
    (id) => contents.has(contentOfId(id)),
    () => removePictures(out),
  )
}

const contentsOf = (records: readonly CropRecord[]): ReadonlySet<string> => new Set(records.map((r) => contentOfId(faceId(r))))

/** The figures of reports on which faces are seen. */
const faceFigures: readonly string[] = ['crops', 'map', 'maps', 'neighbours', 'wrong', 'pairs', 'firstWrong', 'secondWrong']

/** Removes the pictures of both stories and of groups, and a page that shows any; a page that has only just begun shows none. */
function removePictures(out: string): void {
  for (const name of [
    'map.svg',
    'map.png',
    'groups.png',
    'suggestions.png',
    ...faceFigures.flatMap((figure) => [`figures/${figure}.svg`, `figures/${figure}.png`]),
  ])
    remove(join(out, name))
  removeSheets(out)
  const page = join(out, 'report.html')
  if (existsSync(page) && Buffer.from(readBytes(page, 'faces')).includes('data:image/')) remove(page)
}

/** Removes the contact sheets of `groups/`, and the folder if nothing else lies in it. @throws KindredError `io` */
export function removeSheets(out: string): void {
  const folder = join(out, 'groups')
  try {
    if (!existsSync(folder)) return
    const names = readdirSync(folder)
    const sheets = names.filter((name) => /^\d{3,}\.png$/.test(name))
    for (const name of sheets) rmSync(join(folder, name), { force: true })
    if (sheets.length === names.length) rmdirSync(folder)
  } catch (error) {
    throw ioError('faces', folder, error)
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch (error) {
    throw ioError('faces', path, error)
  }
}
