/**
 * @file What of this room needs Node. A bundler for the browser takes `../browser.ts` in place of this file (`browser` in package.json): the same names, made
 * for
 * a page.
 */
export { chooseRuntime } from './choose.ts'
export { availableThreads, loadWebModule } from './web-module.ts'
export { cudaTrouble, findNative, loadNative, nativeIsOffered, type NativePackage, type NativeRuntime } from './load-native.ts'
export { nodeRuntime, type NodeRuntimeOptions } from './node-runtime.ts'
