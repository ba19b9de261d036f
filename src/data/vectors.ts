/**
 * @file Embeddings on disk: NumPy's .npy for programs, .csv for spreadsheets, .jsonl for streams. Names (ids) and labels travel along.
 *
 * In .npy the names have no place: they go into NAME.ids.json beside it, an object `{ "ids": [...], "labels": [...] }`.
 * Source of .npy: NEP 1, "A simple file format for NumPy arrays", version 1.0.
 */
import { existsSync, rmSync } from 'node:fs'
import { extname } from 'node:path'
import { ensure, KindredError } from '../base/index.ts'
import { readBytes, writeFileAtomic } from '../files/index.ts'

/** Vectors of one length, side by side, with a name and a label each if there are any. */
export interface Vectors {
  /** [n x dim] row-major. */
  vectors: Float32Array
  dim: number
  ids?: readonly string[]
  labels?: readonly string[]
}

/** The file kinds of {@link writeVectors}, by file name extension. */
export type VectorFormat = 'npy' | 'csv' | 'jsonl'

function formatOf(where: string, path: string): VectorFormat {
  const extension = extname(path).slice(1).toLowerCase()
  ensure(extension === 'npy' || extension === 'csv' || extension === 'jsonl', where, 'the file name must end in .npy, .csv or .jsonl', path)
  return extension
}

/**
 * Writes vectors; the extension chooses the format. Text holds the shortest decimals that give back the same float32.
 *
 * - .npy: v1.0, `<f4`, C order, shape (n, dim); `numpy.load` reads it
 * - .csv: header `id,label,v0,v1,...` (id and label only when given)
 * - .jsonl: one `{"id":...,"label":...,"vector":[...]}` a line
 *
 * @throws KindredError `usage` for another extension, lengths that do not fit or values that are not finite (text formats), `io` as the disk refuses
 */
export function writeVectors(path: string, content: Vectors): void {
  const where = 'write vectors'
  const { vectors, dim, ids, labels } = content
  const format = formatOf(where, path)
  ensure(Number.isInteger(dim) && dim > 0 && vectors.length % dim === 0, where, 'vectors must hold whole vectors of length dim', `${vectors.length} values, dim ${dim}`)
  const n = vectors.length / dim
  for (const [name, list] of [['ids', ids], ['labels', labels]] as const) ensure(list === undefined || list.length === n, where, `${name} must be as many as vectors (${n})`, list?.length)
  if (format === 'npy') {
    if (ids !== undefined || labels !== undefined) writeFileAtomic(`${path}.ids.json`, `${JSON.stringify({ ids, labels })}\n`)
    else rmSync(`${path}.ids.json`, { force: true }) // names of other vectors
    writeFileAtomic(path, npyBytes(vectors, [n, dim]))
    return
  }
  const bad = vectors.findIndex((v) => !Number.isFinite(v))
  ensure(bad < 0, where, 'every value must be finite', `${vectors[bad]} in vector ${Math.floor(bad / dim)}`)
  const lines: string[] = []
  if (format === 'csv') lines.push([...(ids ? ['id'] : []), ...(labels ? ['label'] : []), ...Array.from({ length: dim }, (_, j) => `v${j}`)].join(','))
  for (let i = 0; i < n; i++) {
    const row = Array.from(vectors.subarray(i * dim, (i + 1) * dim), shortest)
    if (format === 'csv') lines.push([...(ids ? [quoted(ids[i])] : []), ...(labels ? [quoted(labels[i])] : []), ...row].join(','))
    else lines.push(`{${ids ? `"id":${JSON.stringify(ids[i])},` : ''}${labels ? `"label":${JSON.stringify(labels[i])},` : ''}"vector":[${row.join(',')}]}`)
  }
  writeFileAtomic(path, `${lines.join('\n')}\n`)
}

/**
 * Reads vectors written by {@link writeVectors} or by others: .npy of float32 or float64 (C order, little-endian, 1-D or 2-D), .csv with or
 * without id and label columns, .jsonl of arrays or of objects with `vector` (or `embedding`).
 *
 * @throws KindredError `not-found`, `corrupt` (names line and column, or byte), `unsupported` for other .npy types
 */
