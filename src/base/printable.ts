/** @file Text from outside, made safe to show: no control character reaches a terminal, no name can forge a line or reverse the words. */

/**
 * What must not reach a terminal or a log line: C0 and C1 controls (ESC, newline, ...), DEL, line and paragraph separators, the marks that turn the direction
 * of text (Trojan Source, CVE-2021-42574), invisible joiners, tags, and halves of surrogate pairs.
 */
const unsafe =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu

/** Backslashes that would read as the beginning of an escape, by what follows them: such a letter, or an unsafe character. */
// oxlint-disable-next-line no-control-regex
const looksEscaped = new RegExp(String.raw`(?<!\\)\\+(?=[ntr]|x[0-9a-f]{2}|u[0-9a-f]{4}|u\{[0-9a-f]+\}|${unsafe.source})`, 'gu')

/**
 * The text with each unsafe character written as `\n`, `\t`, `\x1b` or `\u202e`. A backslash stays as it is unless it would read as the beginning of such an
 * escape: then it is doubled. So no two texts print alike, and a Windows path can still be used.
 *
 * Applied once, where the text is shown: a second time would escape the escapes. Text that is escaped already goes through {@link escapeControls}.
 * @param text one line: a file name, a label, a message of another program
 */
export function printable(text: string): string {
  return escapeControls(text.replace(looksEscaped, (run) => run + run))
}

/**
 * The text with each unsafe character escaped and nothing else changed; a second time changes nothing. Two texts may look alike: for what is kept rather than
 * shown.
 */
export function escapeControls(text: string): string {
  return text.replace(unsafe, escaped)
}

/** {@link printable}, but line breaks stay: for text of several lines that is our own but quotes names from outside. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

/**
 * A value as one line of JSON that is safe to show and parses to the same value: what {@link printable} escapes is written as `\\u202e`.
 *
 * @param value anything that JSON can hold
 */
export function printableJson(value: unknown): string {
  const units = (char: string): string =>
    Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')
  return JSON.stringify(value).replace(unsafe, units)
}

function escaped(char: string): string {
  if (char === '\n') return '\\n'
  if (char === '\r') return '\\r'
  if (char === '\t') return '\\t'
  const code = char.codePointAt(0)!
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`
}

/**
 * Words of a command as a line that can be pasted into a POSIX shell and means the same again; control characters are written as `$'\x1b'`.
 *
 * @example quoteCommand(['kindred', 'faces', 'my photos']) // kindred faces 'my photos'
 */
export function quoteCommand(words: readonly string[]): string {
  return words.map(quoteWord).join(' ')
}

function quoteWord(word: string): string {
  if (word !== '' && !/[^\w@%+=:,./-]/.test(word)) return word
  if (escapeControls(word) === word) return `'${word.replaceAll("'", `'\\''`)}'`
  const bytes = (char: string): string => [...new TextEncoder().encode(char)].map((b) => `\\x${b.toString(16).padStart(2, '0')}`).join('')
  return `$'${word.replace(/['\\]/g, '\\$&').replace(unsafe, bytes)}'`
}
