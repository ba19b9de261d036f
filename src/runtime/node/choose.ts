/** @file Native code or WebAssembly: what of it runs here. */
import { installCommand, KindredError } from '../../base/index.ts'
import type { RuntimeChoice } from '../default.ts'
import { findNative, loadNative, nativeIsOffered } from './load-native.ts'

/** Decides between native code and WebAssembly as `auto` does. The native runtime is loaded to see whether it does. */
export async function chooseRuntime(): Promise<RuntimeChoice> {
  const found = findNative()
  if (found === undefined) {
    if (!nativeIsOffered()) return { kind: 'wasm', why: `there is no native code for ${process.platform}-${process.arch}` }
    return {
      kind: 'wasm',
      why: 'onnxruntime-node is not installed',
      hint: `Native code is 4 to 6 times as fast: ${installCommand(['native'])}`,
    }
  }
  try {
    await loadNative(found)
    return { kind: 'native', why: `${found.name} ${found.version} is installed` }
  } catch (error) {
    if (!(error instanceof KindredError)) throw error
    return { kind: 'wasm', why: `${found.name} ${found.version} is installed but does not run here`, hint: error.message }
  }
}