export function readVectors(path: string): Vectors {
  const format = formatOf('read vectors', path)
  const bytes = readBytes(path, 'read vectors')
  if (format === 'npy') return readNpy(path, bytes)
  const lines = new TextDecoder().decode(bytes).replace(/^\uFEFF/, '').split(/\r?\n/)
  return format === 'csv' ? readCsv(path, lines) : readJsonLines(path, lines)
}

/** The bytes of a .npy file, version 1.0, float32, C order. */
export function npyBytes(values: Float32Array, shape: readonly number[]): Uint8Array {
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64 - 10
  const out = new Uint8Array(10 + length + values.length * 4)
  out.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, length & 255, length >> 8])
  out.set(new TextEncoder().encode(`${dict.padEnd(length - 1)}\n`), 10)
  const view = new DataView(out.buffer)
  for (let i = 0; i < values.length; i++) view.setFloat32(10 + length + i * 4, values[i], true)
  return out
}

function readNpy(path: string, bytes: Uint8Array): Vectors {
  const corrupt = (at: number, expected: string, got: string): KindredError => new KindredError('corrupt', `${path}, byte ${at}`, expected, got, 'Write it again with numpy.save.')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 10 || view.getUint32(0) !== 0x934e554d || bytes[4] !== 0x50 || bytes[5] !== 0x59) throw corrupt(0, 'a .npy file must begin with \\x93NUMPY', bytes.length < 10 ? `${bytes.length} bytes in all` : 'other bytes')
  const wide = bytes[6] >= 2
  const start = wide ? 12 : 10
  if (bytes.length < start) throw corrupt(8, 'the header length must be there', 'the end of the file')
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true))
  if (bytes.length < end) throw corrupt(bytes.length, `the header must end at byte ${end}`, 'the end of the file')
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, end))
  const descr = /'descr':\s*'([^']+)'/.exec(header)?.[1]
  const fortran = /'fortran_order':\s*(True|False)/.exec(header)?.[1]
  const sizes = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1]
  if (descr === undefined || fortran === undefined || sizes === undefined) throw corrupt(start, 'the header must name descr, fortran_order and shape', header.trim())
  const shape = sizes.split(',').map((s) => s.trim()).filter((s) => s !== '').map(Number)
  if (descr !== '<f4' && descr !== '<f8') throw new KindredError('unsupported', path, "the array's type must be <f4 or <f8", descr, 'Convert it: numpy.save(path, a.astype("float32")).')
  if ((fortran === 'True' && shape.length > 1) || shape.length < 1 || shape.length > 2) throw new KindredError('unsupported', path, 'the array must have one or two dimensions in C order', `shape (${sizes}), fortran_order ${fortran}`, 'Convert it: numpy.save(path, numpy.ascontiguousarray(a)).')
  const size = shape.reduce((a, b) => a * b, 1)
  const step = descr === '<f4' ? 4 : 8
  if (bytes.length !== end + size * step) throw corrupt(Math.min(bytes.length, end + size * step), `the file must be ${end + size * step} bytes long for shape (${sizes})`, `${bytes.length} bytes`)
  const vectors = new Float32Array(size)
  for (let i = 0; i < size; i++) vectors[i] = step === 4 ? view.getFloat32(end + i * 4, true) : view.getFloat64(end + i * 8, true)
  const dim = shape.at(-1)!
  return { vectors, dim, ...readIds(`${path}.ids.json`, shape.length === 1 ? 1 : shape[0]) }
}

function readIds(path: string, n: number): { ids?: string[]; labels?: string[] } {
  if (!existsSync(path)) return {}
  let content: { ids?: string[]; labels?: string[] }
  try {
    content = JSON.parse(new TextDecoder().decode(readBytes(path, 'read vectors'))) as typeof content
  } catch (error) {
    throw error instanceof KindredError ? error : new KindredError('corrupt', path, 'it must be JSON', error instanceof Error ? error.message : String(error), 'Delete it, or write the vectors again.')
  }
  for (const list of [content.ids, content.labels]) {
    if (list !== undefined && list.length !== n) throw new KindredError('mismatch', path, `it must name ${n} vectors`, `${list.length}`, 'Delete it, or write the vectors again.')
  }
  return content
}

