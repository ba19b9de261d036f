/**
 * @file Comma-separated values as RFC 4180 has them, read to the letter, and written so that a spreadsheet takes nobody's text for a formula.
 */
import { KindredError } from '../base/index.ts'

/** A row with the line it begins on, counted from 1. */
export interface CsvRow {
  readonly cells: string[]
  readonly line: number
}

const quote = 0x22
const comma = 0x2c
const lf = 0x0a
const cr = 0x0d

/** Where in a cell the reader is. */
type State = 'start' | 'plain' | 'quoted' | 'closed'

/**
 * The rows of a text. Lines end in LF, CR or both; between quotes, commas and line ends are text and a quote is written twice.
 *
 * @param pieces the text, cut anywhere
 * @param name the file, for errors
 * @throws KindredError `corrupt` for text behind a closing quote, or one that never closes
 */
export function* csvRows(pieces: Iterable<string>, name: string): Generator<CsvRow> {
  let state = 'start' as State
  let cells: string[] = []
  let cell = ''
  let [line, begun, opened] = [1, 1, 1]
  let afterCr = false
  for (const piece of pieces) {
    let from = 0
    for (let i = 0; i < piece.length; i++) {
      const c = piece.charCodeAt(i)
      const ended = afterCr
      afterCr = false
      if (c === lf && ended)
        from = i + 1 // the other half of a line end, which is counted already
      else if (state === 'quoted') {
        if (c === lf) line++
        if (c !== quote) continue
        cell += piece.slice(from, i)
        state = 'closed'
      } else if (c === quote && state !== 'plain') {
        from = state === 'start' ? i + 1 : i // the second of two quotes is text
        if (state === 'start') opened = line
        state = 'quoted'
      } else if (c === comma || c === lf || c === cr) {
        if (state === 'plain') cell += piece.slice(from, i)
        cells.push(cell)
        cell = ''
        state = 'start'
        from = i + 1
        if (c === comma) continue
        yield { cells, line: begun }
        cells = []
        begun = ++line
        afterCr = c === cr
      } else if (state === 'closed') {
        throw new KindredError(
          'corrupt',
          `${name}, line ${line}`,
          'a comma or the end of the line must follow a closing quote',
          JSON.stringify(piece.slice(i, i + 20)),
          'A quote inside quotes is written twice.',
        )
      } else if (state === 'start') {
        state = 'plain'
        from = i
      }
    }
    if (state === 'plain' || state === 'quoted') cell += piece.slice(from)
  }
  if (state === 'quoted') throw new KindredError('corrupt', `${name}, line ${opened}`, 'a quote must be closed', 'the end of the file')
  if (cells.length > 0 || state !== 'start') yield { cells: [...cells, cell], line: begun }
}

/** Text that a spreadsheet may take for a formula (OWASP, "CSV Injection"), behind any apostrophes that already hold it down. */
const formula = /^'*(?:[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])/

/**
 * A text as one cell. What could be a formula gets an apostrophe in front, which spreadsheets do not show; {@link csvText} takes it off again.
 *
 * @throws KindredError `usage` for half a surrogate pair, which no file of text can hold
 */
export function csvCell(text: string): string {
  if (/\p{Surrogate}/u.test(text))
    throw new KindredError('usage', 'write CSV', 'a text must be whole Unicode characters', JSON.stringify(text), 'Write .jsonl or .npy.')
  const safe = formula.test(text) ? `'${text}` : text
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The text of a cell that {@link csvCell} may have written. */
export function csvText(cell: string): string {
  return cell.startsWith("'") && formula.test(cell) ? cell.slice(1) : cell
}
