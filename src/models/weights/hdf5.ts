/**
 * @file HDF5 files through h5wasm (the HDF5 library itself, compiled to WebAssembly), in a thread of their own.
 *
 * The library trusts what it reads: two changed bytes can send it round in a ring for ever, or drive it out of its memory. So each file gets a thread and a
 * library of its own, every question a deadline, and a thread that does not answer is ended. Questions wait for their answers: reading a file looks as if there
 * were no thread.
 */
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { KindredError } from '../../base/index.ts'
import { needParts } from '../../files/index.ts'
import { corrupt } from './weight-file.ts'

/** A group, and the two attributes by which Keras names what is in it. */
export interface Hdf5Group {
  readonly keys: readonly string[]
  readonly attributes: Readonly<Record<'layer_names' | 'weight_names', unknown>>
}

/** What is known of a dataset before its numbers are read. */
export interface Hdf5Dataset {
  readonly shape: readonly number[]
  readonly dtype: string
  /** Whether its numbers lie in other files. */
  readonly virtual: boolean
}

/** An open file. Every call throws `corrupt` where the library refuses, crashes, or gives no answer in time. */
export interface Hdf5File {
  /** The group at a path (`/` is the whole file), or undefined where there is none. */
  group(path: string): Hdf5Group | undefined
  /** The dataset at a path, or undefined where there is none. */
  dataset(path: string): Hdf5Dataset | undefined
  /** A block of a dataset, one range an axis. */
  slice(path: string, ranges: readonly (readonly [number, number])[]): Float32Array | undefined
  close(): void
}

/** Milliseconds a question may take, and all questions about a file's structure together. Real files answer in some ten. */
const patience = { question: 5000, structure: 8000 }

/** What the thread runs. Text, not a module of its own: it starts alike from the built package, from source and under a test runner. */
const program = `
const { workerData: { library, port, signal } } = require('node:worker_threads')
let file
const attribute = (group, name) => (name in group.attrs ? group.attrs[name].value : undefined)
const tasks = {
  async open({ path }) {
    const h5 = await import(library)
    const { activate_throwing_error_handler: complain } = await h5.ready
    complain() // HDF5's own messages become exceptions instead of lines on stderr
    file = new h5.File(path, 'r')
    if (file.file_id < 0n) throw new Error('HDF5 could not open it')
    return true
  },
  group({ path }) {
    const found = path === '/' ? file : file.get(path)
    if (typeof found?.keys !== 'function') return undefined // links that lead out of the file are no groups
    return { keys: found.keys(), attributes: { layer_names: attribute(found, 'layer_names'), weight_names: attribute(found, 'weight_names') } }
  },
  dataset({ path }) {
    const { metadata, dtype } = file.get(path) ?? {}
    return metadata?.shape == null ? undefined : { shape: metadata.shape, dtype: String(dtype), virtual: metadata.virtual_sources !== undefined }
  },
  slice: ({ path, ranges }) => file.get(path).slice(ranges) ?? undefined,
}
port.on('message', async ({ task, given }) => {
  let answer
  try {
    answer = { value: await tasks[task](given) }
  } catch (error) {
    answer = { message: error instanceof Error ? error.message : String(error), crash: error instanceof WebAssembly.RuntimeError }
  }
  port.postMessage(answer)
  Atomics.store(signal, 0, 1)
  Atomics.notify(signal, 0)
})
`

type Answer = { readonly value: unknown } | { readonly message: string; readonly crash: boolean }

/**
 * Opens an HDF5 file.
 *
 * @param path a regular file: the caller has looked
 * @throws KindredError `not-found` when h5wasm is not installed, `corrupt`
 */
export function openHdf5(path: string): Hdf5File {
  needParts('weights', ['hdf5'])
  const { port1: near, port2: far } = new MessageChannel()
  const signal = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(program, {
    eval: true,
    workerData: { library: import.meta.resolve('h5wasm/node'), port: far, signal },
    transferList: [far],
    execArgv: [],
    stdout: true,
    stderr: true,
  })
  worker.unref()
  worker.on('error', () => {}) // told by the answer that does not come
  let closed = false
  const close = (): void => {
    closed = true
    near.close()
    void worker.terminate()
  }
  let structure = patience.structure
  const ask = (task: string, expected: string, given: Record<string, unknown>): unknown => {
    if (closed) throw corrupt(path, expected, 'a file that is closed')
    Atomics.store(signal, 0, 0)
    near.postMessage({ task, given })
    const started = performance.now()
    const most = task === 'slice' ? patience.question : Math.min(structure, patience.question)
    // a late notice of the answer before may wake this thread early: it waits on until the answer is there
    while (Atomics.load(signal, 0) === 0 && performance.now() - started < most)
      Atomics.wait(signal, 0, 0, Math.max(1, most - (performance.now() - started)))
    const answered = Atomics.load(signal, 0) === 1
    if (task !== 'slice') structure = Math.max(1, structure - (performance.now() - started))
    const answer = answered ? (receiveMessageOnPort(near)?.message as Answer | undefined) : undefined
    if (answer === undefined) {
      close()
      throw corrupt(path, expected, 'no answer of the HDF5 library in time: what it says of itself leads round in a ring')
    }
    if ('value' in answer) return answer.value
    if (answer.crash) close()
    throw corrupt(path, expected, reason(answer), new Error(answer.message))
  }
  try {
    ask('open', 'HDF5 must be able to open it', { path })
  } catch (error) {
    close()
    throw error instanceof KindredError ? error : corrupt(path, 'HDF5 must be able to open it', 'damaged bytes', error)
  }
  return {
    group: (name) => ask('group', 'its groups must be readable', { path: name }) as Hdf5Group | undefined,
    dataset: (name) => ask('dataset', `dataset ${name} must be readable`, { path: name }) as Hdf5Dataset | undefined,
    slice: (name, ranges) => ask('slice', `dataset ${name} must be readable`, { path: name, ranges }) as Float32Array | undefined,
    close,
  }
}

/** Why HDF5 refused, in our words: its own name its source files and functions. The whole of them is the error's cause. */
function reason({ message, crash }: { message: string; crash: boolean }): string {
  const cut = /truncated file: eof = (\d+)[^\n]*?stored_eof = (\d+)/.exec(message)
  if (cut !== null) return `${cut[1]} bytes of ${cut[2]}: it is cut off`
  return !crash && /memory|malloc/i.test(message) ? 'a size that memory does not hold' : 'damaged bytes'
}