function readCsv(path: string, lines: string[]): Vectors {
  const header = cells(lines[0] ?? '')
  const named = header.some((h) => h !== '' && !Number.isFinite(Number(h)))
  const idAt = named ? header.findIndex((h) => /^(id|name|path)$/i.test(h)) : -1
  const labelAt = named ? header.findIndex((h) => /^(label|class)$/i.test(h)) : -1
  const columns = header.map((_, i) => i).filter((i) => i !== idAt && i !== labelAt)
  const values: number[] = []
  const ids: string[] = []
  const labels: string[] = []
  for (let l = named ? 1 : 0; l < lines.length; l++) {
    if (lines[l].trim() === '') continue
    const row = cells(lines[l])
    if (row.length !== header.length) throw corruptLine(path, l, `it must have ${header.length} columns as the first line`, `${row.length}`)
    for (const i of columns) values.push(numberAt(path, l, i, row[i] === '' ? NaN : Number(row[i]), row[i]))
    if (idAt >= 0) ids.push(row[idAt])
    if (labelAt >= 0) labels.push(row[labelAt])
  }
  if (columns.length === 0 || values.length === 0) throw corruptLine(path, 0, 'it must hold at least one vector', 'none')
  return { vectors: Float32Array.from(values), dim: columns.length, ...(idAt >= 0 ? { ids } : {}), ...(labelAt >= 0 ? { labels } : {}) }
}

function readJsonLines(path: string, lines: string[]): Vectors {
  const values: number[] = []
  const ids: string[] = []
  const labels: string[] = []
  let dim = -1
  let n = 0
  lines.forEach((line, l) => {
    if (line.trim() === '') return
    let row: unknown
    try {
      row = JSON.parse(line)
    } catch (error) {
      throw corruptLine(path, l, 'it must be JSON', error instanceof Error ? error.message : String(error))
    }
    const object = Array.isArray(row) ? { vector: row } : ((row ?? {}) as Record<string, unknown>)
    const vector = object.vector ?? (object as Record<string, unknown>).embedding
    if (!Array.isArray(vector) || vector.length === 0) throw corruptLine(path, l, 'it must be an array of numbers or an object with "vector"', line.slice(0, 60))
    if (dim < 0) dim = vector.length
    if (vector.length !== dim) throw corruptLine(path, l, `its vector must have ${dim} numbers as the first`, `${vector.length}`)
    vector.forEach((v: unknown, i) => values.push(numberAt(path, l, i, typeof v === 'number' ? v : NaN, JSON.stringify(v))))
    n++
    const { id, label } = object as { id?: unknown; label?: unknown }
    if (id !== undefined) ids.push(String(id))
    if (label !== undefined) labels.push(String(label))
    if ((ids.length > 0 && ids.length !== n) || (labels.length > 0 && labels.length !== n)) throw corruptLine(path, l, 'id and label must be on every line or on none', 'only some')
  })
  if (n === 0) throw corruptLine(path, 0, 'it must hold at least one vector', 'none')
  return { vectors: Float32Array.from(values), dim, ...(ids.length > 0 ? { ids } : {}), ...(labels.length > 0 ? { labels } : {}) }
}

function corruptLine(path: string, index: number, expected: string, got: string): KindredError {
  return new KindredError('corrupt', `${path}, line ${index + 1}`, expected, got)
}

function numberAt(path: string, line: number, column: number, value: number, text: string): number {
  if (!Number.isFinite(value)) throw new KindredError('corrupt', `${path}, line ${line + 1}, column ${column + 1}`, 'it must be a finite number', text)
  return value
}

/** The fewest digits that give back the same float32. */
function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits))
    if (Math.fround(text) === value) return String(text)
  }
  return String(Number(value.toPrecision(9)))
}

/** RFC 4180: quotes around a field that holds a comma, quote or line break; quotes doubled. Line breaks become spaces, as rows are lines here. */
function quoted(text: string): string {
  const line = text.replace(/[\r\n]+/g, ' ')
  return /[",]/.test(line) ? `"${line.replaceAll('"', '""')}"` : line
}

function cells(line: string): string[] {
  const out: string[] = []
  const field = /(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g
  for (const [, inQuotes, plain] of line.matchAll(field)) out.push(inQuotes?.replaceAll('""', '"') ?? plain)
  return out
}
