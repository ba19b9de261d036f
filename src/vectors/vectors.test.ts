import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import golden from '../../test/golden/data.json' with { type: 'json' }
import { rng, setLimits } from '../base/index.ts'
import { csvCell, csvRows, csvText } from '../files/index.ts'
import { npyBytes } from './npy.ts'
import { readVectors, writeVectors } from './vectors.ts'

const folder = mkdtempSync(join(tmpdir(), 'kindred-vectors-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string, content?: string | Uint8Array): string => {
  if (content !== undefined) writeFileSync(join(folder, name), content)
  return join(folder, name)
}
const random = rng(8)
const vectors = Float32Array.from({ length: 60 }, (_, i) => random.normal() * 10 ** ((i % 9) - 4))
const ids = Array.from({ length: 12 }, (_, i) => (i === 3 ? 'a "quoted", name' : `img/${i}.png`))
const labels = ids.map((_, i) => `${i % 3}`)

describe('vectors', () => {
  it("writes byte for byte what numpy's save writes", () => {
    for (const { shape, values, file } of [golden.npy.float32, golden.npy.flat]) {
      expect(Buffer.from(npyBytes(Float32Array.from(values), shape)).toString('base64')).toBe(file)
    }
  })

  it("reads numpy's files, float32 and float64", () => {
    for (const [name, { shape, values, file }] of Object.entries(golden.npy).slice(0, 3)) {
      const back = readVectors(at(`${name}.npy`, Buffer.from(file, 'base64')))
      expect(back.dim).toBe(shape.at(-1))
      expect([...back.vectors]).toEqual(values.map(Math.fround))
    }
  })

  it.each(['npy', 'csv', 'jsonl'])('gives every float32 back from .%s, with ids and labels', (format) => {
    const path = at(`all.${format}`)
    writeVectors(path, { vectors, dim: 5, ids, labels })
    const back = readVectors(path)
    expect([...back.vectors]).toEqual([...vectors])
    expect(back).toMatchObject({ dim: 5, ids, labels })
    writeVectors(at(`bare.${format}`), { vectors, dim: 6 })
    expect(readVectors(at(`bare.${format}`))).toEqual({ vectors, dim: 6 })
    expect(readdirSync(folder).filter((n) => n.includes('.part'))).toEqual([])
  })

  it('writes plain text that others read', () => {
    writeVectors(at('t.csv'), { vectors: Float32Array.of(0.1, 2), dim: 2, ids: ['x'] })
    expect(readFileSync(at('t.csv'), 'utf8')).toBe('id,v0,v1\nx,0.1,2\n')
    writeVectors(at('t.jsonl'), { vectors: Float32Array.of(0.1, 2), dim: 2, ids: ['x'], labels: ['7'] })
    expect(JSON.parse(readFileSync(at('t.jsonl'), 'utf8'))).toEqual({ id: 'x', label: '7', vector: [0.1, 2] })
    expect(readVectors(at('o.jsonl', '[1,2]\n\n[3,4]\n'))).toEqual({ vectors: Float32Array.of(1, 2, 3, 4), dim: 2 })
    expect(readVectors(at('o.csv', '\uFEFF1,2\r\n3,4\r\n'))).toEqual({ vectors: Float32Array.of(1, 2, 3, 4), dim: 2 })
    expect(readVectors(at('l.csv', 'label,x,y\ncat,1,2\n'))).toEqual({ vectors: Float32Array.of(1, 2), dim: 2, labels: ['cat'] })
  })

  const awkward = [
    '',
    ' ',
    'a, b',
    '"',
    '""',
    'a\nb',
    'a\r\nb',
    '\r',
    '\n',
    '\t',
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    " =cmd|' /C calc'!A0",
    "'=1+1",
    "''=1",
    "'",
    "it's",
    "'quoted'",
    '\uff1d1',
    '\u00a0=1',
    '\uFEFFx',
    'ü',
    '日本',
    '😀',
    '\u2028',
    '\0',
    '1e5',
    'id',
    'v0',
    '  both  ',
  ]
  it.each(['npy', 'csv', 'jsonl'])('gives every name back from .%s, whatever it holds', (format) => {
    const path = at(`names.${format}`)
    const text = fc.oneof(
      fc.constantFrom(...awkward),
      fc.string({ unit: 'grapheme' }),
      fc.array(fc.constantFrom(',', '"', '\n', '\r', "'", '=', '-', ' ', 'a'), { maxLength: 6 }).map((cs) => cs.join('')),
    )
    const number = fc.float({ noNaN: true, noDefaultInfinity: true })
    const some = fc.integer({ min: 1, max: 6 }).chain((n) =>
      fc.record({
        ids: fc.option(fc.array(text, { minLength: n, maxLength: n }), { nil: undefined }),
        labels: fc.option(fc.array(text, { minLength: n, maxLength: n }), { nil: undefined }),
        values: fc.array(number, { minLength: 2 * n, maxLength: 2 * n }),
      }),
    )
    fc.assert(
      fc.property(some, ({ ids, labels, values }) => {
        const given = Float32Array.from(values)
        writeVectors(path, { vectors: given, dim: 2, ids, labels })
        const back = readVectors(path)
        expect([back.ids, back.labels]).toEqual([ids, labels])
        expect(new Uint32Array(back.vectors.buffer)).toEqual(new Uint32Array(given.buffer)) // -0 too
      }),
      { numRuns: 300, seed: 5 },
    )
    writeVectors(path, { vectors: new Float32Array(awkward.length), dim: 1, ids: awkward, labels: awkward.toReversed() })
    expect(readVectors(path)).toMatchObject({ ids: awkward, labels: awkward.toReversed() })
  })

  it('writes no cell that a spreadsheet takes for a formula', () => {
    writeVectors(at('f.csv'), { vectors: Float32Array.of(-1, 2, 3), dim: 1, ids: ['=1+1.png', '-x', 'plain'] })
    expect(readFileSync(at('f.csv'), 'utf8')).toBe("id,v0\n'=1+1.png,-1\n'-x,2\nplain,3\n")
    // as a spreadsheet reads it: cells of RFC 4180, white space aside
    for (const text of awkward) {
      const [{ cells }] = [...csvRows([`${csvCell(text)},1\n`], 'x')]
      expect(cells.length).toBe(2)
      expect(cells[0].trim(), JSON.stringify(text)).not.toMatch(/^[=+\-@\t\r\uff1d]/)
      expect(csvText(cells[0])).toBe(text)
    }
    expect(() => writeVectors(at('f.csv'), { vectors: Float32Array.of(1), dim: 1, ids: ['\ud800'] })).toThrow(
      'whole Unicode characters, got "\\ud800"',
    )
    expect(readVectors(at('f.csv')).ids?.length).toBe(3) // the old file stays
  })

  it('reads rows wherever the text is cut', () => {
    const text = 'id,v0\r\n"a ""b"",\r\nc",1\r"",2\n , 3 \n\nlast,4'
    const whole = [...csvRows([text], 'x')]
    expect(whole.map((r) => r.cells)).toEqual([['id', 'v0'], ['a "b",\r\nc', '1'], ['', '2'], [' ', ' 3 '], [''], ['last', '4']])
    expect(whole.map((r) => r.line)).toEqual([1, 2, 4, 5, 6, 7])
    for (const size of [1, 2, 3, 5, 7]) expect([...csvRows(text.match(new RegExp(`[^]{1,${size}}`, 'g'))!, 'x')]).toEqual(whole)
    expect(readVectors(at('cut.csv', text))).toMatchObject({ ids: ['a "b",\r\nc', '', ' ', 'last'], vectors: Float32Array.of(1, 2, 3, 4) })
    expect([...csvRows(['a,"b', '"'], 'x')].map((r) => r.cells)).toEqual([['a', 'b']])
  })

  it('keeps to the limit of text files, and gives many rows back', () => {
    const [n, dim] = [20_000, 32]
    const many = new Float32Array(n * dim)
    for (let i = 0; i < many.length; i++) many[i] = random.normal()
    for (const format of ['csv', 'jsonl']) {
      const path = at(`many.${format}`)
      writeVectors(path, { vectors: many, dim, ids: Array.from({ length: n }, (_, i) => `${i}`) })
      const back = readVectors(path)
      expect(back.ids?.at(-1)).toBe(`${n - 1}`)
      expect(Buffer.from(back.vectors.buffer).equals(Buffer.from(many.buffer))).toBe(true)
      const undo = setLimits({ textBytes: 1_000_000 })
      try {
        expect(() => readVectors(path)).toThrow(
          expect.objectContaining({ code: 'limit', message: expect.stringContaining('limit textBytes') }),
        )
      } finally {
        undo()
      }
    }
  })

  const good = Buffer.from(golden.npy.float32.file, 'base64')
  const dict = (text: string, version = 1): Uint8Array => {
    const out = Buffer.alloc(10 + text.length + 1 + 4)
    out.set([0x93, ...Buffer.from('NUMPY'), version, 0, text.length + 1, 0])
    out.write(`${text}\n`, 10, 'latin1')
    return out
  }
  const f8 = (...values: number[]): Uint8Array =>
    Buffer.concat([
      dict(`{'descr': '<f8', 'fortran_order': False, 'shape': (1, ${values.length}), }`).subarray(0, -4),
      Buffer.from(Float64Array.from(values).buffer),
    ])
  it.each([
    ['short.npy', good.subarray(0, 6), 'byte 0: a .npy file must begin with \\x93NUMPY, got 6 bytes in all'],
    ['magic.npy', Buffer.from('PK34567890123'), 'must begin with \\x93NUMPY, got other bytes'],
    ['cut.npy', good.subarray(0, 150), 'byte 150: the file must be 188 bytes long for shape (3, 5), got 150 bytes'],
    ['long.npy', Buffer.concat([good, Buffer.from([1])]), 'byte 188: the file must be 188 bytes long'],
    ['int.npy', Buffer.from(golden.npy.int64.file, 'base64'), "the array's type must be <f4 or <f8, got <i8"],
    ['f.npy', Buffer.from(golden.npy.fortran.file, 'base64'), 'in C order'],
    [
      'nan.npy',
      npyBytes(Float32Array.of(1, 2, 3, NaN), [2, 2]),
      'nan.npy, vector 1, number 1: every number must be finite in float32, got NaN',
    ],
    ['inf.npy', npyBytes(Float32Array.of(-Infinity, 2), [2]), 'vector 0, number 0: every number must be finite in float32, got -Infinity'],
    ['wide.npy', f8(1, 1e300), 'vector 0, number 1: every number must be finite in float32, got 1e+300'],
    ['none.npy', npyBytes(new Float32Array(0), [0, 5]), 'it must hold at least one vector of at least one number, got shape (0, 5)'],
    ['flat.npy', npyBytes(new Float32Array(0), [5, 0]), 'it must hold at least one vector of at least one number, got shape (5, 0)'],
    ['huge.npy', npyBytes(new Float32Array(0), [4294967296, 4294967296]), 'limit tensorElements'],
    ['twice.npy', dict("{'descr': '<f4', 'shape': (1, 1), 'fortran_order': False, 'shape': (1, 9), }"), 'each once'],
    ['minus.npy', dict("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, -1), }"), 'each once'],
    ['half.npy', dict("{'descr': '<f4', 'fortran_order': False, 'shape': (1.5, 2), }"), 'each once'],
    ['code.npy', dict("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), 'x': __import__('os')}"), 'each once'],
    ['v9.npy', dict("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }", 9), "the file's version must be 1, 2 or 3, got 9"],
    ['big.csv', 'v0\n1e39\n', 'line 2, column 1: it must be a finite number, got 1e39'],
    ['hex.csv', 'v0\n0x10\n', 'it must be a finite number, got 0x10'],
    ['open.csv', 'id,v0\na,1\n"b,2\nc,3\n', 'line 3: a quote must be closed, got the end of the file'],
    ['after.csv', 'id,v0\n"a"b,1\n', 'line 2: a comma or the end of the line must follow a closing quote, got "b,1'],
    ['latin.csv', Buffer.from('id,v0\n\xfc,1\n', 'latin1'), 'must be a text in UTF-8'],
    ['big.jsonl', '[1,1e39]\n', 'column 2: it must be a finite number'],
    ['deep.jsonl', `${'['.repeat(100)}${']'.repeat(100)}\n`, 'limit nesting'],
    ['id.jsonl', '{"id":{"a":1},"vector":[1]}\n', 'line 1: id must be as the format says'],
    ['nil.jsonl', 'null\n', 'line 1: its content must be'],
    ['text.jsonl', '[1,"2"]\n', 'column 2: it must be a finite number, got "2"'],
    ['ragged.csv', 'v0,v1\n1,2\n3\n', 'line 3: it must have 2 columns as the first line, got 1'],
    ['word.csv', 'v0,v1\n1,zwei\n', 'line 2, column 2: it must be a finite number, got zwei'],
    ['hole.csv', 'v0,v1\n1,\n', 'line 2, column 2: it must be a finite number'],
    ['empty.csv', '', 'line 1: it must hold at least one vector'],
    ['bad.jsonl', '{"vector":[1]}\n{"vector":[1\n', 'line 2: it must hold JSON'],
    ['ragged.jsonl', '[1,2]\n[1]\n', 'line 2: its vector must have 2 numbers as the first, got 1'],
    ['null.jsonl', '[1,null]\n', 'column 2: it must be a finite number, got null'],
    ['none.jsonl', '{"id":3}\n', 'an object with "vector"'],
    ['some.jsonl', '{"id":3,"vector":[1]}\n[2]\n', 'on every line or on none'],
  ])('refuses %s', (name, content, message) => {
    expect(() => readVectors(at(name, content))).toThrow(
      expect.objectContaining({ name: 'KindredError', message: expect.stringContaining(message) }),
    )
  })

  it.each([
    ['null', 'its content must be as the format says: expected object, received null'],
    ['[]', 'its content must be as the format says: expected object, received array'],
    ['{}', 'its content must be as the format says: expected ids or labels'],
    ['{"ids":["a",null]}', 'ids[1] must be as the format says: expected string, received null, got null'],
    ['{"ids":[1,2]}', 'ids[0] must be as the format says: expected string, received number, got 1'],
    ['{"ids":{"length":2}}', 'ids must be as the format says: expected array, received object'],
    ['{"ids":["a","b"],"labels":"ab"}', 'labels must be as the format says: expected array'],
    ['{"ids":["a"]}', 'it must name 2 vectors, got 1'],
    ['{"ids":["a","b"]', 'it must hold JSON'],
  ])('refuses the names %s', (text, message) => {
    const path = at('named.npy', npyBytes(Float32Array.of(1, 2), [2, 1]))
    at('named.npy.ids.json', text)
    expect(() => readVectors(path)).toThrow(
      expect.objectContaining({ name: 'KindredError', message: expect.stringContaining(`named.npy.ids.json: ${message}`) }),
    )
  })

  it('refuses what cannot be written', () => {
    expect(() => writeVectors(at('x.txt'), { vectors, dim: 5 })).toThrow('.npy, .csv or .jsonl')
    expect(() => writeVectors(at('x.csv'), { vectors, dim: 7 })).toThrow('60 values, dim 7')
    expect(() => writeVectors(at('x.csv'), { vectors, dim: 5, ids: ['a'] })).toThrow('ids must be as many')
    for (const format of ['npy', 'csv', 'jsonl'])
      expect(() => writeVectors(at(`x.${format}`), { vectors: Float32Array.of(1, NaN), dim: 1 })).toThrow('NaN in vector 1')
    expect(() => writeVectors(at('x.npy'), { vectors, dim: 5, ids: ids.map((id, i) => (i === 2 ? null : id)) as string[] })).toThrow(
      'ids must be texts, got null',
    )
    expect(() => readVectors(at('gone.csv'))).toThrow(expect.objectContaining({ code: 'not-found' }))
    writeVectors(at('m.npy'), { vectors, dim: 5, ids })
    writeVectors(at('m.npy'), { vectors: vectors.subarray(0, 10), dim: 5 })
    expect(readVectors(at('m.npy')).ids).toBeUndefined()
  })
})
