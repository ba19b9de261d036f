/** @file ONNX Runtime as WebAssembly: the same graphs in a browser, or in Node without native code. */
import { checkChoice, checkOptions, ensure, KindredError } from '../base/index.ts'
import { loadWebModule } from './node/index.ts'
import { ortRuntime, type OrtModule, type Runtime } from './runtime.ts'

/** Options of {@link webRuntime}. */
export interface WebRuntimeOptions {
  /**
   * WebAssembly threads. Default: 1. In a page more than one needs cross-origin isolation, and a bundle that keeps onnxruntime-web in
   * a file of its own (Vite and webpack do, esbuild with `splitting`). They are started once in a process: later
   * runtimes have as many as the first.
   */
  readonly threads?: number
  /** `wasm` (default) or `webgpu` (in a browser, with `module`). */
  readonly device?: 'wasm' | 'webgpu'
  /**
   * Where `ort-wasm-simd-threaded.wasm` (14 MB, 3.7 MB compressed) comes from: its address or its bytes. Default: in Node the package itself; in a browser
   * where the bundler has put it (Vite and webpack copy it), else beside the program. It is loaded once in a process or page: the first runtime's counts.
   */
  readonly wasm?: string | URL | Uint8Array | ArrayBuffer
  /** Another build of onnxruntime-web than `onnxruntime-web/wasm`: `await import('onnxruntime-web/webgpu')` for WebGPU. */
  readonly module?: WebModule
}

/** The part of onnxruntime-web that is used. */
export type WebModule = OrtModule & {
  readonly env: {
    readonly wasm: { numThreads?: number; wasmPaths?: string | { readonly wasm?: string | URL }; wasmBinary?: ArrayBufferLike | Uint8Array }
    logLevel?: unknown
    readonly versions: { readonly web?: string }
  }
}

const node = typeof process === 'object' && process.versions?.node !== undefined

let running: number | undefined

/**
 * The WebAssembly runtime. In Node it is part of the package; for a browser the bundler takes `onnxruntime-web/wasm`.
 *
 * @throws KindredError `usage` for a misspelt option, `not-found` when onnxruntime-web is needed and not installed, `unsupported` for WebGPU in Node
 */
export async function webRuntime(options: WebRuntimeOptions = {}): Promise<Runtime> {
  checkOptions('webRuntime', options, ['threads', 'device', 'wasm', 'module'])
  const { threads = 1, device = 'wasm', wasm, module } = options
  ensure(Number.isInteger(threads) && threads > 0, 'webRuntime', 'threads must be a positive integer', threads)
  checkChoice('webRuntime', 'device', device, ['wasm', 'webgpu'])
  if (device === 'webgpu') {
    if (node) throw new KindredError('unsupported', 'webRuntime', "device must be 'wasm' in Node", 'webgpu')
    if (module === undefined)
      throw new KindredError(
        'usage',
        'webRuntime',
        "device 'webgpu' must come with the module that knows it",
        'none',
        "Give module: await import('onnxruntime-web/webgpu').",
      )
  }
  const ort = module ?? (await load())
  running ??= threads
  ort.env.wasm.numThreads = running
  ort.env.logLevel = 'error'
  if (typeof wasm === 'string' || wasm instanceof URL) ort.env.wasm.wasmPaths = { wasm: String(wasm) }
  else if (wasm !== undefined) ort.env.wasm.wasmBinary = wasm
  const served = node
    ? undefined
    : 'The page must be able to fetch ort-wasm-simd-threaded.wasm of onnxruntime-web: serve it beside the program, or say where it is with webRuntime({ ' +
      'wasm: address }).'
  const unavailable = (reason: string, cause?: unknown): KindredError =>
    new KindredError('unsupported', 'runtime', `${device} must work here`, reason, served, { cause })
  const library = { name: 'onnxruntime-web', version: ort.env.versions.web ?? 'unknown' }
  return ortRuntime(
    ort,
    device,
    running,
    { executionProviders: [device], graphOptimizationLevel: 'all' },
    { library, unavailable, afterRun: turn },
  )
}

/** When the event loop last turned for a run. */
let turned = 0

/**
 * Lets the event loop turn after a run, 20 times a second at most. WebAssembly ends a run without it, so that in a loop of runs no signal, timer or
 * click would be heard before the loop's end.
 */
async function turn(): Promise<void> {
  if (performance.now() - turned < 50) return
  await new Promise((resolve) => setTimeout(resolve))
  turned = performance.now()
}

async function load(): Promise<WebModule> {
  try {
    return await loadWebModule()
  } catch (error) {
    if (((error as { code?: string }).code ?? 'ERR_MODULE_NOT_FOUND') !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new KindredError(
      'not-found',
      'runtime',
      'the package onnxruntime-web must be installed',
      String(error),
      'Run: npm install onnxruntime-web@1.30',
      { cause: error },
    )
  }
}
