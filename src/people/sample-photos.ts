/** @file Photos that a fresh clone has without any download. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { defaultCacheFolder } from '../files/index.ts'
import { faceApiFolder } from '../faces/index.ts'
import { ioError, readBytes, writeFileAtomic } from '../files/index.ts'

/**
 * A folder with the sample photos of the npm package @vladmandic/face-api, and nothing else: beside them the package keeps screenshots with meshes drawn over
 * the faces. They are copied once into the cache folder.
 *
 * @throws KindredError `not-found` when the package is not installed
 */
export function samplePhotos(folder = join(defaultCacheFolder(), 'face-samples')): string {
  const demo = join(faceApiFolder(), 'demo')
  const present = new Set(safely(folder, true))
  for (const name of safely(demo))
    if (/^sample.*\.jpe?g$/i.test(name) && !present.has(name))
      writeFileAtomic(join(folder, name), readBytes(join(demo, name), 'sample photos'))
  return folder
}

function safely(folder: string, mayBeMissing = false): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (mayBeMissing) return []
    throw ioError('sample photos', folder, error)
  }
}
