/** @file Readers of room `data`: IDX, vectors, letters. */
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { formatIdx, idx as readIdx, manifest, parseIdx, parseIdxLabels } from '../../../src/data/index.ts'
import { lettersFrom, loadMnist, omniglotLetters } from '../../../src/digits/index.ts'
import { npyBytes, readVectors, writeVectors, type Vectors } from '../../../src/vectors/index.ts'
import type { Dataset } from '../../../src/dataset/index.ts'
import { zipOf } from '../mutate/index.ts'
import { json, must, mustBeFinite, mustBeTexts, once, part, text, type Files, type Input, type Reader } from './reader.ts'

const pixels = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i * 7919 + (i >> 3)) % 256)
const idx = { images: formatIdx([6, 5, 4], pixels(120)), labels: formatIdx([6], Uint8Array.of(0, 1, 2, 3, 9, 5)) }
const gz = (bytes: Uint8Array): Uint8Array => new Uint8Array(gzipSync(bytes))

function idxReader(name: string, rank: 1 | 3, bytes: Uint8Array, zipped: boolean): Reader {
  const file = `${rank === 3 ? 'train-images-idx3' : 'train-labels-idx1'}-ubyte${zipped ? '.gz' : ''}`
  return {
    name,
    seeds: () => [{ [file]: zipped ? part('idx.gz', gz(bytes)) : part('idx', bytes) }],
    read(input) {
      const { shape, data } = parseIdx(input.bytes(), file, rank)
      must(shape.length === rank && shape.every((n) => Number.isInteger(n) && n >= 0), `shape [${shape.join(', ')}]`)
      must(data.length === shape.reduce((a, b) => a * b, 1), `${data.length} values for [${shape.join(', ')}]`)
      if (zipped && !input.resealed)
        must(Buffer.from(data).equals(bytes.subarray(4 + 4 * rank)), 'other values than the checksum stands for')
    },
  }
}

const idxPair: Reader = {
  name: 'idx-pair',
  seeds: (): Files[] => [
    { 'train-images-idx3-ubyte': part('idx', idx.images), 'train-labels-idx1-ubyte': part('idx', idx.labels) },
    { 'train-images-idx3-ubyte.gz': part('idx.gz', gz(idx.images)), 'train-labels-idx1-ubyte.gz': part('idx.gz', gz(idx.labels)) },
  ],
  async read(input) {
    const [images, labels] = Object.keys(input.files).map((name) => join(input.folder, name))
    const pair = readIdx(images, labels)
    must(pair.images.length === pair.labels.length * pair.height * pair.width, 'images and labels differ in number')
    checkDataset(await loadMnist({ from: input.folder, split: 'train' }))
  },
  called: ['train-images', 'train-labels', 'dataset MNIST'],
}

/** Labels of four bytes. */
const wideLabels = Uint8Array.of(0, 0, 0x0c, 1, 0, 0, 0, 2, 0, 0, 1, 44, 0, 15, 66, 64)

const idxWideLabels: Reader = {
  name: 'idx-labels-int32',
  seeds: () => [{ 'labels-idx1': part('idx', wideLabels) }],
  read(input) {
    const labels = parseIdxLabels(input.bytes(), 'labels-idx1')
    must(labels.length > 0 && labels.every((label) => label >= 0), 'labels that are none')
  },
}

/** A list of pictures, which lie beside it. */
function manifestReader(name: string, file: string, content: string, kind?: 'jsonl'): Reader {
  return {
    name,
    seeds: async () => {
      const [a, b] = (await picture()).map((bytes) => part('png', bytes))
      return [{ [file]: text(content, kind), 'a.png': a, 'b.png': b }]
    },
    mutable: /(csv|jsonl)$/,
    called: [file],
    codes: ['usage', 'not-found'],
    async read(input) {
      const found = await manifest(join(input.folder, file), { size: 4, channels: 1 })
      must(found.count > 0 && found.files.length === found.count, 'a list without pictures is accepted')
      for (const label of found.labels) must(label >= 0 && label < found.classes.length, `label ${label} without a class`)
      mustBeTexts(found.classes, 'classes')
    },
  }
}

function checkDataset(data: Dataset): void {
  must(data.count > 0, 'a data set without images is accepted')
  must(data.height > 0 && data.width > 0, `images of ${data.height} x ${data.width} pixels`)
  must(data.images.length === data.count * data.height * data.width * data.channels, 'images do not fill their shape')
  for (const label of data.labels) must(label < data.classes.length, `label ${label} without a class`)
  mustBeTexts(data.classes, 'classes')
  must(/^[0-9a-f]{64}$/.test(data.hash), 'the hash is none')
}

const vectors: Vectors = {
  vectors: Float32Array.from({ length: 15 }, (_, i) => Math.fround(Math.sin(i) * 3)),
  dim: 3,
  ids: ['a.png', 'b/c.png', 'd "e", f.png', 'ü.png', '5'],
  labels: ['x', 'y', 'x', 'y', 'z'],
}

