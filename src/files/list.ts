/** @file The files below a folder, with word of what was passed over and why. */
import { readdirSync, statSync, type Dirent, type Stats } from 'node:fs'
import { join } from 'node:path'
import { KindredError, limits, overLimit } from '../base/index.ts'
import { ioError, kindOf, placeOf } from './read.ts'

/** What {@link listFiles} found. */
export interface FileList {
  /** Paths of regular files, relative to the folder, with `/`, sorted by code point within each folder. */
  readonly files: string[]
  /** What was passed over: no regular file, a link that leads nowhere or round in a ring, a name that is no text, a folder that `skipFolder` named. */
  readonly skipped: { readonly path: string; readonly reason: string }[]
}

/** Options of {@link listFiles}. */
export interface ListOptions {
  /** Why a folder should be passed over, or undefined to go into it. Called with its path relative to the start and its entries' names. */
  readonly skipFolder?: (path: string, names: readonly string[]) => string | undefined
  readonly where?: string
}

/**
 * All regular files below a folder. Hidden ones (`.name`) are left out without a word; links to files are followed, links to folders are not (they may form
 * rings); what cannot be a file of interest is listed with its reason and never opened.
 *
 * A name whose bytes are no UTF-8 cannot be told from others once it is text: it is passed over and shown with `\xNN` for each odd byte.
 * @throws KindredError `not-found`, `usage` when `folder` is no folder, `io` for a folder that cannot be read (half a folder is no result), `limit`
 */
export function listFiles(folder: string, options: ListOptions = {}): FileList {
  const { skipFolder, where = 'list' } = options
  const files: string[] = []
  const skipped: { path: string; reason: string }[] = []
  if (placeOf(folder, where) === 'file') throw new KindredError('usage', where, `${folder} must be a folder`, 'a file')
  const walk = (below: string, depth: number): void => {
    if (depth > limits().nesting) throw overLimit('nesting', where, `folders below ${folder}`)
    const entries = entriesOf(join(folder, below), where, (name) =>
      skipped.push({ path: joined(below, name), reason: 'its name is no UTF-8 text' }),
    )
    const reason =
      below === ''
        ? undefined
        : skipFolder?.(
            below,
            entries.map((e) => e.name),
          )
    if (reason !== undefined) {
      skipped.push({ path: below, reason })
      return
    }
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue
      const path = joined(below, entry.name)
      if (entry.isDirectory()) walk(path, depth + 1)
      else if (entry.isFile()) files.push(path)
      else {
        const why = entry.isSymbolicLink() ? linkProblem(join(folder, path)) : kindOf(entry)
        if (why === undefined) files.push(path)
        else skipped.push({ path, reason: why })
      }
    }
    if (files.length > limits().entries) throw overLimit('entries', where, folder)
  }
  walk('', 1)
  return { files, skipped }
}

const joined = (below: string, name: string): string => (below === '' ? name : `${below}/${name}`)

function entriesOf(path: string, where: string, odd: (shown: string) => void): Dirent[] {
  let raw: Dirent<Buffer>[]
  try {
    raw = readdirSync(path, { withFileTypes: true, encoding: 'buffer' })
  } catch (error) {
    throw ioError(where, path, error)
  }
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const entries = raw.flatMap((entry): Dirent[] => {
    try {
      return [Object.assign(Object.create(entry) as Dirent, { name: text.decode(entry.name) })]
    } catch {
      odd(shownBytes(entry.name))
      return []
    }
  })
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Bytes as text, each that is no ASCII as `\xNN`. */
const shownBytes = (bytes: Uint8Array): string =>
  Array.from(bytes, (b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : `\\x${b.toString(16).padStart(2, '0')}`)).join('')

/** Why a link is passed over; undefined when it leads to a regular file. */
function linkProblem(path: string): string | undefined {
  let stats: Stats | undefined
  try {
    stats = statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ELOOP' ? 'a link that leads round in a ring' : 'a link that cannot be followed'
  }
  if (stats === undefined) return 'a link that leads nowhere'
  if (stats.isFile()) return undefined
  return stats.isDirectory() ? 'a link to a folder' : `a link to ${kindOf(stats)}`
}
