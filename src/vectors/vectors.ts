/**
 * @file Embeddings on disk: NumPy's .npy for programs, .csv for spreadsheets, .jsonl for streams. Names (ids) and labels travel along.
 *
 * In .npy the names have no place: they go into NAME.ids.json beside it, an object `{ "ids": [...], "labels": [...] }`.
 */
import { rmSync } from 'node:fs'
import { extname } from 'node:path'
import { z } from 'zod'
import { checkAs, ensure, KindredError, parseJsonAs } from '../base/index.ts'
import { csvCell, csvRows, csvText, pathKind, readBytes, readJson, readTextPieces, writeFileAtomic, type CsvRow } from '../files/index.ts'
import { npyBytes, parseNpy } from './npy.ts'

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
 * - .csv: header `id,label,v0,v1,...` (id and label only when given); a name that a spreadsheet could take for a formula, such as `=1+1`, gets an apostrophe in
 * front,
 *   which {@link readVectors} takes off
 * - .jsonl: one `{"id":...,"label":...,"vector":[...]}` a line
 *
 * @throws KindredError `usage` for another extension, lengths that do not fit, values that are not finite, names that CSV cannot hold; `io` as the disk refuses
 */
export function writeVectors(path: string, content: Vectors): void {
  const where = 'write vectors'
  const { vectors, dim, ids, labels } = content
  const format = formatOf(where, path)
  ensure(
    Number.isInteger(dim) && dim > 0 && vectors.length % dim === 0,
    where,
    'vectors must hold whole vectors of length dim',
    `${vectors.length} values, dim ${dim}`,
  )
  const n = vectors.length / dim
  for (const [name, list] of [
    ['ids', ids],
    ['labels', labels],
  ] as const) {
    ensure(list === undefined || list.length === n, where, `${name} must be as many as vectors (${n})`, list?.length)
    const bad = list?.findIndex((text) => typeof text !== 'string') ?? -1
    ensure(bad < 0, where, `${name} must be texts`, list?.[bad])
  }
  const bad = vectors.findIndex((v) => !Number.isFinite(v))
  ensure(bad < 0, where, 'every value must be finite', `${vectors[bad]} in vector ${Math.floor(bad / dim)}`)
  if (format === 'npy') {
    if (ids !== undefined || labels !== undefined) writeFileAtomic(`${path}.ids.json`, `${JSON.stringify({ ids, labels })}\n`)
    else rmSync(`${path}.ids.json`, { force: true }) // names of other vectors
    writeFileAtomic(path, npyBytes(vectors, [n, dim]))
    return
  }
  writeFileAtomic(path, format === 'csv' ? csvLines(content, n) : jsonLines(content, n))
}

function* csvLines({ vectors, dim, ids, labels }: Vectors, n: number): Generator<string> {
  const lead = [ids, labels].filter((list) => list !== undefined)
  yield `${[...(ids ? ['id'] : []), ...(labels ? ['label'] : []), ...Array.from({ length: dim }, (_, j) => `v${j}`)].join(',')}\n`
  for (let i = 0; i < n; i++) yield `${[...lead.map((list) => csvCell(list[i])), numbers(vectors, dim, i)].join(',')}\n`
}

function* jsonLines({ vectors, dim, ids, labels }: Vectors, n: number): Generator<string> {
  for (let i = 0; i < n; i++) {
    yield `{${ids ? `"id":${JSON.stringify(ids[i])},` : ''}${labels ? `"label":${JSON.stringify(labels[i])},` : ''}"vector":[${numbers(vectors, dim, i)}]}\n`
  }
}

const numbers = (vectors: Float32Array, dim: number, row: number): string =>
  Array.from(vectors.subarray(row * dim, (row + 1) * dim), shortest).join(',')

/**
 * Reads vectors written by {@link writeVectors} or by others: .npy of float32 or float64 (C order, little-endian, 1-D or 2-D), .csv with or
 * without id and label columns, .jsonl of arrays or of objects with `vector` (or `embedding`).
 *
 * @throws KindredError `not-found`, `corrupt` (names line and column, byte, or vector), `unsupported` for other .npy types, `limit`
 * cost: memory of the file and of the vectors for .npy, of the vectors and their names for the others
 */
export function readVectors(path: string): Vectors {
  const where = 'read vectors'
  const format = formatOf(where, path)
  if (format === 'csv') return readCsv(path, csvRows(readTextPieces(path, where), path))
  if (format === 'jsonl') return readVectorLines(path, lines(readTextPieces(path, where)))
  const { vectors, dim, count } = parseNpy(readBytes(path, where), path)
  return { vectors, dim, ...readIds(`${path}.ids.json`, count) }
}

const names = z.array(z.string()).optional()
const idsFile = z
  .object({ ids: names, labels: names })
  .refine(({ ids, labels }) => ids !== undefined || labels !== undefined, 'expected ids or labels')

function readIds(path: string, n: number): { ids?: string[]; labels?: string[] } {
  if (pathKind(path, 'read vectors') === undefined) return {}
  const fix = 'Delete it, or write the vectors again.'
  const content = readJson(path, idsFile, { where: 'read vectors', fix })
  for (const list of [content.ids, content.labels]) {
    if (list !== undefined && list.length !== n)
      throw new KindredError('mismatch', path, `it must name ${n} vectors`, `${list.length}`, fix)
  }
  return content
}

