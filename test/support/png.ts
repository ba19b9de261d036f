/** @file PNG files chunk by chunk, for pictures that no encoder would write. */
import { crc32, deflateSync } from 'node:zlib'

/** A PNG of one flat value without a picture's worth of memory; `extra` chunks come before the pixels. */
export function flatPng(
  width: number,
  height: number,
  options: { depth?: number; colour?: number; interlaced?: boolean; extra?: Buffer[]; data?: Buffer } = {},
): Buffer {
  const { depth = 1, colour = 0, interlaced = false, extra = [], data } = options
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([depth, colour, 0, 0, interlaced ? 1 : 0], 8)
  const bits = depth * [1, 0, 3, 1, 2, 0, 4][colour]
  const pixels =
    data ?? deflateSync(Buffer.alloc(Math.ceil(height * (1 + Math.ceil((width * bits) / 8)) * (interlaced ? 1.1 : 1))), { level: 9 })
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    ...extra,
    pngChunk('IDAT', pixels),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

/** One chunk with its length and checksum. */
export function pngChunk(type: string, data: Buffer): Buffer {
  const out = Buffer.alloc(12 + data.length)
  out.writeUInt32BE(data.length, 0)
  out.write(type, 4, 'latin1')
  data.copy(out, 8)
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length)
  return out
}
