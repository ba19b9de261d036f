/** @file ONNX Runtime as WebAssembly: the same graphs in a browser, or in Node without native code. */
import { checkChoice, checkOptions, ensure, KindredError } from '../base/index.ts'
import { ortRuntime, type OrtModule, type Runtime } from './runtime.ts'

/** Options of {@link webRuntime}. */
export interface WebRuntimeOptions {
  /**
   * WebAssembly threads. More than one needs cross-origin isolation in a browser. Default: 1. They are started once in a process: later
   * runtimes have as many as the first.
   */
  readonly threads?: number
  /** `wasm` (default) or `webgpu` (in a browser). */
  readonly device?: 'wasm' | 'webgpu'
}

type WebModule = OrtModule & { readonly env: { readonly wasm: { numThreads: number }; logLevel: string; readonly versions: { readonly web?: string } } }

const node = typeof process === 'object' && process.versions?.node !== undefined
/** The part of onnxruntime-web that Node needs, in the published package. */
const carried = '../vendor/onnxruntime-web/ort.node.min.mjs'
let running: number | undefined

/**
 * The WebAssembly runtime. In Node it is part of the package; for a browser the bundler takes onnxruntime-web.
 *
 * @throws KindredError `usage` for a misspelt option, `not-found` when onnxruntime-web is needed and not installed, `unsupported` for WebGPU in Node
 */
export async function webRuntime(options: WebRuntimeOptions = {}): Promise<Runtime> {
  checkOptions('webRuntime', options, ['threads', 'device'])
  const { threads = 1, device = 'wasm' } = options
  ensure(Number.isInteger(threads) && threads > 0, 'webRuntime', 'threads must be a positive integer', threads)
  checkChoice('webRuntime', 'device', device, ['wasm', 'webgpu'])
  if (node && device === 'webgpu') throw new KindredError('unsupported', 'webRuntime', "device must be 'wasm' in Node", 'webgpu')
  const ort = await load()
  running ??= threads
  ort.env.wasm.numThreads = running
  ort.env.logLevel = 'error'
  const unavailable = (reason: string, cause?: unknown): KindredError => new KindredError('unsupported', 'runtime', `${device} must work here`, reason, undefined, { cause })
  return ortRuntime(ort, device, running, { executionProviders: [device], graphOptimizationLevel: 'all' }, { library: { name: 'onnxruntime-web', version: ort.env.versions.web ?? 'unknown' }, unavailable })
}

async function load(): Promise<WebModule> {
  try {
    if (node) return (await import(/* @vite-ignore */ new URL(carried, import.meta.url).href)) as WebModule
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error // a source tree has it in node_modules alone
  }
  try {
    return (await import('onnxruntime-web')) as unknown as WebModule
  } catch (error) {
    throw new KindredError('not-found', 'runtime', 'the package onnxruntime-web must be installed', String(error), 'Run: npm install onnxruntime-web@1.30', { cause: error })
  }
}
