/** @file What an image file is, told by its first bytes, and which file names stand for pictures. */
import { extname } from 'node:path'
import { heicNeeds, readsHeic } from './read-heic.ts'

/** The formats that are decoded: by sharp, which calls them so; by readers of our own; and HEIC by an optional part. */
export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'tiff' | 'avif' | 'bmp' | 'pnm' | 'heic'

/** What errors name as readable. */
export const readFormats = 'a JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP, PNM or HEIC'

/** See {@link imageKind}. */
export interface ImageKind {
  /** undefined for what cannot be decoded. */
  readonly format?: ImageFormat
  /** In words: "a JPEG", "an SVG drawing". */
  readonly words: string
}

const readable: Readonly<Record<ImageFormat, string>> = {
  jpeg: 'a JPEG',
  png: 'a PNG',
  gif: 'a GIF',
  webp: 'a WebP',
  tiff: 'a TIFF',
  avif: 'an AVIF',
  bmp: 'a BMP',
  pnm: 'a PNM (Netpbm) picture',
  heic: 'a HEIC photo',
}

/* oxlint-disable no-control-regex -- these are bytes, not text */
/** First bytes (latin1) of formats. Drawings are programs that can run without end, so SVG and PDF are never handed on. */
const beginnings: readonly (readonly [RegExp, ImageFormat | string])[] = [
  [/^\xff\xd8\xff/, 'jpeg'],
  [/^\x89PNG\r\n\x1a\n/, 'png'],
  [/^GIF8[79]a/, 'gif'],
  [/^RIFF[^]{4}WEBP/, 'webp'],
  [/^(II[*+]\0|MM\0[*+])/, 'tiff'],
  [/^[^]{4}ftyp(avi[fs]|[^]{8,56}avi[fs])/, 'avif'],
  [/^[^]{4}ftyp(hei|hev|mif1|msf1)/, 'heic'],
  [/^[^]{4}ftypcrx/, 'a raw photo'],
  [/^[^]{4}ftyp/, 'a film'],
  [/^BM[^]{12}[\x0c\x10-\x7c]\0\0\0/, 'bmp'],
  [/^(P[1-6][\s#]|P7\r?\n)/, 'pnm'],
  [/^%PDF/, 'a PDF'],
  [/^(\xff\x0a|\0\0\0\x0cJXL )/, 'a JPEG XL'],
  [/^(\xff\x4f\xff\x51|\0\0\0\x0cjP {2})/, 'a JPEG 2000'],
  [/^8BPS/, 'a Photoshop file'],
  [/^(IIRO|IIRS|MMOR|IIU\0|FUJIFILMCCD-RAW|FOVb)/, 'a raw photo'],
  [/^(RIFF[^]{4}AVI |\x1aE\xdf\xa3|\0\0\x01[\xba\xb3]|[^]{4}(moov|mdat|wide)|FLV\x01)/, 'a film'],
  [/^\0\0[\x01\x02]\0[^]\0/, 'an icon'],
  [/^v\/1\x01/, 'an OpenEXR picture'],
  [/^PK\x03\x04/, 'a ZIP archive'],
  [/^version https:\/\/git-lfs/, 'a pointer of Git LFS, not the file itself'],
  [/^(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body)/i, 'a web page (HTML)'],
  [/^(\xef\xbb\xbf)?\s*<(\?xml|!--|!doctype svg|svg)/i, 'an SVG drawing'],
]

/**
 * What bytes are, whatever their name says.
 *
 * @param bytes the beginning of a file, 64 bytes or more where it has them
 * @returns undefined for what is no image that we know of
 */
export function imageKind(bytes: Uint8Array): ImageKind | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 256)).toString('latin1')
  const kind = beginnings.find(([start]) => start.test(text))?.[1]
  if (kind === undefined) return undefined
  if (kind === 'tiff' && isRaw(bytes)) return { words: 'a raw photo' }
  return Object.hasOwn(readable, kind) ? { format: kind as ImageFormat, words: readable[kind as ImageFormat] } : { words: kind }
}

/**
 * Whether a TIFF is a camera's raw file, whose first picture is a thumbnail: it says so (CR2, DNG), or the first picture is stated to be a smaller form of
 * others below it (NEF, ARW, PEF).
 *
 * Source: Adobe, "Digital Negative (DNG) Specification", "DNG Tags"; TIFF 6.0, NewSubfileType; TIFF Technical Note 1, SubIFDs
 */
function isRaw(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = bytes[0] === 0x49
  if (bytes.length < 16 || view.getUint16(2, little) !== 42) return false
  if (bytes[8] === 0x43 && bytes[9] === 0x52) return true // CR2
  const at = view.getUint32(4, little)
  if (at + 2 > bytes.length) return false
  let [reduced, below] = [false, false]
  for (let i = 0, entry = at + 2; i < view.getUint16(at, little) && entry + 12 <= bytes.length; i++, entry += 12) {
    const tag = view.getUint16(entry, little)
    if (tag === 0xc612) return true
    if (tag === 0xfe) reduced = view.getUint32(entry + 8, little) === 1
    if (tag === 0x14a) below = true
  }
  return reduced && below
}

const readNames = new Set('.jpg .jpeg .jpe .jfif .png .webp .gif .tif .tiff .avif .bmp .dib .pbm .pgm .ppm .pnm .pam'.split(' '))
const heicNames = new Set(['.heic', '.heif', '.hif'])
/** What other names stand for, and how such a thing becomes readable. */
const otherNames = new Map<string, readonly [what: string, fix: string]>(
  (
    [
      ['.svg .svgz', 'SVG drawings'],
      ['.pdf', 'PDF files'],
      ['.jxl', 'JPEG XL pictures'],
      ['.jp2 .j2k .j2c .jpf .jpx', 'JPEG 2000 pictures'],
      ['.psd .psb', 'Photoshop files'],
      ['.ico', 'icons'],
      ['.tga', 'TGA pictures'],
      ['.exr', 'OpenEXR pictures'],
      ['.dng .cr2 .cr3 .crw .nef .nrw .arw .srf .sr2 .orf .rw2 .raf .pef .srw .x3f .iiq .3fr', 'raw photos'],
      ['.mov .mp4 .m4v .avi .mkv .webm .3gp .mts .mpg .mpeg .wmv', 'films', 'save single pictures of it as JPEG'],
    ] as const
  ).flatMap(([names, what, fix = 'save it as JPEG or PNG']) => names.split(' ').map((name) => [name, [what, fix]] as const)),
)

/** What may be photos, where they are not read. */
const photoWords: ReadonlySet<string> = new Set(['raw photos', 'JPEG XL pictures', 'JPEG 2000 pictures', 'Photoshop files', 'TGA pictures'])

/**
 * Whether a file name stands for a picture.
 *
 * @returns `read` for one of a format that is decoded; the reason why not for a picture of another format, and whether such may be
 *   photos; undefined for other names
 */
export function pictureName(name: string): 'read' | { readonly reason: string; readonly photos?: true } | undefined {
  const extension = extname(name).toLowerCase()
  if (readNames.has(extension)) return 'read'
  if (heicNames.has(extension)) return readsHeic() ? 'read' : { reason: `HEIC photos are not read here: ${heicNeeds()}`, photos: true }
  const other = otherNames.get(extension)
  if (other === undefined) return undefined
  return { reason: `${other[0]} are not read: ${other[1]}`, photos: photoWords.has(other[0]) ? true : undefined }
}
