/** @file A call of a verb as the command line that makes it. */
import { quoteCommand } from './printable.ts'
import { redactWord } from './redact.ts'

/** An option's name on the command line: `minSharpness` is `--min-sharpness`, `k` is `-k`. */
export function flagOf(option: string): string {
  return option.length === 1 ? `-${option}` : `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/**
 * A call of a verb as a line that can be pasted into a shell, without passwords.
 *
 * @param words what stands without a name, in order
 * @param options by name: true is a bare flag, false its `--no-` form, a list is written with commas, undefined is left out
 * @example callText('faces', ['my photos'], { minSharpness: 2 }) // kindred faces 'my photos' --min-sharpness 2
 */
export function callText(verb: string, words: readonly string[], options: Readonly<Record<string, unknown>> = {}): string {
  const flags = Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined) return []
    if (typeof value === 'boolean') return [value ? flagOf(name) : `--no-${flagOf(name).slice(2)}`]
    return [flagOf(name), String(value)]
  })
  return quoteCommand(['kindred', verb, ...[...words, ...flags].map(redactWord)])
}
