/** @file What an image file is, told by its first bytes, and which file names stand for pictures. */
import { extname } from 'node:path'

/** The formats that are decoded, as sharp calls them. */
export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'tiff' | 'avif'

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
  [/^[^]{4}ftyp(hei|hev|mif1|msf1)/, 'a HEIC photo'],
  [/^[^]{4}ftypcrx/, 'a raw photo'],
  [/^[^]{4}ftyp/, 'a film'],
  [/^BM[^]{4}\0{4}/, 'a BMP'],
  [/^%PDF/, 'a PDF'],
  [/^(\xff\x0a|\0\0\0\x0cJXL )/, 'a JPEG XL'],
  [/^(\xff\x4f\xff\x51|\0\0\0\x0cjP {2})/, 'a JPEG 2000'],
  [/^8BPS/, 'a Photoshop file'],
  [/^\0\0[\x01\x02]\0[^]\0/, 'an icon'],
  [/^P[1-7]\s/, 'a PNM (Netpbm) picture'],
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
  return Object.hasOwn(readable, kind) ? { format: kind as ImageFormat, words: readable[kind as ImageFormat] } : { words: kind }
}

const readNames = new Set(['.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif'])
const otherNames: Readonly<Record<string, string>> = {
  '.heic': 'HEIC photos',
  '.heif': 'HEIF photos',
  '.hif': 'HEIF photos',
  '.bmp': 'BMP pictures',
  '.svg': 'SVG drawings',
  '.svgz': 'SVG drawings',
  '.pdf': 'PDF files',
  '.jxl': 'JPEG XL pictures',
  '.jp2': 'JPEG 2000 pictures',
  '.psd': 'Photoshop files',
  '.ico': 'icons',
  '.pgm': 'PNM pictures',
  '.ppm': 'PNM pictures',
  '.pbm': 'PNM pictures',
  '.pnm': 'PNM pictures',
  '.tga': 'TGA pictures',
  '.dng': 'raw photos',
  '.cr2': 'raw photos',
  '.cr3': 'raw photos',
  '.nef': 'raw photos',
  '.arw': 'raw photos',
  '.orf': 'raw photos',
  '.rw2': 'raw photos',
  '.raf': 'raw photos',
}

/**
 * Whether a file name stands for a picture.
 *
 * @returns `read` for one of a format that is decoded; the reason why not for a picture of another format; undefined for other names
 */
export function pictureName(name: string): 'read' | { readonly reason: string } | undefined {
  const extension = extname(name).toLowerCase()
  if (readNames.has(extension)) return 'read'
  return Object.hasOwn(otherNames, extension) ? { reason: `${otherNames[extension]} are not read: save it as JPEG or PNG` } : undefined
}
