/** @file Hostile and damaged state dicts: refused in our words, quickly, or read as they were written. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { damaged, readOrRefused } from '../../../test/support/damage.ts'
import { setLimits } from '../../base/index.ts'
import { unpickle, type Unpickler } from './pickle.ts'
import { openTorch } from './torch-pth.ts'

const folder = mkdtempSync(join(tmpdir(), 'kindred-pth-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const written = (bytes: Uint8Array): string => {
  const path = join(folder, `${files++}.pth`)
  writeFileSync(path, bytes)
  return path
}

const latin = (text: string): Buffer => Buffer.from(text, 'latin1')
const int = (value: number): Buffer => {
  const b = Buffer.alloc(5)
  b[0] = 0x4a
  b.writeInt32LE(value, 1)
  return b
}
const str = (text: string): Buffer => {
  const b = Buffer.alloc(5 + text.length)
  b.write('X', 0)
  b.writeUInt32LE(text.length, 1)
  b.write(text, 5)
  return b
}
const tuple = (...items: Uint8Array[]): Buffer => Buffer.concat([latin('('), ...items, latin('t')])

interface Geometry {
  readonly key?: string
  readonly numbers?: number
  readonly offset?: Buffer
  readonly shape?: number[]
  readonly stride?: number[]
}

/** A tensor as torch pickles it. */
const tensor = ({ key = '0', numbers = 6, offset = int(0), shape = [2, 3], stride = [3, 1] }: Geometry = {}): Buffer =>
  Buffer.concat([
    latin('ctorch._utils\n_rebuild_tensor_v2\n'),
    tuple(
      Buffer.concat([tuple(str('storage'), latin('ctorch\nFloatStorage\n'), str(key), str('cpu'), int(numbers)), latin('Q')]),
      offset,
      tuple(...shape.map(int)),
      tuple(...stride.map(int)),
      latin('\x89'),
      latin(')'),
    ),
    latin('R'),
  ])

const dict = (entries: Record<string, Buffer>): Buffer =>
  Buffer.concat([latin('\x80\x02}('), ...Object.entries(entries).flatMap(([name, value]) => [str(name), value]), latin('u.')])
const layer = (weight: Geometry = {}): Buffer =>
  dict({ 'a.weight': tensor(weight), 'a.bias': tensor({ key: '1', numbers: 2, shape: [2], stride: [1] }) })

interface Member {
  readonly name: string
  readonly bytes: Uint8Array
  readonly crc?: number
  readonly method?: number
}

/** A zip archive without compression. */
function zip(members: readonly Member[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const { name, bytes, crc = crc32(bytes), method = 0 } of members) {
    const head = Buffer.alloc(30 + name.length)
    head.write('PK\x03\x04', 0, 'latin1')
    head.writeUInt16LE(method, 8)
    head.writeUInt32LE(crc, 14)
    head.writeUInt32LE(bytes.length, 18)
    head.writeUInt32LE(bytes.length, 22)
    head.writeUInt16LE(name.length, 26)
    head.write(name, 30)
    const entry = Buffer.alloc(46 + name.length)
    entry.write('PK\x01\x02', 0, 'latin1')
    head.copy(entry, 8, 6, 30)
    entry.writeUInt16LE(0, 30)
    entry.writeUInt32LE(at, 42)
    entry.write(name, 46)
    parts.push(head, Buffer.from(bytes))
    directory.push(entry)
    at += head.length + bytes.length
  }
  const end = Buffer.alloc(22)
  const size = directory.reduce((n, d) => n + d.length, 0)
  end.write('PK\x05\x06', 0, 'latin1')
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, ...directory, end])
}

const numbers = (n: number): Buffer => Buffer.from(Float32Array.from({ length: n }, (_, i) => i + 0.5).buffer)
const members = (pickle: Buffer): Member[] => [
  { name: 'm/data.pkl', bytes: pickle },
  { name: 'm/byteorder', bytes: latin('little') },
  { name: 'm/data/0', bytes: numbers(6) },
  { name: 'm/data/1', bytes: numbers(2) },
]
const archive = (pickle = layer()): Buffer => zip(members(pickle))

/** Every number of a state dict. */
function numbersOf(path: string): number[][] {
  const file = openTorch(path)
  try {
    return file.layers.flatMap(({ kernel, bias }) => [[...kernel.read()], [...bias.read()]])
  } finally {
    file.close()
  }
}
const good = [
  [0.5, 1.5, 2.5, 3.5, 4.5, 5.5],
  [0.5, 1.5],
]
const refusal = (bytes: Uint8Array) => expect(() => numbersOf(written(bytes)))

test('a small archive is read', () => {
  expect(numbersOf(written(archive()))).toEqual(good)
})

