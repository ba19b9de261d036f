/** @file Ids of items: names for content, so that adding it twice does nothing. */
import { ensure, sha256 } from '../base/index.ts'

/**
 * The id of an item: the hash of its content and its place in it, `hash#index` or `hash#x,y,width,height`.
 *
 * @param content the bytes of the file, or their hash where it is known already
 * @param region  which face (or region) of the photo: a number, default 0, or its box in pixels, which stays what it is when others are found in the photo
 */
export function itemId(content: Uint8Array | string, region: number | readonly number[] = 0): string {
  ensure(
    typeof region === 'number'
      ? Number.isInteger(region) && region >= 0
      : Array.isArray(region) && region.length === 4 && region.every(Number.isFinite),
    'item id',
    'region must be a whole number >= 0, or a box of four numbers: x, y, width, height',
    region,
  )
  return `${contentHash(content)}#${String(region)}`
}

const contentHash = (content: Uint8Array | string): string => (typeof content === 'string' ? content : sha256(content))

/** The hash of the content that {@link itemId} names. */
export const contentOfItem = (id: string): string => id.split('#', 1)[0]
