/**
 * @file What runs a graph: one interface over onnxruntime-node and onnxruntime-web.
 */
import { KindredError } from '../base/index.ts'
import { checkModel, encodeModel, toOnnx, type OnnxModel, type ToOnnxOptions } from '../onnx/index.ts'
import { input, neg, sizeOf, type DType, type Tensor } from '../tensor/index.ts'

/** Numbers on the host: row-major, with their shape. `bool` is a Uint8Array of 0 and 1. */
export interface HostTensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: Float32Array | BigInt64Array | Uint8Array
}

/** A graph made ready to run. */
export interface Program {
  /** The names of the inputs that must be fed. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** How many runs to ask for at once: those that are worked on, and one that waits. 1 where each run has the runtime to itself. */
  readonly concurrency: number
  /**
   * Computes the outputs.
   *
   * @param feeds numbers for every input
   * @param fetches the outputs wanted (all when left out); what only the others need is still computed
   * @throws KindredError `shape` when a feed is missing or does not fit
   */
  run(feeds: Readonly<Record<string, HostTensor>>, fetches?: readonly string[]): Promise<Record<string, HostTensor>>
  /**
   * The inputs that {@link ProgramOptions.carry} names, as the next run would take them. Missing where the runtime carries nothing: each run must then be fed
   * them, and gives them back.
   */
  readonly carried?: () => Promise<Record<string, HostTensor>>
  /** Frees the memory held by the runtime; a second call waits for the first. */
  dispose(): Promise<void>
  /** The same, for `await using program = ...`. */
  [Symbol.asyncDispose](): Promise<void>
}

/** What goes from one run to the next. */
export interface Carry {
  /** Input -> the output of the run before. */
  readonly from: Readonly<Record<string, string>>
  /** An output of one number: where it is not finite, that run's outputs are not carried, and runs that were asked for after it fail. */
  readonly finite: string
}

/** Options of {@link Runtime.load}. */
export interface ProgramOptions {
  /** Writes a per-operator profile (chrome trace JSON) with this file prefix when the program is disposed; Node only. */
  readonly profile?: string
  /** No run needs another's results, as when images are embedded: several may then be worked on at once, see {@link Program.concurrency}. Default false. */
  readonly independent?: boolean
  /**
   * What goes from run to run: it is fed once, stays where the runtime computes, and is no output of a run any more, so that runs can be asked for before those
   * before them are done. Only a runtime of {@link Runtime.apart} does this; see {@link Program.carried}.
   */
  readonly carry?: Carry
  /** The caller has looked at the bytes with `checkModel` already, with the sizes it is going to feed. Default false: that is done here. */
  readonly checked?: boolean
}

/** A place where graphs run. */
export interface Runtime {
  /** `cpu`, `cuda`, `wasm`, ... as shown to people. */
  readonly name: string
  readonly threads: number
  /** The package that computes. */
  readonly library: { readonly name: string; readonly version: string }
  /**
   * Makes an ONNX model ready to run. Bytes may be anybody's and are looked at first, see `checkModel`; a model that was built here is not.
   *
   * @throws KindredError `corrupt`, `limit` or `unsupported` for bytes that may not be run
   */
  load(model: OnnxModel | Uint8Array | ArrayBuffer, options?: ProgramOptions): Promise<Program>
  /**
   * This runtime on a thread of its own, which leaves the caller's free: its programs run one after the other, in the order they were asked to, whatever is
   * computed meanwhile. The same threads inside give the same bits. Missing where runs cannot leave the caller's thread: WebAssembly, CUDA, one thread.
   *
   * @param threads inside; all of this runtime's by default
   */
  readonly apart?: (threads?: number) => Runtime
}

/** Builds the graph's model and loads it. */
export function compile(
  runtime: Runtime,
  outputs: Readonly<Record<string, Tensor>>,
  options: ToOnnxOptions & ProgramOptions = {},
): Promise<Program> {
  const { profile, independent, carry, ...onnx } = options
  return runtime.load(toOnnx(outputs, onnx), { profile, independent, carry })
}

/** Float32 numbers as a host tensor. */
export function floats(data: Float32Array | readonly number[], shape?: readonly number[]): HostTensor {
  const values = data instanceof Float32Array ? data : Float32Array.from(data)
  return checked({ dtype: 'float32', shape: shape ?? [values.length], data: values })
}

/** Integers as an int64 host tensor. */
export function ints(data: ArrayLike<number>, shape?: readonly number[]): HostTensor {
  return checked({ dtype: 'int64', shape: shape ?? [data.length], data: BigInt64Array.from(data as ArrayLike<never>, BigInt) })
}

/** Bytes as a uint8 host tensor. */
export function bytes(data: Uint8Array, shape?: readonly number[]): HostTensor {
  return checked({ dtype: 'uint8', shape: shape ?? [data.length], data })
}

/** One float32 number. */
export const scalar = (value: number): HostTensor => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) })
/** One int64 number. */
export const intScalar = (value: number): HostTensor => ({ dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(value)) })

function checked(t: HostTensor): HostTensor {
  if (sizeOf(t.shape) !== t.data.length)
    throw new KindredError('shape', 'host tensor', `the data must fill its shape [${t.shape.join(', ')}]`, `${t.data.length} values`)
  return t
}

