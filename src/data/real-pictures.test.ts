/** @file Folders of real pictures, from ../shared/data; skipped with a message without it. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { FileBytes, readZipEntry, zipEntries } from '../files/index.ts'
import { imageFolder, indicesByClass, inMemoryOf, stratifiedSplit } from './index.ts'

const at = (path: string): string => fileURLToPath(new URL(`../../../shared/data/${path}`, import.meta.url))

describe.skipIf(!existsSync(at('celeb5')))('photos of five people (needs ../shared/data/celeb5)', () => {
  it('a person is a class, whatever a file is called and however it stores its pixels', async () => {
    const train = await imageFolder(at('celeb5/train'), { size: 64 })
    expect(train.classes).toEqual(['ben_afflek', 'elton_john', 'jerry_seinfeld', 'madonna', 'mindy_kaling'])
    expect(indicesByClass(train).map((list) => list.length)).toEqual([14, 17, 21, 19, 22])
    expect(train.skipped).toEqual([])
    const validation = await imageFolder(at('celeb5/val'), { size: 64, classes: train.classes, cacheBytes: 0 })
    expect(indicesByClass(validation).map((list) => list.length)).toEqual([5, 5, 5, 5, 5])
    const { images } = await inMemoryOf(validation)
    const mean = images.reduce((sum, value) => sum + value, 0) / images.length
    expect(mean).toBeGreaterThan(60)
    expect(mean).toBeLessThan(190)
  })
})

describe.skipIf(!existsSync(at('omniglot')))('letters of two alphabets (needs ../shared/data/omniglot)', () => {
  it('an alphabet is a class, of characters in folders of their own', async () => {
    const root = mkdtempSync(join(tmpdir(), 'kindred-omniglot-'))
    try {
      const archive = new FileBytes(at('omniglot/images_background_small1.zip'))
      for (const entry of zipEntries(archive).values()) {
        if (!/\/(Latin|Greek)\/.*\.png$/.test(entry.name)) continue
        const path = join(root, entry.name)
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, readZipEntry(archive, entry))
      }
      archive.close()
      const letters = await imageFolder(join(root, 'images_background_small1'), { size: 28, channels: 1 })
      expect([letters.classes, indicesByClass(letters).map((list) => list.length)]).toEqual([
        ['Greek', 'Latin'],
        [24 * 20, 26 * 20],
      ])
      const characters = await imageFolder(join(root, 'images_background_small1/Latin'), { size: 28, channels: 1 })
      expect([characters.classes.length, characters.count, characters.classes[25]]).toEqual([26, 520, 'character26'])
      // the same pictures, whichever folder is opened
      const latin = stratifiedSplit(letters, { count: 2, seed: 0 }).validation
      expect((await inMemoryOf(latin)).count).toBe(2)
      const [first] = letters.files.flatMap((path, i) => (path.includes('/Latin/') ? [i] : []))
      const [one, other] = [new Uint8Array(784), new Uint8Array(784)]
      await letters.read([first], one)
      await characters.read([0], other)
      expect(basename(letters.files[first])).toBe(basename(characters.files[0]))
      expect(one).toEqual(other)
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  })
})
