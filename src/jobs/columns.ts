/** @file Tables as lines of text. */
import { printable } from '../base/index.ts'
import { textWidth } from './width.ts'

/** Rows as lines with aligned columns, numbers to the right. They are straight once the lines are shown, with the control characters of their cells escaped. */
export function columns(rows: readonly (readonly (string | number)[])[]): string[] {
  const text = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toFixed(4) : cell)))
  const width = (cell: string): number => textWidth(printable(cell))
  const widths = text[0].map((_, c) => text.reduce((most, row) => Math.max(most, width(row[c])), 0))
  const right = rows[0].map((_, c) => rows.every((row) => typeof row[c] === 'number'))
  const fill = (cell: string, c: number): string => ' '.repeat(widths[c] - width(cell))
  return text.map((row) =>
    row.map((cell, c) => (right[c] ? fill(cell, c) + cell : c === row.length - 1 ? cell : cell + fill(cell, c))).join('  '),
  )
}
