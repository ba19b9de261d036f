/** @file What of this room needs Node. A bundler for the browser takes `../browser.ts` in place of this file (`browser` in package.json). */
export { writeFileAtomic } from '../../files/index.ts'
