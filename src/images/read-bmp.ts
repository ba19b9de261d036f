/**
 * @file BMP files (Windows bitmaps, and those of OS/2 1): 1, 2, 4, 8, 16, 24 and 32 bits a pixel, palettes, bit fields, RLE4 and RLE8, either way up.
 *
 * Source: Microsoft, "Bitmap Storage", BITMAPCOREHEADER, BITMAPINFOHEADER, BITMAPV4HEADER, BITMAPV5HEADER, "Bitmap Compression"
 */
import { damaged, notRead, type OpenedPicture } from './own-format.ts'

/** A colour channel of a pixel that is one number: where its bits lie. */
interface Field {
  readonly shift: number
  /** The largest value; 0 for a channel that is not there. */
  readonly max: number
}

interface Header {
  readonly width: number
  readonly height: number
  readonly topDown: boolean
  readonly bits: number
  readonly rle: boolean
  /** Red, green, blue, alpha of pixels of 16 and 32 bits. */
  readonly fields: readonly Field[] | undefined
  /** RGB, 3 bytes an entry, 256 entries; those that the file lacks are black. */
  readonly palette: Uint8Array | undefined
  /** Where the pixels begin. */
  readonly start: number
}

/**
 * Reads the header of a BMP.
 *
 * Colours are taken as sRGB, whatever profile a V4 or V5 header states. Alpha counts where a mask says where it lies and some pixel is not transparent.
 * @param name what errors call the file
 * @throws KindredError `corrupt`; `unsupported` for BMP that wrap a JPEG or PNG, and for compressions of OS/2 2
 */
export function openBmp(bytes: Uint8Array, name: string): OpenedPicture {
  const header = headerOf(bytes, name)
  const { width, height, fields } = header
  const channels = fields !== undefined && fields[3].max > 0 ? 4 : 3
  return {
    width,
    height,
    channels,
    work: header.rle ? 1 : 0,
    pixels: () => ({ data: header.rle ? readRle(bytes, header, name) : readRows(bytes, header, channels, name) }),
  }
}

function headerOf(bytes: Uint8Array, name: string): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = bytes.length < 18 ? 0 : view.getUint32(14, true)
  const core = size === 12
  if (!(core || size >= 16) || size > 4096 || bytes.length < 14 + size) throw damaged(name, 'a BMP begins with a header', 'a part of one')
  const width = core ? view.getUint16(18, true) : view.getInt32(18, true)
  const signed = core ? view.getUint16(20, true) : view.getInt32(22, true)
  const height = Math.abs(signed)
  const bits = view.getUint16(core ? 24 : 28, true)
  const compression = size >= 20 ? view.getUint32(30, true) : 0
  if (width <= 0 || height === 0) throw damaged(name, 'a BMP must have pixels', `${width} x ${height}`)
  if (size === 64 && compression > 2) throw notRead(name, 'a BMP of OS/2 must be plain, RLE4 or RLE8', `compression ${compression}`)
  if (compression === 4 || compression === 5)
    throw notRead(name, 'a BMP must hold pixels', `a ${compression === 4 ? 'JPEG' : 'PNG'} wrapped as BMP`)
  const rle = compression === 1 || compression === 2
  const masked = compression === 3 || compression === 6
  const fits = rle
    ? bits === (compression === 1 ? 8 : 4)
    : masked
      ? bits === 16 || bits === 32
      : compression === 0 && [1, 2, 4, 8, 16, 24, 32].includes(bits)
  if (!fits) throw damaged(name, 'bits and compression of a BMP must go together', `${bits} bits a pixel, compression ${compression}`)
  if (rle && signed < 0) throw damaged(name, 'an RLE BMP must be stored from the bottom up', 'one from the top down')
  // Masks stand behind a header of 40 bytes, and in one of 52 or more.
  const maskBytes = masked && size === 40 ? (compression === 6 ? 16 : 12) : 0
  const tableAt = 14 + size + maskBytes
  const start = view.getUint32(10, true)
  if (tableAt > bytes.length || start < tableAt || start >= bytes.length)
    throw damaged(name, `its pixels must begin behind the header and before the end (${bytes.length} bytes)`, `byte ${start}`)
  const stated = size >= 36 ? view.getUint32(46, true) : 0
  return {
    width,
    height,
    topDown: signed < 0,
    bits,
    rle,
    fields: bits === 16 || bits === 32 ? fieldsOf(view, { bits, masked, alpha: size >= 56 || maskBytes === 16 }, name) : undefined,
    palette: bits <= 8 ? paletteOf(bytes.subarray(tableAt, start), stated === 0 ? 2 ** bits : stated, core ? 3 : 4) : undefined,
    start,
  }
}

function fieldsOf(view: DataView, { bits, masked, alpha }: { bits: number; masked: boolean; alpha: boolean }, name: string): Field[] {
  if (!masked) return (bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0]).map(fieldOf)
  const masks = [0, 1, 2, 3].map((i) => (i < 3 || alpha ? view.getUint32(54 + 4 * i, true) : 0))
  const fields = masks.map(fieldOf)
  const odd = fields.findIndex(({ shift, max }, i) => max * 2 ** shift !== masks[i] || Math.log2(max + 1) % 1 !== 0)
  if (odd !== -1) throw damaged(name, 'the bits of a colour must lie side by side', `mask 0x${masks[odd].toString(16)}`)
  if (masks.every((m, i) => m === 0 || i === 3)) throw damaged(name, 'some colour must have bits', 'masks of 0')
  return fields
}

