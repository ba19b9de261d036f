/** @file What `node/index.ts` is in a browser, under the same names: a page has no files. */
import { KindredError } from '../base/index.ts'

export const writeFileAtomic: (typeof import('./node/index.ts'))['writeFileAtomic'] = (path) => {
  throw new KindredError(
    'unsupported',
    'save',
    'there must be a file system',
    `a browser, for ${path}`,
    'Take bytes() and keep them where the page keeps things.',
  )
}