describe('tensors that do not lie in their storage', () => {
  test.each<[string, Geometry, RegExp]>([
    ['offset -1', { offset: int(-1) }, /whole numbers of at least 0/],
    ['offset behind the end', { offset: int(1) }, /lie within its storage 0, got 7 of 6/],
    ['shape [-3, -4]', { shape: [-3, -4] }, /whole numbers of at least 0/],
    ['negative strides', { stride: [-3, -1] }, /whole numbers of at least 0/],
    ['more sizes than strides', { stride: [1] }, /whole numbers of at least 0/],
    ['a shape above the storage', { shape: [4, 3] }, /got 12 of 6/],
    ['a stride above the storage', { stride: [4, 1] }, /got 7 of 6/],
    ['a stride that is not of rows', { shape: [3, 2], stride: [1, 3] }, /must be contiguous/],
    ['more numbers than a tensor may have', { numbers: 2 ** 30, shape: [2 ** 15, 2 ** 15], stride: [2 ** 15, 1] }, /limit tensorElements/],
    ['sizes whose product overflows', { shape: [2 ** 30, 2 ** 30, 2 ** 30], stride: [1, 1, 1] }, /limit tensorElements/],
    ['an offset that is a text', { offset: str('1') }, /whole numbers of at least 0/],
    [
      'an offset of half a number',
      {
        offset: Buffer.concat([
          latin('G'),
          (() => {
            const b = Buffer.alloc(8)
            b.writeDoubleBE(0.5)
            return b
          })(),
        ]),
      },
      /whole numbers of at least 0/,
    ],
    ['a storage larger than its bytes', { numbers: 7 }, /storage 0 of tensor a.weight must hold 28 bytes, got 24/],
    ['a storage that is not there', { key: '9' }, /got none/],
  ])('%s', (_, geometry, message) => {
    refusal(archive(layer(geometry))).toThrow(message)
  })
  test('more axes than lists may lie in each other', () => {
    refusal(archive(layer({ shape: new Array<number>(65).fill(1), stride: new Array<number>(65).fill(1) }))).toThrow(/limit nesting/)
  })
})

describe('pickles made to hurt', () => {
  const none: Unpickler = { persistent: () => null, call: () => undefined }
  const unpickled = (bytes: Uint8Array) => unpickle(bytes, none, 'test').value
  test('LONG4 of 256 KB is refused at once', () => {
    const n = 256 * 1024
    const head = Buffer.alloc(5)
    head[0] = 0x8b
    head.writeInt32LE(n, 1)
    const start = performance.now()
    expect(() => unpickled(Buffer.concat([latin('\x80\x02'), head, Buffer.alloc(n, 0xab), latin('.')]))).toThrow(
      /a whole number of 262144 bytes/,
    )
    expect(performance.now() - start).toBeLessThan(100)
  })
  test('whole numbers of both kinds', () => {
    expect(unpickled(latin('\x80\x02\x8a\x02\x00\xff.'))).toBe(-256)
    expect(unpickled(latin('\x8b\x01\x00\x00\x00\x05.'))).toBe(5)
    expect(() => unpickled(latin('I12x\n.'))).toThrow(/other characters/)
    expect(() => unpickled(latin(`L${'9'.repeat(100_000)}L\n.`))).toThrow(/other characters/)
    expect(() => unpickled(latin('\x8b\xff\xff\xff\xff.'))).toThrow(/its end/)
  })
  test('a list that doubles at every step is never written out', () => {
    // each list holds the one before twice: 2^60 leaves for whoever turns it into text
    const doubling = Buffer.concat([latin('\x80\x02]'), ...Array.from({ length: 60 }, () => latin('2\x86'))])
    expect(unpickled(Buffer.concat([doubling, latin('.')]))).toHaveLength(2)
    expect(() => unpickled(Buffer.concat([doubling, str('x'), latin('\x93.')]))).toThrow(/a name that is no text/)
    const asKey = Buffer.concat([latin('\x80\x02}'), doubling.subarray(2), latin('Ks.')])
    refusal(archive(Buffer.concat([latin('\x80\x02}'), doubling.subarray(2), latin('K\x01s.')]))).toThrow(
      /must hold a dictionary of tensors, got keys /,
    )
    refusal(archive(asKey)).toThrow()
    refusal(
      archive(
        Buffer.concat([
          latin('\x80\x02'),
          tuple(str('storage'), latin('ctorch\nFloatStorage\n'), doubling.subarray(2), str('cpu'), int(1)),
          latin('Q.'),
        ]),
      ),
    ).toThrow(/a type, a key and a size/)
  })
  test.each<[string, string, RegExp]>([
    ['an empty stack', '0.', /empty stack/],
    ['nothing but a mark', '(.', /a mark where a value must be/],
    ['a reference to nothing', 'h\x07.', /a reference to object 7/],
    ['a key without a value', '}(K\x01u.', /a key without a value/],
    ['two values', 'K\x01K\x02.', /more than one value/],
    ['an unknown opcode', '\xff.', /opcode 0xff/],
    ['an unknown protocol', '\x80\x09.', /an unknown protocol/],
    ['a frame beyond the end', '\x95\x00\x00\x00\x01\x00\x00\x00\x00N.', /a frame beyond its end/],
    ['a text that is no UTF-8', 'X\x01\x00\x00\x00\xff.', /no UTF-8/],
    ['a memo of nothing', 'q\x01.', /empty stack/],
    ['a mark kept in the memo', '(q\x01.', /empty stack/],
    ['no end', 'K\x01', /its end/],
  ])('%s', (_, bytes, message) => {
    expect(() => unpickled(latin(bytes))).toThrow(expect.objectContaining({ code: 'corrupt', message: expect.stringMatching(message) }))
  })
  test('more objects than the limit', () => {
    const undo = setLimits({ entries: 1000 })
    try {
      expect(() => unpickled(Buffer.concat([Buffer.alloc(1001, 'N'), latin('.')]))).toThrow(expect.objectContaining({ code: 'limit' }))
    } finally {
      undo()
    }
  })
  test('300,000 values appended at once', () => {
    expect(unpickled(Buffer.concat([latin(']('), Buffer.alloc(300_000, 'N'), latin('e.')]))).toHaveLength(300_000)
  })
  test.each(['N\x85', 'K\x01\x85', '](K\x01K\x02e\x85'])('an OrderedDict of %j', (args) => {
    refusal(archive(latin(`\x80\x02ccollections\nOrderedDict\n${args}R.`))).toThrow(/made of pairs/)
  })
})