const fieldOf = (mask: number): Field => {
  const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask)
  return { shift, max: mask >>> shift }
}

function paletteOf(table: Uint8Array, stated: number, each: 3 | 4): Uint8Array {
  const palette = new Uint8Array(256 * 3)
  const count = Math.min(stated, 256, Math.floor(table.length / each))
  for (let i = 0; i < count; i++) for (let c = 0; c < 3; c++) palette[3 * i + c] = table[each * i + 2 - c] // stored as BGR
  return palette
}

/** Rows as they are, each filled up to 4 bytes; the last may lack its filling. */
function readRows(bytes: Uint8Array, header: Header, channels: 3 | 4, name: string): Uint8Array {
  const { width, height, topDown, bits, fields, palette, start } = header
  const used = Math.ceil((width * bits) / 8)
  const stride = 4 * Math.ceil((width * bits) / 32)
  const needed = start + stride * (height - 1) + used
  if (bytes.length < needed)
    throw damaged(name, `a BMP of ${width} x ${height} pixels of ${bits} bits has ${needed} bytes`, String(bytes.length))
  const out = new Uint8Array(width * height * channels)
  for (let y = 0; y < height; y++) {
    const row = bytes.subarray(start + stride * (topDown ? y : height - 1 - y), start + stride * (topDown ? y : height - 1 - y) + used)
    const to = y * width * channels
    if (palette !== undefined) paletteRow(row, bits, palette, out, to, width)
    else if (fields === undefined) for (let x = 0; x < 3 * width; x += 3) for (let c = 0; c < 3; c++) out[to + x + c] = row[x + 2 - c]
    else fieldRow(row, bits, fields, out.subarray(to, to + width * channels), channels)
  }
  if (channels === 4) showIfAllClear(out)
  return out
}

function paletteRow(row: Uint8Array, bits: number, palette: Uint8Array, out: Uint8Array, to: number, width: number): void {
  const last = 2 ** bits - 1
  for (let x = 0; x < width; x++) {
    const at = x * bits
    const index = (row[at >> 3] >> (8 - bits - (at & 7))) & last
    for (let c = 0; c < 3; c++) out[to + 3 * x + c] = palette[3 * index + c]
  }
}

function fieldRow(row: Uint8Array, bits: number, fields: readonly Field[], out: Uint8Array, channels: 3 | 4): void {
  const each = bits / 8
  for (let x = 0, at = 0; at < out.length; x += each) {
    const value = each === 2 ? row[x] | (row[x + 1] << 8) : row[x] | (row[x + 1] << 8) | (row[x + 2] << 16) | (row[x + 3] << 24)
    for (let c = 0; c < channels; c++) {
      const { shift, max } = fields[c]
      // unsigned: a mask of all 32 bits is odd, but may be stated
      out[at++] = max === 0 ? 0 : max === 255 ? value >>> shift : Math.round((((value >>> shift) & max) >>> 0) * (255 / max))
    }
  }
}

/** Programs that know no alpha leave it 0 everywhere: such pictures are meant to be seen. */
function showIfAllClear(out: Uint8Array): void {
  for (let i = 3; i < out.length; i += 4) if (out[i] !== 0) return
  for (let i = 3; i < out.length; i += 4) out[i] = 255
}

/** Run lengths: what runs leave out is colour 0, what goes beyond a row is cut off, as viewers do. */
function readRle(bytes: Uint8Array, { width, height, bits, palette, start }: Header, name: string): Uint8Array {
  const indices = new Uint8Array(width * height)
  let [x, row, at] = [0, 0, start]
  const byte = (): number => {
    if (at >= bytes.length) throw damaged(name, 'run lengths of a BMP end with a mark', 'the end of the file')
    return bytes[at++]
  }
  while (row < height) {
    const [count, value] = [byte(), byte()]
    const here = (height - 1 - row) * width + x
    const room = Math.max(0, width - x)
    if (count > 0) {
      if (bits === 8) indices.fill(value, here, here + Math.min(count, room))
      else for (let i = 0; i < Math.min(count, room); i++) indices[here + i] = i % 2 === 0 ? value >> 4 : value & 15
      x += count
    } else if (value === 0) [x, row] = [0, row + 1]
    else if (value === 1) break
    else if (value === 2) [x, row] = [x + byte(), row + byte()]
    else {
      let pair = 0
      for (let i = 0; i < value; i++) {
        if (bits === 8 || i % 2 === 0) pair = byte()
        if (i < room) indices[here + i] = bits === 8 ? pair : i % 2 === 0 ? pair >> 4 : pair & 15
      }
      x += value
      if ((bits === 8 ? value : Math.ceil(value / 2)) % 2 === 1) at++ // filled up to 2 bytes
    }
  }
  const out = new Uint8Array(width * height * 3)
  for (let i = 0; i < indices.length; i++) for (let c = 0; c < 3; c++) out[3 * i + c] = palette![3 * indices[i] + c]
  return out
}