/** The part of the onnxruntime API that both packages share (onnxruntime-common). */
export interface OrtModule {
  readonly Tensor: new (type: DType, data: HostTensor['data'], dims: readonly number[]) => OrtTensor
  readonly InferenceSession: { create(model: Uint8Array, options?: Record<string, unknown>): Promise<OrtSession> }
  /** Whether sessions take {@link Carry} as the option `carry`. */
  readonly carries?: boolean
}
export interface OrtTensor {
  readonly type: DType
  readonly dims: readonly number[]
  readonly data: HostTensor['data']
}
export interface OrtSession {
  /** See {@link Program.concurrency}; 1 where it is missing. */
  readonly concurrency?: number
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  run(feeds: Record<string, OrtTensor>, fetches?: readonly string[]): Promise<Record<string, OrtTensor>>
  /** See {@link Program.carried}. */
  carried?(): Promise<Record<string, OrtTensor>>
  release(): Promise<void>
  endProfiling?(): void
}

/** What an onnxruntime package tells of itself. */
export interface OrtAbout {
  readonly library: { readonly name: string; readonly version: string }
  /** The error for a device that does not work here. */
  readonly unavailable: (reason: string, cause: unknown) => KindredError
  /** Awaited when a run has ended, before its results are handed out. */
  readonly afterRun?: () => Promise<void>
}

/** A runtime over an onnxruntime package. */
export function ortRuntime(
  ort: OrtModule,
  name: string,
  threads: number,
  sessionOptions: Record<string, unknown>,
  { library, unavailable, afterRun }: OrtAbout,
): Runtime {
  return {
    name,
    threads,
    library,
    async load(model, options = {}) {
      const session = await createSession(
        ort,
        bytesOf(model, options),
        {
          ...sessionOptions,
          ...(options.profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.profile }),
          carry: ort.carries === true ? options.carry : undefined,
        },
        unavailable,
      )
      return program(ort, session, options, afterRun)
    },
  }
}

/** A model as bytes that may be handed to ONNX Runtime. */
export function bytesOf(model: OnnxModel | Uint8Array | ArrayBuffer, { checked: known = false }: ProgramOptions): Uint8Array {
  const given = model instanceof ArrayBuffer ? new Uint8Array(model) : model
  if (!(given instanceof Uint8Array)) return encodeModel(given)
  if (!known) checkModel(given, 'runtime')
  return given
}

async function createSession(
  ort: OrtModule,
  bytesOfModel: Uint8Array,
  options: Record<string, unknown>,
  unavailable: OrtAbout['unavailable'],
): Promise<OrtSession> {
  try {
    return await ort.InferenceSession.create(bytesOfModel, options)
  } catch (error) {
    if (error instanceof KindredError) throw error
    // Is it the model, or does nothing run here?
    const reason = error instanceof Error ? error.message : String(error)
    if (outOfMemory.test(reason)) throw tooLarge('the model', reason, error)
    if (!(await runsAtAll(ort, options))) throw unavailable(reason, error)
    throw new KindredError('corrupt', 'runtime', 'ONNX Runtime must accept the model', reason, undefined, { cause: error })
  }
}

/** How ONNX Runtime, natively and as WebAssembly, says that memory did not suffice. */
const outOfMemory = /bad_alloc|failed to allocate|out of memory|allocation failed|memory access out of bounds/i

const tooLarge = (what: string, reason: string, cause: unknown): KindredError =>
  new KindredError(
    'unsupported',
    'runtime',
    `${what} must fit into memory`,
    reason,
    'WebAssembly has 4 GB at most, native code what the machine has; fewer images at a time need less.',
    { cause },
  )

/** Whether the smallest of models is accepted. */
async function runsAtAll(ort: OrtModule, options: Record<string, unknown>): Promise<boolean> {
  try {
    await (await ort.InferenceSession.create(encodeModel(toOnnx({ y: neg(input('x', [1])) })), options)).release()
    return true
  } catch {
    return false
  }
}

function program(ort: OrtModule, session: OrtSession, options: ProgramOptions, afterRun?: () => Promise<void>): Program {
  let ended: Promise<void> | undefined
  const end = async (): Promise<void> => {
    if (options.profile !== undefined) session.endProfiling?.()
    await session.release()
  }
  const dispose = (): Promise<void> => (ended ??= end())
  const inputs = options.carry?.from ?? {}
  const carried = session.carried?.bind(session)
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    concurrency: session.concurrency ?? 1,
    async run(feeds, fetches) {
      const ortFeeds: Record<string, OrtTensor> = {}
      for (const name of session.inputNames) {
        const t = feeds[name]
        if (t === undefined && carried !== undefined && Object.hasOwn(inputs, name)) continue
        if (t === undefined) throw new KindredError('shape', 'run', 'every input of the graph must be fed', `nothing for ${name}`)
        ortFeeds[name] = new ort.Tensor(t.dtype, t.data, t.shape)
      }
      let results: Record<string, OrtTensor>
      try {
        results = fetches === undefined ? await session.run(ortFeeds) : await session.run(ortFeeds, fetches)
      } catch (error) {
        if (error instanceof KindredError) throw error
        const reason = error instanceof Error ? error.message : String(error)
        if (outOfMemory.test(reason)) throw tooLarge('what the graph computes', reason, error)
        throw new KindredError('shape', 'run', 'the fed numbers must fit the graph', reason, undefined, { cause: error })
      }
      await afterRun?.()
      return hostTensors(results)
    },
    carried: carried === undefined ? undefined : async () => hostTensors(await carried()),
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

const hostTensors = (tensors: Record<string, OrtTensor>): Record<string, HostTensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, { dtype: t.type, shape: t.dims, data: t.data }]))
