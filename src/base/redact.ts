/** @file Passwords taken out of text: one function for messages, logs, reports and the echoed command. */

const mask = '***'
/** An address, up to white space, a quote or the end. */
const address = /(?<![a-z0-9+.-])[a-z0-9+.-]+:\/\/[^\s"'`<>]+/gi
/** Names whose values are secret, in an address's query or in `name=value` words (libpq's connection strings know password and sslpassword). */
const secretName = '(?:\\w*(?:password|passwd|passphrase|secret|token|api_?key|access_?key)|pwd|pass|sig|signature)'
const secretParameter = new RegExp(`([?&]${secretName}=)[^&#]*`, 'gi')
const valueToTheEnd = new RegExp(`[?&]${secretName}=[^&#]*$`, 'i')
const secretValue = new RegExp(
  `(?<![\\w-])(--?)?(${secretName})(\\s*=\\s*)(?:'(?:[^'\\\\]|\\\\.)*'|"(?:[^"\\\\]|\\\\.)*"|[^\\s&;,'"]*)`,
  'gi',
)

/**
 * The text without the passwords of the addresses in it: user information after the first colon, and query parameters and `name=value` words with secret names.
 *
 * A password may hold any character, also ones that should have been percent-encoded (`u:p@ss@host`, `u:a/b@host`): all up to the address's last `@` counts.
 * @example redact('postgres://anna:secret@host/db?sslpassword=x') // postgres://anna:***@host/db?sslpassword=***
 */
export function redact(text: string): string {
  return redactBy(text, address)
}

/**
 * {@link redact} for one word of a command line: an address in it goes on to the word's end, whatever blanks and quotes its password holds.
 *
 * @example redactWord('--gallery=postgres://anna:a "b" c@host/db') // --gallery=postgres://anna:***@host/db
 */
export function redactWord(word: string): string {
  return redactBy(word, /[a-z][a-z0-9+.-]*:\/\/[^]+/i)
}

function redactBy(text: string, pattern: RegExp): string {
  return text
    .replace(pattern, redactAddress)
    .replace(secretValue, (_, dashes: string | undefined, name: string, equals: string) => `${dashes ?? ''}${name}${equals}${mask}`)
}

function redactAddress(url: string): string {
  const start = url.indexOf('://') + 3
  const at = url.lastIndexOf('@')
  const colon = url.indexOf(':', start)
  if (at < 0 || colon < 0 || colon > at) return url.replace(secretParameter, `$1${mask}`)
  // an "@" may also lie in the value of a secret parameter: then what follows it is secret as well
  if (valueToTheEnd.test(url.slice(colon, at))) return `${url.slice(0, colon)}:${mask}`
  return `${url.slice(0, colon)}:${mask}${url.slice(at).replace(secretParameter, `$1${mask}`)}`
}
