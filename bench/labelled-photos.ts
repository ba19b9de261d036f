/** @file The photos below a folder with the people on them: the name of the folder each lies in, and `train` or `val` where that is the folder above. */
import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** A photo of a person. */
export interface LabelledPhoto {
  readonly path: string
  readonly person: string
  readonly split: string | undefined
}

/** All photos in folders of people, sorted by path. */
export function photosBelow(dir: string): LabelledPhoto[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && /\.(jpe?g|png|webp)$/i.test(e.name) && e.parentPath !== dir)
    .map(({ name, parentPath }) => {
      const above = basename(dirname(parentPath))
      return {
        path: join(parentPath, name),
        person: basename(parentPath).normalize('NFC'),
        split: above === 'train' || above === 'val' ? above : undefined,
      }
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}
