/**
 * @file The named faces that other programs wrote into a photo or into a sidecar beside it, as boxes in the upright photo.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { KindredError } from '../base/index.ts'
import { readBytes } from '../files/index.ts'
import { readXmpRegions, type NamedArea, type StoredArea, type XmpRegions } from './xmp-regions.ts'

/** Exif orientation, 1 to 8. */
export type Orientation = number

/** A box in pixels of the upright photo: x, y, width, height. */
export type UprightBox = readonly [number, number, number, number]

/** The size of a photo as it is stored, and how it is turned upright. */
export interface StoredSize {
  readonly width: number
  readonly height: number
  readonly orientation: Orientation
}

/** A named face of a photo. */
export interface FaceRegion {
  readonly name: string
  /** In the upright photo; partly outside where the region is. */
  readonly box: UprightBox
}

/** What {@link readPhotoRegions} finds. */
export interface PhotoRegions {
  /** Regions by what the guidelines say: areas are of the stored image. */
  readonly stored: readonly FaceRegion[]
  /** The same regions taken for areas of the upright photo, as some programs write them; the same list where the photo is stored upright. */
  readonly upright: readonly FaceRegion[]
  /** Whether the size they were drawn on says that they are areas of the upright photo; undefined where it does not say. */
  readonly drawnUpright: boolean | undefined
  /** `photo`, or the sidecar's path. */
  readonly from: string
  readonly size: StoredSize
}

/** A point of the stored image, 0..1, in the upright one. */
function turned(orientation: Orientation, x: number, y: number): [number, number] {
  switch (orientation) {
    case 2:
      return [1 - x, y]
    case 3:
      return [1 - x, 1 - y]
    case 4:
      return [x, 1 - y]
    case 5:
      return [y, x]
    case 6:
      return [1 - y, x]
    case 7:
      return [1 - y, 1 - x]
    case 8:
      return [y, 1 - x]
    default:
      return [x, y]
  }
}

/** The size of the photo when it is upright. */
export const uprightSize = ({ width, height, orientation }: StoredSize): { width: number; height: number } =>
  orientation >= 5 ? { width: height, height: width } : { width, height }

/** An area of the stored image as a box of the upright photo. */
export function boxOfArea({ x, y, width, height }: StoredArea, size: StoredSize): UprightBox {
  const [[ax, ay], [bx, by]] = [turned(size.orientation, x, y), turned(size.orientation, x + width, y + height)]
  const upright = uprightSize(size)
  return [
    Math.min(ax, bx) * upright.width,
    Math.min(ay, by) * upright.height,
    Math.abs(bx - ax) * upright.width,
    Math.abs(by - ay) * upright.height,
  ]
}

/** A box of the upright photo as an area of the stored image: the inverse of {@link boxOfArea}. */
export function areaOfBox([x, y, width, height]: UprightBox, size: StoredSize): StoredArea {
  const back = size.orientation === 6 ? 8 : size.orientation === 8 ? 6 : size.orientation
  const upright = uprightSize(size)
  const [ax, ay] = turned(back, x / upright.width, y / upright.height)
  const [bx, by] = turned(back, (x + width) / upright.width, (y + height) / upright.height)
  return { x: Math.min(ax, bx), y: Math.min(ay, by), width: Math.abs(bx - ax), height: Math.abs(by - ay) }
}

/** The sidecars that a photo may have, by their names: that of its whole name (darktable, digiKam), then that without its ending (Lightroom). */
export const sidecarsOf = (path: string): string[] => [`${path}.xmp`, `${path}.XMP`, path.replace(/\.[^./\\]+$/, '.xmp')]

/**
 * The size of a photo as stored, and its XMP; undefined where the file is none that says so.
 *
 * Cost: its header is read
 */
export async function storedSize(path: string): Promise<(StoredSize & { xmp: Buffer | undefined }) | undefined> {
  try {
    const { width, height, orientation = 1, xmp } = await sharp(path, { limitInputPixels: false }).metadata()
    return { width, height, orientation: orientation >= 1 && orientation <= 8 ? orientation : 1, xmp }
  } catch {
    return undefined
  }
}

/**
 * Named faces of a photo: those of its sidecar, or else those inside the file.
 *
 * @param dir    the folder of the photos
 * @param source the photo, relative to it
 * @returns undefined where there are none
 * @throws KindredError `corrupt`, `unsupported`, `limit` for XMP that cannot be read, naming the file; `io`
 */
export async function readPhotoRegions(dir: string, source: string): Promise<PhotoRegions | undefined> {
  const path = join(dir, source)
  const size = await storedSize(path)
  if (size === undefined) return undefined
  for (const sidecar of sidecarsOf(path)) {
    if (!existsSync(sidecar)) continue
    const regions = readXmpRegions(readSidecar(sidecar), sidecar)
    if (regions.faces.length > 0) return asBoxes(regions, size, sidecar)
  }
  if (size.xmp === undefined) return undefined
  const regions = readXmpRegions(xmpText(size.xmp, path), `the XMP in ${path}`)
  return regions.faces.length === 0 ? undefined : asBoxes(regions, size, 'photo')
}

/** The text of a sidecar. @throws KindredError `corrupt`, `limit` (`xmpBytes`), `io` */
export const readSidecar = (path: string): string => xmpText(readBytes(path, 'xmp', { limit: 'xmpBytes' }), path)

/** The text of XMP inside a file: UTF-8, padded by some programs with NULs. */
export function xmpText(xmp: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(xmp).replace(/\0+$/, '')
  } catch (error) {
    throw new KindredError('corrupt', path, 'XMP must be a text in UTF-8', 'other bytes', undefined, { cause: error })
  }
}

function asBoxes({ faces, appliedTo }: XmpRegions, { xmp: _, ...size }: StoredSize & { xmp: unknown }, from: string): PhotoRegions {
  const boxes = (as: StoredSize): FaceRegion[] => faces.map(({ name, area }: NamedArea) => ({ name, box: boxOfArea(area, as) }))
  const stored = boxes(size)
  if (size.orientation === 1) return { stored, upright: stored, drawnUpright: undefined, from, size }
  const upright = boxes({ ...uprightSize(size), orientation: 1 })
  const ratio = appliedTo === undefined ? undefined : appliedTo.width / appliedTo.height
  const turnedSize = size.orientation >= 5 && size.width !== size.height
  const near = (a: number, b: number): boolean => Math.abs(Math.log(a / b)) < 0.02
  const drawnUpright =
    ratio === undefined || !turnedSize
      ? undefined
      : near(ratio, size.height / size.width)
        ? true
        : near(ratio, size.width / size.height)
          ? false
          : undefined
  return { stored, upright, drawnUpright, from, size }
}