/** What is read must be vectors, and survive being written and read again. */
function checkVectors(input: Input, format: string): void {
  const read = readVectors(input.path(format))
  const { dim, ids, labels } = read
  must(Number.isInteger(dim) && dim > 0, `vectors of ${dim} numbers`)
  must(read.vectors.length % dim === 0 && read.vectors.length > 0, `${read.vectors.length} numbers in vectors of ${dim}`)
  mustBeFinite(read.vectors, 'vectors')
  const n = read.vectors.length / dim
  for (const [what, list] of [
    ['ids', ids],
    ['labels', labels],
  ] as const) {
    if (list === undefined) continue
    mustBeTexts(list, what)
    must(list.length === n, `${list.length} ${what} for ${n} vectors`)
  }
  const again = join(input.folder, `again${format}`)
  writeVectors(again, read)
  const second = readVectors(again)
  must(
    second.dim === dim && Buffer.from(second.vectors.buffer).equals(Buffer.from(read.vectors.slice().buffer)),
    'other vectors after writing and reading again',
  )
  must(JSON.stringify([second.ids, second.labels]) === JSON.stringify([ids, labels]), 'other names after writing and reading again')
}

function vectorReader(name: string, format: '.npy' | '.csv' | '.jsonl', seeds: () => readonly Files[]): Reader {
  return {
    name,
    seeds,
    read: (input) => checkVectors(input, format),
    command: (input) => ['map', input.path(format), '--method', 'pca', '--out', join(input.folder, 'map.svg')],
  }
}

const npy = (): Uint8Array => npyBytes(vectors.vectors, [5, 3])
const rows = Array.from({ length: 5 }, (_, i) => Array.from(vectors.vectors.subarray(3 * i, 3 * i + 3)))
const wide = (): Uint8Array => {
  const head = npy()
  const out = new Uint8Array(128 + 15 * 8)
  out.set(head.subarray(0, 128))
  out[out.indexOf(0x34, 20)] = 0x38 // <f4 -> <f8
  new Float64Array(out.buffer, 128).set(vectors.vectors)
  return out
}
const csv = (): string =>
  `id,label,v0,v1,v2\n${rows.map((row, i) => [`"${vectors.ids![i].replaceAll('"', '""')}"`, vectors.labels![i], ...row].join(',')).join('\n')}\n`
const jsonLines = (): string =>
  rows.map((vector, i) => `${JSON.stringify({ id: vectors.ids![i], label: vectors.labels![i], vector })}\n`).join('')

const picture = once(async (): Promise<Uint8Array[]> =>
  Promise.all(
    [0, 1, 2, 3].map(async (k) => {
      const grey = Uint8Array.from({ length: 24 * 24 }, (_, i) => (Math.abs((i % 24) - 12) + k < 3 && i > 96 && i < 480 ? 0 : 255))
      return new Uint8Array(
        await sharp(grey, { raw: { width: 24, height: 24, channels: 1 } })
          .png()
          .toBuffer(),
      )
    }),
  ),
)

const letterFiles = async (): Promise<Record<string, Uint8Array>> => {
  const [a, b, c, d] = await picture()
  return {
    'images/Latin/character01/0001_01.png': a,
    'images/Latin/character01/0001_02.png': b,
    'images/Latin/character02/0002_01.png': c,
    'images/Greek/character01/0100_01.png': d,
  }
}

const letters: readonly Reader[] = [
  {
    name: 'omniglot-zip',
    seeds: async () => [
      { 'images.zip': part('zip', zipOf(await letterFiles())) },
      { 'images.zip': part('zip', zipOf(await letterFiles(), true)) },
    ],
    codes: ['not-found', 'usage'], // the alphabet may be gone with its folder; a picture may show no ink
    called: ['images.zip', '/character'],
    async read(input) {
      const data = await omniglotLetters(input.path())
      checkDataset(data)
      if (input.resealed) return
      const whole = await omniglotLetters(input.seedPath())
      must(Buffer.from(data.images).equals(Buffer.from(whole.images)), 'other pictures than the checksums stand for')
    },
  },
  {
    name: 'letters-folder',
    seeds: async () => {
      const [a, b, c, d] = (await picture()).map((bytes) => part('png', bytes))
      return [{ 'A/1.png': a, 'A/2.png': b, 'B/1.png': c, 'B/2.png': d }]
    },
    called: ['A/1.png', 'A/2.png', 'B/1.png', 'B/2.png'],
    codes: ['usage'],
    read: async (input) => checkDataset(await lettersFrom(input.folder)),
  },
]

export const dataReaders: readonly Reader[] = [
  idxReader('idx-images', 3, idx.images, false),
  idxReader('idx-labels', 1, idx.labels, false),
  idxReader('idx-images-gz', 3, idx.images, true),
  idxReader('idx-labels-gz', 1, idx.labels, true),
  idxPair,
  idxWideLabels,
  manifestReader('manifest-csv', 'list.csv', 'path,label,split\na.png,x,train\n"b.png",y,test\n'),
  manifestReader('manifest-jsonl', 'list.jsonl', '{"path":"a.png","label":"x"}\n{"path":"b.png","label":2}\n', 'jsonl'),
  vectorReader('npy', '.npy', () => [{ 'vectors.npy': part('npy', npy()) }, { 'vectors.npy': part('npy', wide()) }]),
  {
    ...vectorReader('npy-ids', '.npy', () => [
      { 'vectors.npy': part('npy', npy()), 'vectors.npy.ids.json': json({ ids: vectors.ids, labels: vectors.labels }) },
    ]),
    mutable: /json$/,
  },
  vectorReader('csv', '.csv', () => [
    { 'vectors.csv': text(csv()) },
    { 'vectors.csv': text(`${rows.map((row) => row.join(',')).join('\n')}\n`) },
  ]),
  vectorReader('jsonl', '.jsonl', () => [
    { 'vectors.jsonl': text(jsonLines(), 'jsonl') },
    { 'vectors.jsonl': text(rows.map((row) => `${JSON.stringify(row)}\n`).join(''), 'jsonl') },
  ]),
  ...letters,
]
