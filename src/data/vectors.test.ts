import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import golden from '../../test/golden/data.json' with { type: 'json' }
import { rng } from '../base/index.ts'
import { npyBytes, readVectors, writeVectors } from './vectors.ts'

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

  const good = Buffer.from(golden.npy.float32.file, 'base64')
  it.each([
    ['short.npy', good.subarray(0, 6), 'byte 0: a .npy file must begin with \\x93NUMPY, got 6 bytes in all'],
    ['magic.npy', Buffer.from('PK34567890123'), 'must begin with \\x93NUMPY, got other bytes'],
    ['cut.npy', good.subarray(0, 150), 'byte 150: the file must be 188 bytes long for shape (3, 5), got 150 bytes'],
    ['long.npy', Buffer.concat([good, Buffer.from([1])]), 'byte 188: the file must be 188 bytes long'],
    ['int.npy', Buffer.from(golden.npy.int64.file, 'base64'), "the array's type must be <f4 or <f8, got <i8"],
    ['f.npy', Buffer.from(golden.npy.fortran.file, 'base64'), 'in C order'],
    ['ragged.csv', 'v0,v1\n1,2\n3\n', 'line 3: it must have 2 columns as the first line, got 1'],
    ['word.csv', 'v0,v1\n1,zwei\n', 'line 2, column 2: it must be a finite number, got zwei'],
    ['hole.csv', 'v0,v1\n1,\n', 'line 2, column 2: it must be a finite number'],
    ['empty.csv', '', 'line 1: it must hold at least one vector'],
    ['bad.jsonl', '{"vector":[1]}\n{"vector":[1\n', 'line 2: it must be JSON'],
    ['ragged.jsonl', '[1,2]\n[1]\n', 'line 2: its vector must have 2 numbers as the first, got 1'],
    ['null.jsonl', '[1,null]\n', 'column 2: it must be a finite number, got null'],
    ['none.jsonl', '{"id":3}\n', 'an object with "vector"'],
    ['some.jsonl', '{"id":3,"vector":[1]}\n[2]\n', 'on every line or on none'],
  ])('refuses %s', (name, content, message) => {
    expect(() => readVectors(at(name, content))).toThrow(expect.objectContaining({ message: expect.stringContaining(message) }))
  })

  it('refuses what cannot be written', () => {
    expect(() => writeVectors(at('x.txt'), { vectors, dim: 5 })).toThrow('.npy, .csv or .jsonl')
    expect(() => writeVectors(at('x.csv'), { vectors, dim: 7 })).toThrow('60 values, dim 7')
    expect(() => writeVectors(at('x.csv'), { vectors, dim: 5, ids: ['a'] })).toThrow('ids must be as many')
    expect(() => writeVectors(at('x.csv'), { vectors: Float32Array.of(1, NaN), dim: 1 })).toThrow('NaN in vector 1')
    expect(() => readVectors(at('gone.csv'))).toThrow(expect.objectContaining({ code: 'not-found' }))
    writeVectors(at('m.npy'), { vectors, dim: 5, ids })
    writeVectors(at('m.npy'), { vectors: vectors.subarray(0, 10), dim: 5 })
    expect(readVectors(at('m.npy')).ids).toBeUndefined()
  })
})
