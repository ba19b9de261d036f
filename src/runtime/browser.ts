/**
 * @file What `node/index.ts` is in a browser, under the same names: WebAssembly alone, from `onnxruntime-web/wasm`, whose file is about half as large as that
 * of
 * `onnxruntime-web` itself.
 */
import { KindredError } from '../base/index.ts'
import type { WebModule } from './web.ts'

type Parts = typeof import('./node/index.ts')

const refused = (): KindredError =>
  new KindredError(
    'unsupported',
    'runtime',
    'native code must run here',
    'a browser',
    'WebAssembly runs everywhere: defaultRuntime() or webRuntime().',
  )

export const chooseRuntime: Parts['chooseRuntime'] = async () => ({ kind: 'wasm', why: 'a browser runs no native code' })
export const nodeRuntime: Parts['nodeRuntime'] = async () => Promise.reject(refused())
export const loadNative: Parts['loadNative'] = async () => Promise.reject(refused())
export const findNative: Parts['findNative'] = () => undefined
export const nativeIsOffered: Parts['nativeIsOffered'] = () => false
export const cudaTrouble: Parts['cudaTrouble'] = () => ({ missing: 'a browser runs no CUDA', fix: "Leave device: 'cuda' out." })
export const loadWebModule: Parts['loadWebModule'] = async () => (await import('onnxruntime-web/wasm')) as unknown as WebModule
/**
 * Several threads are asked for by name: their workers load the file that onnxruntime-web is in, and where a bundler has put the whole program into that file,
 * the program would begin again in each.
 */
export const availableThreads: Parts['availableThreads'] = () => 1
