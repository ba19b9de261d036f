/** @file ONNX Runtime in Node: native CPU kernels (and CUDA where its libraries are installed). */
import { availableParallelism } from 'node:os'
import { KindredError } from '../base/index.ts'
import { ortRuntime, type OrtModule, type Runtime } from './runtime.ts'

/** Options of {@link nodeRuntime}. */
export interface NodeRuntimeOptions {
  /** Threads inside an operator; all cores by default. The same number gives the same bits. */
  readonly threads?: number
  /** `cpu` (default) or `cuda`. */
  readonly device?: 'cpu' | 'cuda'
}

/**
 * The native runtime.
 *
 * @throws KindredError `not-found` when onnxruntime-node is not installed
 */
export async function nodeRuntime(options: NodeRuntimeOptions = {}): Promise<Runtime> {
  const { threads = availableParallelism(), device = 'cpu' } = options
  let ort: OrtModule
  try {
    ort = (await import('onnxruntime-node')) as unknown as OrtModule
  } catch (error) {
    throw new KindredError('not-found', 'runtime', 'the package onnxruntime-node must be installed', String(error), 'Run: npm install onnxruntime-node (with onnxruntime-node-install=skip in .npmrc where there is no internet).', { cause: error })
  }
  return ortRuntime(ort, device, threads, {
    executionProviders: [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  })
}
