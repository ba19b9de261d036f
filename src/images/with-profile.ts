/**
 * @file Pixels and their ICC profile as one uncompressed TIFF in memory: sharp takes no profile beside bare pixels, and without it a photo in Display P3 looks
 * pale.
 */

/**
 * A TIFF of 8 bits a sample that holds a picture and its profile.
 *
 * @param data [height x width x channels] bytes
 * Source: TIFF 6.0, "Baseline TIFF"; ICC.1, annex B.4 (tag 34675)
 */
export function withProfile(
  data: Uint8Array,
  profile: Uint8Array,
  { width, height, channels }: { width: number; height: number; channels: 3 | 4 },
): Buffer {
  const [short, long, undefinedType] = [3, 4, 7]
  const bitsAt = 8
  const profileAt = 16
  const tableAt = profileAt + profile.length + (profile.length % 2)
  const entries: (readonly [tag: number, type: number, count: number, value: number])[] = [
    [256, long, 1, width],
    [257, long, 1, height],
    [258, short, channels, bitsAt],
    [259, short, 1, 1], // no compression
    [262, short, 1, 2], // RGB
    [273, long, 1, 0], // where the pixels begin: below
    [277, short, 1, channels],
    [278, long, 1, height],
    [279, long, 1, data.length],
    [284, short, 1, 1], // samples side by side
  ]
  if (channels === 4) entries.push([338, short, 1, 2]) // straight alpha
  entries.push([34675, undefinedType, profile.length, profileAt])
  const dataAt = tableAt + 2 + 12 * entries.length + 4
  const out = Buffer.alloc(dataAt + data.length)
  out.write('II*\0', 0, 'latin1')
  out.writeUInt32LE(tableAt, 4)
  for (let c = 0; c < channels; c++) out.writeUInt16LE(8, bitsAt + 2 * c)
  out.set(profile, profileAt)
  out.writeUInt16LE(entries.length, tableAt)
  for (const [i, [tag, type, count, value]] of entries.entries()) {
    const at = tableAt + 2 + 12 * i
    out.writeUInt16LE(tag, at)
    out.writeUInt16LE(type, at + 2)
    out.writeUInt32LE(count, at + 4)
    out.writeUInt32LE(tag === 273 ? dataAt : value, at + 8)
  }
  out.set(data, dataAt)
  return out
}
