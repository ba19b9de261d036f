/**
 * @file The formats of Netpbm: PBM, PGM and PPM, as text (P1 to P3) and as bytes (P4 to P6), and PAM (P7); of several pictures in a file the first.
 *
 * Source: Netpbm's manual pages pbm(5), pgm(5), ppm(5), pam(5)
 */
import { damaged, notRead, type OpenedPicture } from './own-format.ts'

interface Header {
  readonly width: number
  readonly height: number
  /** Samples a pixel. */
  readonly depth: 1 | 2 | 3 | 4
  /** The value that means full brightness; 1 for bits. */
  readonly max: number
  /** Samples are text; packed bits (P4, where 1 is black); or bytes, two each above 255, high byte first. */
  readonly kind: 'text' | 'bits' | 'bytes'
  /** 1 stands for black (P1, P4). */
  readonly blackIsOne: boolean
  /** Where the samples begin. */
  readonly start: number
}

const isSpace = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13)
const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57

/**
 * Reads the header of a PBM, PGM, PPM or PAM.
 *
 * Samples are scaled from 0..maximum to 0..255 and taken as sRGB.
 * @param name what errors call the file
 * @throws KindredError `corrupt`; `unsupported` for a PAM of another depth than 1 to 4
 */
export function openPnm(bytes: Uint8Array, name: string): OpenedPicture {
  const header = bytes[1] === 0x37 ? pamHeader(bytes, name) : pnmHeader(bytes, name)
  const { width, height, depth, max } = header
  if (width < 1 || height < 1) throw damaged(name, 'it must have pixels', `${width} x ${height}`)
  if (max < 1 || max > 65535) throw damaged(name, 'the largest value must be in 1..65535', String(max))
  return {
    width,
    height,
    channels: depth === 2 ? 4 : depth,
    work: 0,
    pixels: () => {
      const samples = header.kind === 'text' ? textSamples(bytes, header, name) : byteSamples(bytes, header, name)
      return { data: depth === 2 ? greyAlpha(samples) : samples }
    },
  }
}

/** A reader of numbers between blanks and comments. */
function numbers(bytes: Uint8Array, name: string, from: number): { next: (most: number, digits?: number) => number; at: () => number } {
  let at = from
  return {
    at: () => at,
    next(most, digits = 20) {
      while (at < bytes.length && !isDigit(bytes[at])) {
        if (bytes[at] === 35) while (at < bytes.length && bytes[at] !== 10 && bytes[at] !== 13) at++
        else if (isSpace(bytes[at])) at++
        else throw damaged(name, 'numbers and comments must stand here', `byte 0x${bytes[at].toString(16)} at ${at}`)
      }
      if (at >= bytes.length) throw damaged(name, 'more numbers must follow', 'the end of the file')
      let value = 0
      for (let i = 0; i < digits && at < bytes.length && isDigit(bytes[at]); i++) value = 10 * value + bytes[at++] - 48
      if (value > most) throw damaged(name, `a number must be ${most} at most`, String(value))
      return value
    },
  }
}

function pnmHeader(bytes: Uint8Array, name: string): Header {
  const kind = bytes[1] - 48
  const { next, at } = numbers(bytes, name, 2)
  const [width, height] = [next(2 ** 31), next(2 ** 31)]
  const blackIsOne = kind === 1 || kind === 4
  const max = blackIsOne ? 1 : next(65535)
  if (kind >= 4 && !isSpace(bytes[at()] ?? 0)) throw damaged(name, 'one blank must follow the header', 'something else')
  return {
    width,
    height,
    depth: kind === 3 || kind === 6 ? 3 : 1,
    max,
    kind: kind < 4 ? 'text' : kind === 4 ? 'bits' : 'bytes',
    blackIsOne,
    start: at() + (kind >= 4 ? 1 : 0),
  }
}

function pamHeader(bytes: Uint8Array, name: string): Header {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4096)).toString('latin1')
  const end = /\nENDHDR\r?\n/.exec(text)
  if (end === null) throw damaged(name, 'the header of a PAM ends with ENDHDR', 'none')
  const field = (word: string): number => {
    const found = new RegExp(`^${word}[ \\t]+(\\d{1,10})[ \\t\\r]*$`, 'm').exec(text.slice(0, end.index))
    if (found === null) throw damaged(name, `the header of a PAM must state ${word}`, 'no such number')
    return Number(found[1])
  }
  const depth = field('DEPTH')
  if (depth < 1 || depth > 4) throw notRead(name, 'a PAM must have 1 to 4 samples a pixel', String(depth))
  return {
    width: field('WIDTH'),
    height: field('HEIGHT'),
    depth: depth as 1 | 2 | 3 | 4,
    max: field('MAXVAL'),
    kind: 'bytes',
    blackIsOne: false,
    start: end.index + end[0].length,
  }
}

function textSamples(bytes: Uint8Array, { width, height, depth, max, blackIsOne, start }: Header, name: string): Uint8Array {
  const out = new Uint8Array(width * height * depth)
  const { next } = numbers(bytes, name, start)
  const scale = 255 / max
  // bits may stand without blanks between them
  for (let i = 0; i < out.length; i++) out[i] = blackIsOne ? 255 * (1 - next(1, 1)) : Math.round(next(max) * scale)
  return out
}

function byteSamples(bytes: Uint8Array, { width, height, depth, max, kind, start }: Header, name: string): Uint8Array {
  const count = width * height * depth
  const rowBytes = Math.ceil(width / 8)
  const needed = start + (kind === 'bits' ? rowBytes * height : max > 255 ? 2 * count : count)
  if (bytes.length < needed) throw damaged(name, `${width} x ${height} pixels must have ${needed} bytes`, String(bytes.length))
  if (kind === 'bytes' && max === 255) return bytes.slice(start, needed)
  const out = new Uint8Array(count)
  if (kind === 'bits') {
    for (let y = 0, at = 0; y < height; y++)
      for (let x = 0; x < width; x++) out[at++] = (bytes[start + y * rowBytes + (x >> 3)] >> (7 - (x & 7))) & 1 ? 0 : 255
    return out
  }
  const scale = 255 / max
  for (let i = 0; i < count; i++) {
    const value = max > 255 ? (bytes[start + 2 * i] << 8) | bytes[start + 2 * i + 1] : bytes[start + i]
    if (value > max) throw damaged(name, `a sample must be ${max} at most`, String(value))
    out[i] = Math.round(value * scale)
  }
  return out
}

function greyAlpha(samples: Uint8Array): Uint8Array {
  const out = new Uint8Array(2 * samples.length)
  for (let i = 0; i < samples.length; i += 2) {
    out.fill(samples[i], 2 * i, 2 * i + 3)
    out[2 * i + 3] = samples[i + 1]
  }
  return out
}
