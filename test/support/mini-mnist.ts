/** @file A folder of MNIST's four files with a few of its images. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatIdx } from '../../src/data/index.ts'
import { take } from '../../src/dataset/index.ts'
import { loadMnist } from '../../src/digits/index.ts'

/** Writes so many training and test images into a folder, which `loadMnist({ from: folder })` reads. */
export async function writeMiniMnist(folder: string, counts: { train: number; test: number }): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (const [split, name] of [
    ['train', 'train'],
    ['test', 't10k'],
  ] as const) {
    const count = counts[split]
    const { images, labels } = take(await loadMnist({ split }), count, { seed: 1 })
    writeFileSync(join(folder, `${name}-images-idx3-ubyte`), formatIdx([count, 28, 28], images))
    writeFileSync(join(folder, `${name}-labels-idx1-ubyte`), formatIdx([count], Uint8Array.from(labels)))
  }
}
