/** @file ONNX Runtime in Node: native CPU kernels (and CUDA where its libraries are installed). */
import { availableParallelism } from 'node:os'
import { checkChoice, checkOptions, ensure, KindredError } from '../base/index.ts'
import { cudaTrouble, loadNative } from './load-native.ts'
import { ortRuntime, type Runtime } from './runtime.ts'

/** Options of {@link nodeRuntime}. */
export interface NodeRuntimeOptions {
  /** Threads inside an operator; all cores by default. The same number gives the same bits. */
  readonly threads?: number
  /** `cpu` (default) or `cuda`. */
  readonly device?: 'cpu' | 'cuda'
}

/**
 * The native runtime. Its telemetry is switched off before it is loaded.
 *
 * @throws KindredError `usage` for a misspelt option, `not-found` when onnxruntime-node is not installed, `unsupported` when it has no libraries for this
 *   platform, they do not load, or those of CUDA are missing, and in a worker thread where its telemetry cannot be switched off
 */
export async function nodeRuntime(options: NodeRuntimeOptions = {}): Promise<Runtime> {
  checkOptions('nodeRuntime', options, ['threads', 'device'])
  const { threads = availableParallelism(), device = 'cpu' } = options
  ensure(Number.isInteger(threads) && threads > 0, 'nodeRuntime', 'threads must be a positive integer', threads)
  checkChoice('nodeRuntime', 'device', device, ['cpu', 'cuda'])
  const { ort, name, version, libraries } = await loadNative()
  const unavailable = (reason: string, cause?: unknown): KindredError => {
    if (device === 'cpu') return new KindredError('unsupported', 'runtime', `${name} ${version} must run a model`, reason, 'WebAssembly runs everywhere: webRuntime(), or --runtime wasm.', { cause })
    const { missing = reason, fix = 'Check the driver with nvidia-smi.' } = cudaTrouble(libraries, cause !== undefined) ?? {}
    return new KindredError('unsupported', 'runtime', 'CUDA must work on this machine', missing, fix, { cause })
  }
  if (device === 'cuda' && cudaTrouble(libraries) !== undefined) throw unavailable('')
  return ortRuntime(ort, device, threads, {
    executionProviders: [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  }, { library: { name, version }, unavailable })
}
