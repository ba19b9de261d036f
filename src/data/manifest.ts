/** @file Pictures listed with their labels in a CSV or JSONL file. */
import { dirname, extname, isAbsolute, join } from 'node:path'
import * as z from 'zod'
import { checkOptions, ensure, KindredError, nearestName, parseJsonAs, show } from '../base/index.ts'
import { csvRows, csvText, readText, readTextPieces } from '../files/index.ts'
import {
  checkPictureOptions,
  openPictures,
  pictureOptions,
  type LabelledFile,
  type PictureOptions,
  type PictureSource,
} from './picture-source.ts'

/** Settings of {@link manifest}. */
export interface ManifestOptions extends PictureOptions {
  /** Only the rows whose column `split` says this, such as `train` (default: all rows). */
  readonly split?: string
}

/** A line of a manifest. */
interface Entry {
  readonly path: string
  readonly label: string
  readonly split: string | undefined
  readonly line: number
}

const where = 'manifest'

/**
 * The pictures that a file lists, one a line: `path` (relative to the file), `label`, and, if there are parts, `split`.
 *
 * A `.csv` names its columns in the first line; a `.jsonl` holds an object a line. Other columns are passed over. Classes are those of the whole file, whatever
 * `split` picks, so that its parts agree.
 *
 * @returns as `imageFolder`, in the order of the file; a listed file that cannot be read is left out and stands in `skipped` with its line
 * @throws KindredError `corrupt`, naming file and line, for a line without path or label or with an absolute path; `not-found` for a missing manifest, a split
 *   that
 *   no line has, or when no picture can be read; `interrupted`
 * @example const birds = await manifest('birds.csv', { size: [96, 96], split: 'train' })
 */
export async function manifest(file: string, options: ManifestOptions): Promise<PictureSource> {
  checkOptions(where, options, [...pictureOptions, 'split'])
  checkPictureOptions(where, options)
  const { split, ...pictures } = options
  const entries = entriesOf(file)
  ensure(entries.length > 0, where, `${file} must list at least one picture`, 'none')
  const parts = [...new Set(entries.map((entry) => entry.split ?? ''))]
  if (split !== undefined && !parts.includes(split)) {
    const got = parts.every((part) => part === '') ? 'a file without a column split' : parts.map(show).join(', ')
    throw new KindredError('not-found', where, `${file} must have lines whose split is ${show(split)}`, got)
  }
  const files = entries
    .filter((entry) => split === undefined || entry.split === split)
    .map(({ path, label, line }): LabelledFile => ({ path: join(dirname(file), path), label, listed: `${file}, line ${line}` }))
  const classes = pictures.classes ?? [...new Set(entries.map((entry) => entry.label))].sort((a, b) => (a < b ? -1 : 1))
  return openPictures(where, files, [], `pictures of ${file}${split === undefined ? '' : `, ${split}`}`, { ...pictures, classes })
}

function entriesOf(file: string): Entry[] {
  const kind = extname(file).toLowerCase()
  const entries = kind === '.csv' ? ofCsv(file) : kind === '.jsonl' || kind === '.ndjson' ? ofJsonLines(file) : undefined
  ensure(entries !== undefined, where, 'the file must be a .csv or a .jsonl', file)
  for (const { path, label, line } of entries) {
    const bad = path === '' ? 'a path' : label === '' ? 'a label' : undefined
    if (bad !== undefined) throw new KindredError('corrupt', `${file}, line ${line}`, `it must have ${bad}`, 'an empty one')
    if (isAbsolute(path) || path.includes('\0'))
      throw new KindredError('corrupt', `${file}, line ${line}`, 'path must be relative to the manifest', show(path))
  }
  return entries.map((entry) => ({ ...entry, label: entry.label.normalize('NFC') }))
}

function ofCsv(file: string): Entry[] {
  let column: { path: number; label: number; split: number } | undefined
  let width = 0
  const entries: Entry[] = []
  for (const { cells, line } of csvRows(readTextPieces(file, where), file)) {
    if (cells.length === 1 && cells[0] === '') continue
    if (column === undefined) {
      const find = (name: string): number => {
        const at = cells.indexOf(name)
        if (at >= 0 || name === 'split') return at
        const near = nearestName(name, cells)
        throw new KindredError(
          'corrupt',
          `${file}, line ${line}`,
          `the first line must name the columns, ${name} among them`,
          cells.map(show).join(', '),
          near === undefined ? 'Write path,label as the first line.' : `Is ${show(near)} meant?`,
        )
      }
      column = { path: find('path'), label: find('label'), split: find('split') }
      width = cells.length
      continue
    }
    if (cells.length !== width)
      throw new KindredError('corrupt', `${file}, line ${line}`, `it must have ${width} columns as the first line`, `${cells.length}`)
    const { path, label, split } = column
    entries.push({ path: csvText(cells[path]), label: csvText(cells[label]), split: split < 0 ? undefined : csvText(cells[split]), line })
  }
  return entries
}

const jsonLine = z.object({
  path: z.string(),
  label: z.union([z.string(), z.number().transform(String)], 'expected a name or a number'),
  split: z.string().optional(),
})

function ofJsonLines(file: string): Entry[] {
  return readText(file, where)
    .split('\n')
    .flatMap((text, i) => (text.trim() === '' ? [] : [{ ...parseJsonAs(text, `${file}, line ${i + 1}`, jsonLine), line: i + 1 }]))
    .map(({ path, label, split, line }) => ({ path, label, split, line }))
}
