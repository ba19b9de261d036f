/**
 * @file Several runs of one program at once: worker threads, each with a session of its own.
 *
 * A session's run blocks the thread that calls it, and threads within a run wait for each other at the end of every operator. Runs on threads of their own wait
 * for nobody. Measured in docs/decisions/0018-busy-machine.md.
 */
import { SHARE_ENV, Worker } from 'node:worker_threads'
import { KindredError } from '../../base/index.ts'
import type { OrtModule, OrtSession, OrtTensor } from '../runtime.ts'
import { sessionWorker } from './session-worker.ts'

type Names = Pick<OrtSession, 'inputNames' | 'outputNames'>

/** A worker thread. */
interface Lane {
  readonly worker: Worker
  /** Its sessions, made or being made. */
  readonly sessions: Map<number, Promise<Names>>
  /** What it was asked and has not answered. */
  readonly asked: Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>
  /** Shared with the thread: whether a task is under way, whether none must be begun. */
  readonly state: Int32Array<SharedArrayBuffer>
  /** Runs given to it: one that goes on and one that is ready when that ends. */
  runs: number
}

const ended = (reason: string): KindredError => new KindredError('io', 'runtime', 'a worker thread must answer', reason)

/** Longest wait for native code at the process's end, milliseconds. */
const longest = 60_000

/**
 * The part of onnxruntime-node that runtimes use, with sessions that run up to `most` times at once. For the main thread.
 *
 * Threads start when runs overlap, make their sessions then, and end with the last session.
 * @param module path of onnxruntime-node, loaded by the caller before
 * @param ready runs that a thread is given at once at most: one that goes on, and others that are there when it ends
 */
export function sessionPool(module: string, most: number, ready = 2): OrtModule {
  const lanes = new Set<Lane>()
  const waiting: (() => void)[] = []
  let open = 0
  let count = 0

  const start = (): Lane => {
    const state = new Int32Array(new SharedArrayBuffer(8))
    const worker = new Worker(sessionWorker, { eval: true, workerData: { module, state }, env: SHARE_ENV, execArgv: [] })
    const lane: Lane = { worker, sessions: new Map(), asked: new Map(), state, runs: 0 }
    let reason = 'its end'
    worker.unref() // open sessions keep no process alive
    worker.on('message', ({ id, answer, error }: { id: number; answer: never; error?: string }) => {
      const { resolve, reject } = lane.asked.get(id)!
      lane.asked.delete(id)
      if (lane.asked.size === 0) worker.unref()
      if (error === undefined) resolve(answer)
      else reject(new Error(error))
    })
    worker.on('error', (error) => (reason = error.message))
    worker.on('exit', () => {
      lanes.delete(lane)
      if (lanes.size === 0) process.off('exit', leave)
      for (const { reject } of lane.asked.values()) reject(ended(reason))
      for (const go of waiting.splice(0)) go()
    })
    if (lanes.size === 0) process.on('exit', leave)
    lanes.add(lane)
    return lane
  }
  /** The process ends: lets native code come to its end first. */
  const leave = (): void => {
    for (const { state } of lanes) Atomics.store(state, 1, 1)
    for (const { state } of lanes) Atomics.wait(state, 0, 1, longest)
  }
  const ask = <T>(lane: Lane, task: string, given: Record<string, unknown>, moved: ArrayBuffer[] = []): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (!lanes.has(lane)) return reject(ended('its end'))
      const id = count++
      lane.asked.set(id, { resolve, reject })
      lane.worker.ref()
      lane.worker.postMessage({ id, task, ...given }, moved)
    })
  /** A thread without work, a new one, or one with room for a run; runs one by one all go to the same. */
  const pick = (): Lane | undefined => {
    const least = [...lanes].reduce<Lane | undefined>((a, b) => (a === undefined || b.runs < a.runs ? b : a), undefined)
    if (lanes.size < most && least?.runs !== 0) return start()
    return least!.runs < ready ? least : undefined
  }
  const names = (lane: Lane, session: number, given: Record<string, unknown>): Promise<Names> => {
    let made = lane.sessions.get(session)
    if (made === undefined) lane.sessions.set(session, (made = ask<Names>(lane, 'create', { session, ...given })))
    return made
  }
  const close = async (): Promise<void> => {
    if (--open > 0) return
    await Promise.all(
      [...lanes].map(
        (lane) =>
          new Promise<void>((resolve) => {
            lane.runs = Infinity
            lane.worker.once('exit', () => resolve())
            ask(lane, 'end', {}).catch(() => {})
          }),
      ),
    )
  }

  async function create(model: Uint8Array, options: Record<string, unknown> = {}): Promise<OrtSession> {
    const session = count++
    let released = false
    const onLane = async <T>(work: (lane: Lane) => Promise<T>): Promise<T> => {
      for (;;) {
        if (released)
          throw new KindredError('usage', 'run', 'the program must not be disposed of before its runs are done', 'a run that waited')
        const lane = pick()
        if (lane === undefined) {
          await new Promise<void>((go) => waiting.push(go))
          continue
        }
        lane.runs++
        try {
          return await work(lane)
        } finally {
          lane.runs--
          waiting.shift()?.()
        }
      }
    }
    const release = async (): Promise<void> => {
      if (released) return
      released = true
      await Promise.allSettled([...lanes].filter((lane) => lane.sessions.delete(session)).map((lane) => ask(lane, 'release', { session })))
      await close()
    }
    open++
    try {
      const first = await onLane((lane) => names(lane, session, { model, options }))
      return {
        ...first,
        concurrency: 2 * most,
        run: (feeds, fetches) =>
          onLane(async (lane) => {
            await names(lane, session, { model, options })
            const copies = Object.fromEntries(
              Object.entries(feeds).map(([name, { type, data, dims }]) => [name, { type, data: data.slice(), dims }]),
            )
            return ask(
              lane,
              'run',
              { session, feeds: copies, fetches },
              Object.values(copies).map(({ data }) => data.buffer as ArrayBuffer),
            )
          }),
        // what is carried lies on the one thread that all runs go to
        carried: options.carry === undefined ? undefined : () => onLane((lane) => ask(lane, 'carried', { session })),
        release,
      }
    } catch (error) {
      await release()
      throw error
    }
  }
  return { Tensor: PlainTensor, InferenceSession: { create }, carries: most === 1 }
}

/** What crosses threads. */
class PlainTensor implements OrtTensor {
  readonly type: OrtTensor['type']
  readonly data: OrtTensor['data']
  readonly dims: readonly number[]

  constructor(type: OrtTensor['type'], data: OrtTensor['data'], dims: readonly number[]) {
    this.type = type
    this.data = data
    this.dims = dims
  }
}
