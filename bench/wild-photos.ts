/**
 * @file Hard photos made from easy ones: cut to the face, small and grey, turned, many on one sheet, five in a panorama. Everything is fixed by the photos.
 */
import sharp, { type OverlayOptions, type Sharp } from 'sharp'
import type { Box, Photo } from '../src/images/index.ts'

/** A photo with the box of its face. */
export interface FacePhoto {
  readonly photo: Photo
  readonly box: Box
}

/** A sheet of faces, and where they are. */
export interface Sheet {
  readonly photo: Photo
  readonly faces: readonly Box[]
}

const open = ({ pixels, width, height }: Photo): Sharp => sharp(pixels, { raw: { width, height, channels: 3 } })

async function pixelsOf(image: Sharp): Promise<Photo> {
  const { data, info } = await image.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })
  const pixels =
    info.channels === 3
      ? new Uint8Array(data)
      : Uint8Array.from({ length: info.width * info.height * 3 }, (_, i) => data[Math.floor(i / 3)])
  return { pixels, width: info.width, height: info.height }
}

/** The part of a box that lies in the photo, grown to `factor` of itself about its middle, in whole pixels. */
function within({ x, y, width, height }: Box, photo: Photo, factor = 1): Box {
  const [w, h] = [width * factor, height * factor]
  const left = Math.max(0, Math.round(x + width / 2 - w / 2))
  const top = Math.max(0, Math.round(y + height / 2 - h / 2))
  return { x: left, y: top, width: Math.min(photo.width - left, Math.round(w)), height: Math.min(photo.height - top, Math.round(h)) }
}

const extract = (image: Sharp, { x, y, width, height }: Box): Sharp => image.extract({ left: x, top: y, width, height })

/** The photo cut to the box of its face, grown by `factor`. */
export const cutToFace = ({ photo, box }: FacePhoto, factor = 1): Promise<Photo> =>
  pixelsOf(extract(open(photo), within(box, photo, factor)))

/** The same in grey, 92 x 112 pixels. */
export const smallGrey = async (face: FacePhoto): Promise<Photo> =>
  pixelsOf(
    open(await cutToFace(face))
      .resize(92, 112, { fit: 'fill' })
      .greyscale(),
  )

/** The photo turned clockwise, in degrees; what a turn leaves open is grey. */
export const rotated = (photo: Photo, degrees: number): Promise<Photo> => pixelsOf(open(photo).rotate(degrees, { background: '#808080' }))

/** The photo after a change that keeps its size. */
export const changed = (photo: Photo, change: (image: Sharp) => Sharp): Promise<Photo> => pixelsOf(change(open(photo)))

/** The photo as JPEG of low quality. */
export const jpeg = async (photo: Photo, quality: number): Promise<Photo> => pixelsOf(sharp(await open(photo).jpeg({ quality }).toBuffer()))

/** Forty faces in eight columns; each cell is a square of 1.8 sides of the face about its middle. */
export async function collage(photos: readonly FacePhoto[], cell: number): Promise<Sheet> {
  const [columns, rows] = [8, 5]
  const parts: OverlayOptions[] = []
  const faces: Box[] = []
  for (let k = 0; k < columns * rows; k++) {
    const { photo, box } = photos[Math.floor((k * photos.length) / (columns * rows))]
    const side = Math.min(photo.width, photo.height, Math.round(1.8 * Math.max(box.width, box.height)))
    const left = Math.max(0, Math.min(photo.width - side, Math.round(box.x + box.width / 2 - side / 2)))
    const top = Math.max(0, Math.min(photo.height - side, Math.round(box.y + box.height / 2 - side / 2)))
    const [x, y, scale] = [(k % columns) * cell, Math.floor(k / columns) * cell, cell / side]
    const input = await extract(open(photo), { x: left, y: top, width: side, height: side }).resize(cell, cell).png().toBuffer()
    parts.push({ input, left: x, top: y })
    faces.push({ x: x + (box.x - left) * scale, y: y + (box.y - top) * scale, width: box.width * scale, height: box.height * scale })
  }
  return { photo: await sheet(columns * cell, rows * cell, '#ffffff', parts), faces }
}

/** Five portraits, 300 to 1,100 pixels high, in a row on 16,000 x 1,200 pixels. */
export async function panorama(photos: readonly FacePhoto[]): Promise<Sheet> {
  const [width, height] = [16_000, 1_200]
  const parts: OverlayOptions[] = []
  const faces: Box[] = []
  for (let k = 0; k < 5; k++) {
    const { photo, box } = photos[Math.floor(((k + 0.5) * photos.length) / 5)]
    const high = 300 + 200 * k
    const scale = high / photo.height
    const [left, top] = [Math.round(width * (0.08 + 0.18 * k)), height - high]
    const wide = Math.round(photo.width * scale)
    parts.push({ input: await open(photo).resize(wide, high, { fit: 'fill' }).png().toBuffer(), left, top })
    faces.push({ x: left + box.x * scale, y: top + box.y * scale, width: box.width * scale, height: box.height * scale })
  }
  return { photo: await sheet(width, height, '#9ab4cc', parts), faces }
}

const sheet = async (width: number, height: number, background: string, parts: OverlayOptions[]): Promise<Photo> =>
  pixelsOf(
    sharp({ create: { width, height, channels: 3, background } })
      .composite(parts)
      .removeAlpha(),
  )
