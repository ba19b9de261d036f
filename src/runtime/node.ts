/** @file ONNX Runtime in Node: native CPU kernels (and CUDA where its libraries are installed). */
import { availableParallelism } from 'node:os'
import { loadNative } from './load-native.ts'
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
 * @throws KindredError `not-found` when onnxruntime-node is not installed, `unsupported` in a worker thread where its telemetry cannot be switched off
 */
export async function nodeRuntime(options: NodeRuntimeOptions = {}): Promise<Runtime> {
  const { threads = availableParallelism(), device = 'cpu' } = options
  return ortRuntime(await loadNative(), device, threads, {
    executionProviders: [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  })
}
