import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { afterAll, describe, expect, test } from 'vitest'
import { setLimits } from '../base/index.ts'
import { FileBytes, readZipEntry, zipEntries } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'kindred-zip-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The content of each file of an archive. */
function unpacked(bytes: Uint8Array): Record<string, string> {
  const path = join(folder, 'a.zip')
  writeFileSync(path, bytes)
  const file = new FileBytes(path)
  try {
    return Object.fromEntries(
      [...zipEntries(file).values()].map((entry) => [entry.name, Buffer.from(readZipEntry(file, entry)).toString()]),
    )
  } finally {
    file.close()
  }
}

const texts = { 'a.txt': 'hello '.repeat(50), 'b/c.txt': 'x', 'empty.txt': '', '../../up.txt': 'a label' }
const archive = (level: 0 | 9): Buffer =>
  Buffer.from(zipSync(Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)])), { level }))
/** Where the directory's entry of a name begins, and the header before its bytes. */
const placesOf = (zip: Buffer, name: string): [central: number, local: number] => [zip.lastIndexOf(name) - 46, zip.indexOf(name) - 30]
/** Says that a file has another size when unpacked. */
function lie(zip: Buffer, name: string, size: number): Buffer {
  const [central, local] = placesOf(zip, name)
  zip.writeUInt32LE(size, central + 24)
  zip.writeUInt32LE(size, local + 22)
  return zip
}

describe('zip archives', () => {
  test('stored and packed', () => {
    expect(unpacked(archive(0))).toEqual(texts)
    expect(unpacked(archive(9))).toEqual(texts)
    expect(unpacked(Buffer.from(zipSync({})))).toEqual({})
  })

  test.each([
    [
      'more than it says',
      () => lie(archive(9), 'a.txt', 299),
      'corrupt',
      'a.txt must be 299 bytes long, as the archive says, got more bytes',
    ],
    [
      'less than it says',
      () => lie(archive(9), 'a.txt', 400_000_000),
      'corrupt',
      'a.txt must be 400000000 bytes long, as the archive says, got 300 bytes',
    ],
    [
      'too much, by its own word',
      () => lie(archive(9), 'a.txt', 4_000_000_000),
      'limit',
      'a.txt must have at most 500,000,000 bytes (limit unpackedBytes), got 4,000,000,000',
    ],
    [
      'other bytes',
      () => archive(0).map((b, i, all) => (i === Buffer.from(all).indexOf('hello') ? b ^ 1 : b)),
      'corrupt',
      'a.txt must have the checksum that the archive names',
    ],
    [
      'a broken stream',
      () => {
        const zip = archive(9)
        zip.fill(0xff, placesOf(zip, 'a.txt')[1] + 35, placesOf(zip, 'a.txt')[1] + 40)
        return zip
      },
      'corrupt',
      'a.txt must',
    ],
    ['no end', () => archive(9).subarray(0, -30), 'corrupt', 'must end with its directory'],
    [
      'a cut directory',
      () => {
        const zip = archive(9)
        const end = zip.length - 22
        return Buffer.concat([zip.subarray(0, end - 20), zip.subarray(end)])
      },
      'corrupt',
      'the directory of the archive must lie before its end record',
    ],
    [
      'another count',
      () => {
        const zip = archive(9)
        zip.writeUInt16LE(3, zip.length - 14)
        zip.writeUInt16LE(3, zip.length - 12)
        return zip
      },
      'corrupt',
      'must end after its 3 entries',
    ],
    [
      'another name before the bytes',
      () => {
        const zip = archive(9)
        zip.write('A', zip.indexOf('a.txt'))
        return zip
      },
      'corrupt',
      'must begin with a header like its entry',
    ],
    [
      'the same bytes twice',
      () => {
        const zip = archive(0)
        zip.writeUInt32LE(placesOf(zip, 'a.txt')[1], placesOf(zip, 'b/c.txt')[0] + 42)
        return zip
      },
      'corrupt',
      'must begin with a header like its entry',
    ],
    [
      'a secret',
      () => {
        const zip = archive(0)
        const [central] = placesOf(zip, 'a.txt')
        zip.writeUInt16LE(1, central + 8)
        return zip
      },
      'unsupported',
      'encrypted',
    ],
    [
      'another packing',
      () => {
        const zip = archive(0)
        const [central] = placesOf(zip, 'a.txt')
        zip.writeUInt16LE(12, central + 10)
        return zip
      },
      'unsupported',
      'packed by method 12',
    ],
  ])('with %s are refused', (_, make, code, words) => {
    const before = process.memoryUsage.rss()
    expect(() => unpacked(make())).toThrow(expect.objectContaining({ code, message: expect.stringContaining(words) }))
    expect(process.memoryUsage.rss() - before).toBeLessThan(50e6)
  })

  test('that unpack to gigabytes are refused while they unpack, however small they say they are', () => {
    const bomb = deflateRawSync(Buffer.alloc(300_000_000))
    const zip = Buffer.from(zipSync({ 'a.png': [bomb, { level: 0 }] }))
    const [central, local] = placesOf(zip, 'a.png')
    zip.writeUInt16LE(8, central + 10)
    zip.writeUInt16LE(8, local + 8)
    const before = process.memoryUsage.rss()
    expect(() => unpacked(lie(zip, 'a.png', 1000))).toThrow('a.png must be 1000 bytes long, as the archive says, got more bytes')
    expect(process.memoryUsage.rss() - before).toBeLessThan(50e6)
  })

  test('keep to the number of entries', () => {
    const undo = setLimits({ entries: 3 })
    try {
      expect(() => unpacked(archive(0))).toThrow('must have at most 3 entries (limit entries), got 4')
    } finally {
      undo()
    }
  })
})
