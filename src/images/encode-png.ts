/**
 * @file Pixels to PNG bytes and data URIs, in plain TypeScript, so that figures can hold images on any platform and the same pixels always give the same bytes.
 *
 * Format: PNG specification (ISO/IEC 15948), filter 0 on every row; zlib by fflate.
 */
import { zlibSync } from 'fflate'
import { ensure } from '../base/index.ts'

/** What the bytes of one pixel mean: grey, RGB, RGBA, or an index into a palette. */
export interface PixelFormat {
  width: number
  height: number
  /** 1 grey, 3 RGB, 4 RGBA. */
  channels: 1 | 3 | 4
  /** With one channel: the bytes are indices into these RGBA colours (at most 256). */
  palette?: readonly (readonly [number, number, number, number])[]
}

/**
 * Encodes one image as PNG.
 *
 * @param pixels `Uint8Array` of height x width x channels, row-major, 0..255
 * @returns the bytes of a PNG file
 * @throws KindredError `usage` when the number of bytes does not fit the size
 */
export function encodePng(pixels: Uint8Array, { width, height, channels, palette }: PixelFormat): Uint8Array {
  const stride = width * channels
  ensure(
    width > 0 && height > 0 && pixels.length === stride * height,
    'encodePng',
    `pixels must be ${height} x ${width} x ${channels} bytes`,
    pixels.length,
  )
  const raw = new Uint8Array((stride + 1) * height)
  for (let y = 0; y < height; y++) raw.set(pixels.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1)
  const header = new Uint8Array(13)
  const view = new DataView(header.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  header[8] = 8
  header[9] = palette !== undefined ? 3 : channels === 1 ? 0 : channels === 3 ? 2 : 6
  const parts = [Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10), chunk('IHDR', header)]
  if (palette !== undefined) {
    parts.push(chunk('PLTE', Uint8Array.from(palette.flatMap(([r, g, b]) => [r, g, b]))))
    parts.push(chunk('tRNS', Uint8Array.from(palette.map((colour) => colour[3]))))
  }
  parts.push(chunk('IDAT', zlibSync(raw, { level: 9 })), chunk('IEND', new Uint8Array(0)))
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** One image as a `data:image/png;base64,` URI; arguments as in {@link encodePng}. */
export function pngDataUri(pixels: Uint8Array, format: PixelFormat): string {
  return `data:image/png;base64,${base64(encodePng(pixels, format))}`
}

/** Bytes as base64 (RFC 4648), without Node's Buffer. */
export function base64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192))
  return btoa(text)
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c
})

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 12)
  const view = new DataView(out.buffer)
  view.setUint32(0, data.length)
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i)
  out.set(data, 8)
  let crc = 0xffffffff
  for (let i = 4; i < data.length + 8; i++) crc = crcTable[(crc ^ out[i]) & 255] ^ (crc >>> 8)
  view.setUint32(data.length + 8, (crc ^ 0xffffffff) >>> 0)
  return out
}
