/** @file ONNX Runtime as WebAssembly: the same graphs in a browser, or in Node without native code. */
import { KindredError } from '../base/index.ts'
import { ortRuntime, type OrtModule, type Runtime } from './runtime.ts'

/** Options of {@link webRuntime}. */
export interface WebRuntimeOptions {
  /** WebAssembly threads; more than one needs cross-origin isolation in a browser. */
  readonly threads?: number
  /** `wasm` (default) or `webgpu`. */
  readonly device?: 'wasm' | 'webgpu'
}

/**
 * The WebAssembly runtime.
 *
 * @throws KindredError `not-found` when onnxruntime-web is not installed
 */
export async function webRuntime(options: WebRuntimeOptions = {}): Promise<Runtime> {
  const { threads = 1, device = 'wasm' } = options
  let ort: OrtModule & { env: { wasm: { numThreads: number }; logLevel: string } }
  try {
    ort = (await import('onnxruntime-web')) as unknown as typeof ort
  } catch (error) {
    throw new KindredError('not-found', 'runtime', 'the package onnxruntime-web must be installed', String(error), 'Run: npm install onnxruntime-web', { cause: error })
  }
  ort.env.wasm.numThreads = threads
  ort.env.logLevel = 'error'
  return ortRuntime(ort, device, threads, { executionProviders: [device], graphOptimizationLevel: 'all' })
}
