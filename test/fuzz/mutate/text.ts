/** @file Mutations of text: numbers, lines, separators, marks that no one sees, bytes that are no UTF-8. */
import type { Rng } from '../../../src/base/index.ts'
import { join, mutateBytes, pick, type Mutator } from './bytes.ts'

/** Texts that stand where a number should. */
export const oddNumbers: readonly string[] = [
  'NaN',
  'nan',
  'Infinity',
  '-Infinity',
  'inf',
  '1e999',
  '-1e999',
  '-1',
  '0',
  '-0',
  '1e-400',
  '2147483647',
  '2147483648',
  '-2147483649',
  '4294967296',
  '9007199254740993',
  '1e308',
  '0x10',
  '1_000',
  '1,5',
  '',
  ' ',
  'null',
  '१२',
  '1e',
  '--1',
  '99999999999999999999999',
  '00012',
  '.5',
  '5.',
  '1e5',
  '3.0000000000000000001',
]

/** What should not reach a terminal, a parser of lines or a comparison of names unseen. */
export const oddTexts: readonly string[] = [
  '\u001b[31m',
  '\u001b]0;x\u0007',
  '\u202e',
  '\ufeff',
  '\u0000',
  '\r',
  '\r\n',
  '\n',
  '\t',
  '\u2028',
  '\ud800',
  '"',
  "'",
  ',',
  ';',
  '{',
  '}',
  '[',
  ']',
  '<',
  '>',
  '&',
  '&#0;',
  '\\',
  '\\u0000',
  '#',
  '..',
  '/',
  '../',
  '%00',
  '%',
  'é',
  'e\u0301',
  '😀',
  '__proto__',
  'constructor',
  '-->',
  '<!--',
  '<![CDATA[',
]

const decoder = new TextDecoder('latin1')
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

/** Text as latin1, so that every byte survives. */
const onText =
  (change: (r: Rng, text: string, donor: string) => string): Mutator =>
  (r, bytes, donor) =>
    bytesOf(change(r, decoder.decode(bytes), decoder.decode(donor)))

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

const numbers = onText((r, text) => {
  const found = [...text.matchAll(/-?\d+(\.\d+)?([eE][-+]?\d+)?/g)]
  if (found.length === 0) return text
  const m = pick(r, found)
  const n = Number(m[0])
  const value = pick(r, [
    ...oddNumbers,
    ...oddNumbers,
    String(n + 1),
    String(-n),
    String(n * 1e6),
    String(n / 3),
    `${m[0]}.5`,
    m[0].slice(1),
  ])
  return text.slice(0, m.index) + latin1(value) + text.slice(m.index + m[0].length)
})

const marks = onText((r, text) => {
  const at = r.integer(text.length + 1)
  return text.slice(0, at) + latin1(pick(r, oddTexts)) + text.slice(at)
})

const notUtf8 = onText((r, text) => {
  const at = r.integer(text.length + 1)
  return text.slice(0, at) + pick(r, ['\xff', '\xc0\xaf', '\xed\xa0\x80', '\xf8\x88\x80\x80\x80', '\x80', '\xc3']) + text.slice(at)
})

const lines = onText((r, text, donor) => {
  const list = text.split('\n')
  const i = r.integer(list.length)
  switch (r.integer(8)) {
    case 0:
      list.splice(i, 1)
      break
    case 1:
      list.splice(i, 0, list[i])
      break
    case 2:
      list.splice(i, 0, '')
      break
    case 3:
      list.splice(r.integer(list.length), 0, ...list.splice(i, 1))
      break
    case 4:
      return list.join('\r\n')
    case 5:
      return list.join('\r')
    case 6:
      list.splice(i, 0, pick(r, donor.split('\n')))
      break
    default:
      list[i] = list[i].repeat(pick(r, [2, 3, 50]))
  }
  return list.join('\n')
})

const words = onText((r, text) => {
  const found = [...text.matchAll(/[\p{L}_]+/gu)]
  if (found.length === 0) return text
  const m = pick(r, found)
  const value = pick(r, [
    '',
    m[0].toUpperCase(),
    `${m[0]}x`,
    m[0].slice(1),
    m[0].repeat(20),
    'null',
    'true',
    '__proto__',
    'NaN',
    pick(r, found)[0],
  ])
  return text.slice(0, m.index) + value + text.slice(m.index + m[0].length)
})

const long = onText((r, text) => {
  const at = r.integer(text.length + 1)
  return (
    text.slice(0, at) +
    pick(r, ['a', '1', '[', '{"a":', '(', '<_>', ' ', '"', ',', '0.']).repeat(pick(r, [40, 100, 3000, 60_000])) +
    text.slice(at)
  )
})

const bom: Mutator = (_, bytes) => join(Uint8Array.of(0xef, 0xbb, 0xbf), bytes)
const wide: Mutator = (_, bytes) => join(Uint8Array.of(0xff, 0xfe), new Uint8Array(Buffer.from(decoder.decode(bytes), 'utf16le')))

/** Some mutation of a text. */
export const mutateText: Mutator = (r, bytes, donor) =>
  pick(r, [
    numbers,
    numbers,
    numbers,
    marks,
    marks,
    lines,
    lines,
    words,
    notUtf8,
    long,
    bom,
    r.integer(4) === 0 ? wide : numbers,
    mutateBytes,
    mutateBytes,
  ])(r, bytes, donor)
