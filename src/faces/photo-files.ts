/** @file Which files of a folder are photos, what their labels are, and how their crops are called. */
import { readdirSync, statSync, type Dirent } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { KindredError } from '../base/index.ts'
import { ioError, sha256 } from '../files/index.ts'

const extensions = new Set(['.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif', '.heic', '.heif', '.bmp', '.svg'])

/**
 * All files below a folder whose names say that they are images, sorted by code point; hidden ones, and those in the output folder, are left out.
 *
 * A folder that the system does not let us read ends the run: half a folder is no result.
 * @returns paths relative to `dir`, with `/`
 * @throws KindredError `not-found`, `usage` when `dir` is no folder, `io`
 */
export function photoFiles(dir: string, out: string): { photos: string[]; ignored: number } {
  const info = statSync(dir, { throwIfNoEntry: false })
  if (info === undefined) throw new KindredError('not-found', 'crop folder', `${dir} must exist`, 'no such folder', 'Check the path.')
  if (!info.isDirectory()) throw new KindredError('usage', 'crop folder', `${dir} must be a folder of photos`, 'a file')
  const skip = resolve(out)
  const photos: string[] = []
  let ignored = 0
  const walk = (relative: string) => {
    let entries: Dirent[]
    try {
      entries = readdirSync(join(dir, relative), { withFileTypes: true })
    } catch (error) {
      throw ioError('crop folder', join(dir, relative), error)
    }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`
      const full = resolve(dir, path)
      if (entry.name.startsWith('.') || full === skip) continue
      const kind = entry.isSymbolicLink() ? statSync(full, { throwIfNoEntry: false }) : entry
      if (kind?.isDirectory() === true && !entry.isSymbolicLink()) walk(path) // links to folders are not followed: they may form rings
      else if (kind?.isFile() === true && extensions.has(extname(entry.name).toLowerCase())) photos.push(path)
      else ignored++
    }
  }
  walk('')
  return { photos, ignored }
}

/** The name of the folder a photo lies in, or null at the top. */
export function labelOf(source: string): string | null {
  const folder = dirname(source)
  return folder === '.' ? null : basename(folder).normalize('NFC')
}

/** The crop's path: the photo's own, below `crops/`, with the face's number. Names too long for the file system are cut and get a hash. */
export function cropName(source: string, face: number): string {
  const cut = source.split('/').map((part) => (Buffer.byteLength(part) <= 200 ? part : `${[...part].slice(0, 40).join('')}~${sha256(Buffer.from(part)).slice(0, 16)}`))
  return `crops/${cut.join('/')}.${face}.png`
}

/** Whether the first bytes are those of an image format that can be decoded (JPEG, PNG, GIF, WebP, TIFF, AVIF/HEIF, SVG). */
export function looksLikeImage(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.subarray(0, 256)).toString('latin1')
  return (
    text.startsWith('\xff\xd8\xff') ||
    text.startsWith('\x89PNG\r\n\x1a\n') ||
    text.startsWith('GIF8') ||
    (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') ||
    text.startsWith('II*\0') ||
    text.startsWith('MM\0*') ||
    text.slice(4, 8) === 'ftyp' ||
    /^(\xef\xbb\xbf)?\s*<(\?xml|svg)/.test(text)
  )
}
