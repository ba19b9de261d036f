/** @file A command's result as it is written to standard output. */
import { printable, printableJson } from '../base/index.ts'

/** The lines of a result, or its value as JSON where there are none. Line breaks inside a line are escaped: a file's name cannot forge one. */
export function resultText(value: unknown, lines: readonly string[] | undefined): string {
  return lines === undefined ? `${printableJson(value)}\n` : lines.map((line) => `${printable(line)}\n`).join('')
}
