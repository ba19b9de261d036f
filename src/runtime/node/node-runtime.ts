/** @file ONNX Runtime in Node: native CPU kernels (and CUDA where its libraries are installed). */
import { availableParallelism } from 'node:os'
import { isMainThread } from 'node:worker_threads'
import { checkChoice, checkOptions, ensure, KindredError } from '../../base/index.ts'
import { cudaTrouble, loadNative } from './load-native.ts'
import { bytesOf, ortRuntime, type Runtime } from '../runtime.ts'
import { sessionPool } from './session-pool.ts'

/** Options of {@link nodeRuntime}. */
export interface NodeRuntimeOptions {
  /**
   * Threads; all cores by default. Programs with independent runs (embedding, faces) share them out among runs, others use them inside each operator.
   * The same number gives the same bits.
   */
  readonly threads?: number
  /** `cpu` (default) or `cuda`. */
  readonly device?: 'cpu' | 'cuda'
}

/** Sessions at once of a program with independent runs; further threads go into each of them. */
const mostSessions = 4
/** Bytes of a model that may be in memory once a session. */
const mostBytes = 64e6

/**
 * How long a thread looks for the next operator's work before it sleeps, in microseconds. ONNX Runtime's own milliseconds take the processor from the very
 * threads that are waited for when other programs run; without any looking, threads sleep and wake at every operator.
 */
const spinMicroseconds = 20

/**
 * The native runtime. Its telemetry is switched off before it is loaded.
 *
 * Programs with independent runs get worker threads with a session each, up to four; other programs one session with all threads.
 * @throws KindredError `usage` for a misspelt option, `not-found` when onnxruntime-node is not installed, `unsupported` when it has no libraries for this
 *   platform, they do not load, or those of CUDA are missing, and in a worker thread where its telemetry cannot be switched off
 */
export async function nodeRuntime(options: NodeRuntimeOptions = {}): Promise<Runtime> {
  checkOptions('nodeRuntime', options, ['threads', 'device'])
  const { threads = availableParallelism(), device = 'cpu' } = options
  ensure(Number.isInteger(threads) && threads > 0, 'nodeRuntime', 'threads must be a positive integer', threads)
  checkChoice('nodeRuntime', 'device', device, ['cpu', 'cuda'])
  const { ort, name, version, libraries, entry } = await loadNative()
  const unavailable = (reason: string, cause?: unknown): KindredError => {
    if (device === 'cpu')
      return new KindredError(
        'unsupported',
        'runtime',
        `${name} ${version} must run a model`,
        reason,
        'WebAssembly runs everywhere: webRuntime(), or `runtime` wasm.',
        { cause },
      )
    const { missing = reason, fix = 'Check the driver with nvidia-smi.' } = cudaTrouble(libraries, cause !== undefined) ?? {}
    return new KindredError('unsupported', 'runtime', 'CUDA must work on this machine', missing, fix, { cause })
  }
  if (device === 'cuda' && cudaTrouble(libraries) !== undefined) throw unavailable('')
  const session = (inside: number) => ({
    executionProviders: [device],
    intraOpNumThreads: inside,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: { session: { intra_op: { spin_duration_us: String(spinMicroseconds) } } },
  })
  const told = { library: { name, version }, unavailable }
  const single = ortRuntime(ort, device, threads, session(threads), told)
  const sessions = Math.min(threads, mostSessions)
  if (sessions === 1 || device !== 'cpu' || !isMainThread) return single
  const several = ortRuntime(sessionPool(entry, sessions), device, threads, session(Math.floor(threads / sessions)), told)
  return {
    ...single,
    apart(inside = threads) {
      ensure(
        Number.isInteger(inside) && inside > 0 && inside <= threads,
        'nodeRuntime, apart',
        `threads must be an integer from 1 to ${threads}`,
        inside,
      )
      return ortRuntime(sessionPool(entry, 1, Infinity), device, inside, session(inside), told)
    },
    async load(model, options = {}) {
      const bytes = bytesOf(model, options)
      const { independent = false, profile } = options
      return (independent && profile === undefined && bytes.length <= mostBytes ? several : single).load(bytes, {
        ...options,
        checked: true,
      })
    },
  }
}