describe('archives that do not agree with themselves', () => {
  test.each<[string, () => Uint8Array, RegExp]>([
    [
      'a checksum',
      () => zip(members(layer()).map((m) => (m.name === 'm/data/0' ? { ...m, crc: 7 } : m))),
      /m\/data\/0 must have the checksum/,
    ],
    ['a compressed entry', () => zip(members(layer()).map((m) => ({ ...m, method: 8 }))), /must not be compressed/],
    [
      'two entries of one name',
      () => zip([...members(layer()), { name: 'm/data/0', bytes: numbers(6) }]),
      /names in the archive must differ/,
    ],
    ['bytes behind the end', () => Buffer.concat([archive(), Buffer.alloc(3)]), /other bytes behind it/],
    [
      'a directory cut short',
      () => {
        const b = archive()
        b.writeUInt32LE(b.readUInt32LE(b.length - 10) - 20, b.length - 10)
        return b
      },
      /directory must be readable/,
    ],
    [
      'a directory of nothing',
      () => {
        const b = archive()
        b.writeUInt16LE(0, b.length - 14)
        b.writeUInt16LE(0, b.length - 12)
        return b
      },
      /must end after its 0 entries/,
    ],
    ['a pickle with more behind it', () => archive(Buffer.concat([layer(), latin('N')])), /must end with its pickle/],
    [
      'big-endian numbers',
      () => zip(members(layer()).map((m) => (m.name === 'm/byteorder' ? { ...m, bytes: latin('big') } : m))),
      /little-endian/,
    ],
    [
      'an entry that shares bytes with another',
      () => {
        const b = archive()
        const entry = b.lastIndexOf(latin('m/data/1')) - 46
        b.writeUInt32LE(b.readUInt32LE(b.lastIndexOf(latin('m/data/0')) - 46 + 42), entry + 42)
        return b
      },
      /another name/,
    ],
  ])('%s', (_, make, message) => {
    refusal(make()).toThrow(message)
  })
})

test('each flipped bit of an archive is refused, or changes no number', () => {
  const bytes = archive()
  const path = written(bytes)
  let refused = 0
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    bytes[bit >> 3] ^= 1 << (bit & 7)
    writeFileSync(path, bytes)
    try {
      expect(numbersOf(path)).toEqual(good)
    } catch (error) {
      expect((error as { code?: string }).code).toMatch(/corrupt|unsupported|limit/)
      refused++
    }
    bytes[bit >> 3] ^= 1 << (bit & 7)
  }
  expect(refused).toBeGreaterThan(4 * bytes.length)
})

test.each(['vgg_face_dag.pth', 'legacy.pth'])(
  '%s, damaged: only our errors',
  async (name) => {
    const bytes = gunzipSync(readFileSync(new URL(`../../../test/golden/vgg/${name}.gz`, import.meta.url)))
    const path = join(folder, name)
    await fc.assert(
      fc.asyncProperty(damaged(bytes), async (broken) => {
        writeFileSync(path, broken)
        await readOrRefused(() => numbersOf(path))
      }),
      { numRuns: 60 },
    )
  },
  120_000,
)

test('small archives and their pickles, damaged: only our errors, and no wrong number', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        damaged(archive()).map((b) => ({ b, sealed: true })),
        damaged(layer()).map((p) => ({ b: archive(Buffer.from(p)), sealed: false })),
      ),
      async ({ b, sealed }) => {
        const path = written(b)
        const { value } = await readOrRefused(() => numbersOf(path))
        rmSync(path)
        if (sealed && value !== undefined) expect(value).toEqual(good)
      },
    ),
    { numRuns: 1500 },
  )
}, 120_000)

test('bytes are no path, and are not spelled out', () => {
  expect(() => openTorch(new Uint8Array(3000) as never)).toThrow('weights: the path of a file must be given, got Uint8Array(3000)')
})