function readCsv(path: string, rows: Iterable<CsvRow>): Vectors {
  let [header, columns]: [string[], number[]] = [[], []]
  let [idAt, labelAt] = [-1, -1]
  const values = new Floats()
  const ids: string[] = []
  const labels: string[] = []
  let first = true
  for (const { cells, line } of rows) {
    if (cells.length === 1 && cells[0].trim() === '') continue
    if (first) {
      first = false
      header = cells
      const named = header.some((h) => h !== '' && Number.isNaN(decimal(h)))
      idAt = named ? header.findIndex((h) => /^(id|name|path)$/i.test(h)) : -1
      labelAt = named ? header.findIndex((h) => /^(label|class)$/i.test(h)) : -1
      columns = header.map((_, i) => i).filter((i) => i !== idAt && i !== labelAt)
      if (named) continue
    }
    if (cells.length !== header.length)
      throw corruptLine(path, line, `it must have ${header.length} columns as the first line`, `${cells.length}`)
    for (const i of columns) values.push(numberAt(path, line, i, decimal(cells[i]), cells[i]))
    if (idAt >= 0) ids.push(csvText(cells[idAt]))
    if (labelAt >= 0) labels.push(csvText(cells[labelAt]))
  }
  if (values.length === 0) throw corruptLine(path, 1, 'it must hold at least one vector', 'none')
  return { vectors: values.all(), dim: columns.length, ids: idAt >= 0 ? ids : undefined, labels: labelAt >= 0 ? labels : undefined }
}

/** A decimal number; NaN for everything else, such as nothing at all, 0x10, or "Infinity". */
function decimal(text: string): number {
  return /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : NaN
}

const vectorName = z.union([z.string(), z.number().transform(String)]).optional()
const vectorRow = z.object({
  id: vectorName,
  label: vectorName,
  vector: z.array(z.unknown()).optional(),
  embedding: z.array(z.unknown()).optional(),
})

function readVectorLines(path: string, texts: Iterable<string>): Vectors {
  const values = new Floats()
  const ids: string[] = []
  const labels: string[] = []
  let [dim, n, line] = [-1, 0, 0]
  for (const text of texts) {
    line++
    if (text.trim() === '') continue
    const place = `${path}, line ${line}`
    const row = parseJsonAs(text, place, z.unknown())
    const { id, label, ...object } = Array.isArray(row)
      ? { id: undefined, label: undefined, vector: row as unknown[] }
      : checkAs(row, place, vectorRow)
    const vector = object.vector ?? ('embedding' in object ? object.embedding : undefined)
    if (vector === undefined || vector.length === 0)
      throw corruptLine(path, line, 'it must be an array of numbers or an object with "vector"', text.slice(0, 60))
    if (dim < 0) dim = vector.length
    if (vector.length !== dim) throw corruptLine(path, line, `its vector must have ${dim} numbers as the first`, `${vector.length}`)
    for (let i = 0; i < dim; i++) values.push(numberAt(path, line, i, vector[i], String(JSON.stringify(vector[i]))))
    n++
    if (id !== undefined) ids.push(id)
    if (label !== undefined) labels.push(label)
    if ((ids.length > 0 && ids.length !== n) || (labels.length > 0 && labels.length !== n))
      throw corruptLine(path, line, 'id and label must be on every line or on none', 'only some')
  }
  if (n === 0) throw corruptLine(path, 1, 'it must hold at least one vector', 'none')
  return { vectors: values.all(), dim, ids: ids.length > 0 ? ids : undefined, labels: labels.length > 0 ? labels : undefined }
}

/** The lines of a text that is cut anywhere. */
function* lines(pieces: Iterable<string>): Generator<string> {
  let open = ''
  for (const piece of pieces) {
    const parts = piece.split('\n')
    parts[0] = open + parts[0]
    open = parts.pop()!
    yield* parts
  }
  yield open
}

/** Numbers that come one by one, kept in four bytes each. */
class Floats {
  private values = new Float32Array(1024)
  length = 0

  push(value: number): void {
    if (this.length === this.values.length) {
      const more = new Float32Array(2 * this.length)
      more.set(this.values)
      this.values = more
    }
    this.values[this.length++] = value
  }

  all(): Float32Array {
    return this.values.slice(0, this.length)
  }
}

function corruptLine(path: string, line: number, expected: string, got: string): KindredError {
  return new KindredError('corrupt', `${path}, line ${line}`, expected, got)
}

function numberAt(path: string, line: number, column: number, value: unknown, text: string): number {
  if (typeof value === 'number' && Number.isFinite(Math.fround(value))) return value
  throw new KindredError('corrupt', `${path}, line ${line}, column ${column + 1}`, 'it must be a finite number', text)
}

/** The fewest digits that give back the same float32. */
function shortest(value: number): string {
  if (Object.is(value, -0)) return '-0'
  for (let digits = 6; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits))
    if (Math.fround(text) === value) return String(text)
  }
  return String(Number(value.toPrecision(9)))
}
