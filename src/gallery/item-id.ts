/** @file Ids of items: names for content, so that adding it twice does nothing. */
import { ensure, sha256 } from '../base/index.ts'

/**
 * The id of an item: the hash of its content and its place in it, `hash#index`.
 *
 * @param content the bytes of the file, or their hash where it is known already
 * @param index   which face (or region) of the photo; default 0
 */
export function itemId(content: Uint8Array | string, index = 0): string {
  ensure(Number.isInteger(index) && index >= 0, 'item id', 'index must be a whole number >= 0', index)
  return `${typeof content === 'string' ? content : sha256(content)}#${index}`
}
