import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { formatIdx, idx, imageAt, parseIdxLabels, readLabelNames } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'kindred-idx-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}

/** Labels as an IDX file of a type: the type's byte, bytes a value. */
function labelFile(type: number, each: number, labels: readonly number[]): Buffer {
  const out = Buffer.alloc(8 + labels.length * each)
  out.set([0, 0, type, 1])
  out.writeUInt32BE(labels.length, 4)
  labels.forEach((label, i) =>
    each === 1 ? out.writeInt8(label, 8 + i) : each === 2 ? out.writeUInt16BE(label, 8 + 2 * i) : out.writeInt32BE(label, 8 + 4 * i),
  )
  return out
}

describe('labels of IDX files', () => {
  it('are whole numbers of 1, 2 or 4 bytes', () => {
    expect(parseIdxLabels(formatIdx([3], Uint8Array.of(0, 200, 7)), 'l')).toEqual(Int32Array.of(0, 200, 7))
    expect(parseIdxLabels(labelFile(0x09, 1, [0, 100, 7]), 'l')).toEqual(Int32Array.of(0, 100, 7))
    expect(parseIdxLabels(labelFile(0x0b, 2, [0, 40_000, 7]), 'l')).toEqual(Int32Array.of(0, 40_000, 7))
    expect(parseIdxLabels(labelFile(0x0c, 4, [0, 1_000_000, 7]), 'l')).toEqual(Int32Array.of(0, 1_000_000, 7))
    expect(parseIdxLabels(gzipSync(labelFile(0x0c, 4, [5])), 'l')).toEqual(Int32Array.of(5))
  })

  it.each([
    ['a negative one', labelFile(0x0c, 4, [1, -2]), 'l, byte 12: a label must be 0 or above, got -2'],
    ['a negative byte', labelFile(0x09, 1, [-1]), 'l, byte 8: a label must be 0 or above, got -1'],
    ['floats', labelFile(0x0d, 4, [1]), 'got 3329 (32-bit floats, 1 sizes)'],
    ['images', formatIdx([1, 1, 1], Uint8Array.of(0)), 'l, byte 0: the magic number must be 2049 (unsigned bytes, 1 size: labels) or 2305'],
    ['a cut file', labelFile(0x0c, 4, [1, 2]).subarray(0, 13), 'l, byte 13: the file must be 16 bytes long for 2 values'],
  ])('are refused: %s', (_, bytes, message) => {
    expect(() => parseIdxLabels(bytes, 'l')).toThrow(
      expect.objectContaining({ code: 'corrupt', message: expect.stringContaining(message) }),
    )
  })
})

describe('a pair of IDX files', () => {
  it('holds images of any size and channels, and any labels', () => {
    fc.assert(
      fc.property(
        fc.record({
          count: fc.integer({ min: 1, max: 5 }),
          height: fc.integer({ min: 1, max: 4 }),
          width: fc.integer({ min: 1, max: 4 }),
          channels: fc.constantFrom(undefined, 1, 3, 4),
        }),
        fc.array(fc.integer({ min: 0, max: 70_000 }), { minLength: 5, maxLength: 5 }),
        ({ count, height, width, channels }, labels) => {
          const shape = [count, height, width, ...(channels === undefined ? [] : [channels])]
          const pixels = Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (i * 37) % 256)
          const given = labels.slice(0, count)
          const d = idx(file('i', formatIdx(shape, pixels)), file('l', labelFile(0x0c, 4, given)))
          expect([d.count, d.height, d.width, d.channels]).toEqual([count, height, width, channels ?? 1])
          expect(d.images).toEqual(pixels)
          expect(Array.from(d.labels, (label) => Number(d.classes[label]))).toEqual(given)
          expect(d.classes.map(Number)).toEqual([...new Set(given)].sort((a, b) => a - b))
          const turned = idx(join(folder, 'i'), join(folder, 'l'), { transpose: true })
          expect([turned.height, turned.width]).toEqual([width, height])
          const last = { one: imageAt(d, count - 1), other: imageAt(turned, count - 1), each: channels ?? 1 }
          for (let y = 0; y < height; y++)
            for (let x = 0; x < width; x++)
              for (let c = 0; c < last.each; c++)
                expect(last.other[(x * height + y) * last.each + c]).toBe(last.one[(y * width + x) * last.each + c])
        },
      ),
      { numRuns: 40 },
    )
  })

  it('holds 300 classes', () => {
    const labels = Array.from({ length: 300 }, (_, i) => i)
    const d = idx(file('i', formatIdx([300, 1, 1], new Uint8Array(300))), file('l', labelFile(0x0b, 2, labels)))
    expect(d.labels).toEqual(Int32Array.from(labels))
    expect(d.classes.length).toBe(300)
  })

  it('takes names by order, or by label from a mapping file', () => {
    const [i, l] = [file('i', formatIdx([3, 1, 1], new Uint8Array(3))), file('l', formatIdx([3], Uint8Array.of(2, 1, 2)))]
    expect(idx(i, l, { classes: ['a', 'b', 'c', 'd'] })).toMatchObject({ labels: Int32Array.of(2, 1, 2), classes: ['a', 'b', 'c', 'd'] })
    const classes = readLabelNames(file('map.txt', '1 65 97\r\n2 66 98\n3 67 99\n\n'))
    expect(idx(i, l, { classes })).toMatchObject({ labels: Int32Array.of(1, 0, 1), classes: ['Aa', 'Bb', 'Cc'] })
    expect(() => idx(i, l, { classes: ['a', 'b'] })).toThrow(
      'label of image 0: it must be one of the labels that have a name (0 to 1), got 2',
    )
    expect(() => readLabelNames(file('map.txt', '1 65\n1 66\n'))).toThrow('map.txt, line 2: a label of its own')
    expect(() => readLabelNames(file('map.txt', '1 65\n2 x\n'))).toThrow('map.txt, line 2')
    expect(() => readLabelNames(file('map.txt', '1\n'))).toThrow('map.txt, line 1')
    expect(() => readLabelNames(file('map.txt', '\n'))).toThrow('at least one label')
  })

  it('is refused when its parts do not fit', () => {
    const images = file('i', formatIdx([3, 4, 5], new Uint8Array(60)))
    expect(() => idx(images, file('l', formatIdx([4], new Uint8Array(4))))).toThrow('as many labels as')
    expect(() => idx(images, join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'not-found' }))
    expect(() => idx(images, images, { class: [] } as object)).toThrow('Did you mean "classes"')
    const two = file('two', formatIdx([1, 2, 2, 2], new Uint8Array(8)))
    expect(() => idx(two, file('l', formatIdx([1], new Uint8Array(1))))).toThrow('the channels of a pixel: 1, 3 or 4, got 1 x 2 x 2 x 2')
  })
})
