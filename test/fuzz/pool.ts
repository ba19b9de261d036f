/** @file Worker processes under bounds of time and memory; one that dies, hangs or swells is replaced, and its case says so. */
import { fork, type ChildProcess } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Outcome } from './classify.ts'
import type { Answer, Orders } from './worker.ts'

/** How far a case may go. */
export interface Bounds {
  /** Of processor time; of wall time three times as much, as other programs may be busy. */
  readonly seconds: number
  /** Of memory above what the worker held before the case, bytes. */
  readonly bytes: number
}

export interface PoolOptions extends Bounds {
  readonly orders: Omit<Orders, 'folder' | 'seconds'>
  readonly workers: number
  readonly folder: string
  /** A worker is replaced after so many cases. */
  readonly lifetime: number
  readonly onAnswer: (answer: Answer) => void
}

interface Usage {
  readonly seconds: number
  readonly bytes: number
}

const page = 4096
const ticks = 100

/** Processor time and resident memory of a process; undefined where the system does not tell. */
function usageOf(pid: number): Usage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { seconds: (Number(fields[11]) + Number(fields[12])) / ticks, bytes: Number(fields[21]) * page }
  } catch {
    return undefined
  }
}

type Message =
  | Answer
  | { readonly ready: true }
  | { readonly at: number; readonly reader: string; readonly byCommand: boolean }
  | { readonly seeds: string[] }

/** Tries cases in worker processes. */
export class Pool {
  private readonly options: PoolOptions
  private next: Iterator<number>

  constructor(options: PoolOptions, numbers: Iterable<number>) {
    this.options = options
    this.next = numbers[Symbol.iterator]()
  }

  /** Runs all cases. @throws Error when a reader refuses its own valid inputs: then nothing would be proven */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.options.workers }, (_, i) => this.lane(i)))
  }

  private async lane(lane: number): Promise<void> {
    for (let generation = 0; ; generation++) {
      if (!(await this.life(join(this.options.folder, `worker-${lane}-${generation}`), lane + generation === 0))) return
    }
  }

  /**
   * One worker, from its start until it is used up; the first looks whether the readers' valid inputs are accepted. @returns whether there may be more cases
   */
  private async life(folder: string, first: boolean): Promise<boolean> {
    const worker = new Worker({ ...this.options.orders, folder, seconds: this.options.seconds })
    try {
      await worker.ready
      if (first) {
        const bad = await worker.seeds()
        if (bad.length > 0) {
          this.next = [].values()
          throw new Error(`valid inputs must be accepted:\n${bad.join('\n')}`)
        }
      }
      for (let n = 0; n < this.options.lifetime; n++) {
        const { done, value } = this.next.next()
        if (done === true) return false
        const answer = await worker.attempt(value, this.options)
        this.options.onAnswer(answer)
        if (worker.ended) return true
        if (worker.swollen(this.options.bytes / 2)) return true
      }
      return true
    } finally {
      await worker.end()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** One process. */
class Worker {
  readonly ready: Promise<void>
  ended = false
  private readonly child: ChildProcess
  private readonly closed: Promise<void>
  private heard: (message: Message) => void = () => {}
  private readonly stderr: string[] = []
  private base: number | undefined

  constructor(orders: Orders) {
    this.child = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), [JSON.stringify(orders)], {
      execArgv: ['--import', import.meta.resolve('tsx')],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.child.stderr!.on('data', (b: Buffer) => {
      this.stderr.push(b.toString('utf8'))
      if (this.stderr.length > 40) this.stderr.shift()
    })
    this.closed = new Promise((resolve) =>
      this.child.on('close', () => {
        this.ended = true
        resolve()
      }),
    )
    this.child.on('message', (message: Message) => this.heard(message))
    this.ready = new Promise((resolve, reject) => {
      this.heard = (message) => 'ready' in message && resolve()
      this.child.on('close', () => reject(new Error(`a worker could not start:\n${this.stderr.join('')}`)))
    })
  }

  async seeds(): Promise<string[]> {
    const answer = new Promise<string[]>((resolve) => (this.heard = (message) => 'seeds' in message && resolve(message.seeds)))
    this.child.send('seeds')
    return Promise.race([answer, this.closed.then(() => [`the worker died:\n${this.stderr.join('')}`])])
  }

  /** One case; where the worker does not answer in its bounds, it is ended and the case judged by that. */
  async attempt(number: number, { seconds, bytes }: Bounds): Promise<Answer> {
    let [reader, byCommand] = ['?', false]
    const started = performance.now()
    const before = usageOf(this.child.pid!)
    this.base ??= before?.bytes
    let most = 0
    let verdict: { outcome: Outcome; what: string } | undefined
    const judge = (): void => {
      const ms = performance.now() - started
      const now = usageOf(this.child.pid!)
      const computed = now === undefined || before === undefined ? ms / 1000 : now.seconds - before.seconds
      if (now !== undefined && before !== undefined) most = Math.max(most, now.bytes - before.bytes)
      const limit = byCommand ? seconds * 4 : seconds // a command has a clock of its own
      if (most > bytes) verdict = { outcome: 'large', what: `${Math.round(most / 2 ** 20)} MB more than before` }
      else if ((ms > limit * 1000 && computed > limit) || ms > limit * 3000)
        verdict = { outcome: 'slow', what: `${(ms / 1000).toFixed(1)} s, ${computed.toFixed(1)} s of processor time` }
      if (verdict !== undefined) this.child.kill('SIGKILL')
    }
    const clock = setInterval(judge, 40)
    const answer = new Promise<Answer>((resolve) => {
      this.heard = (message) => {
        if ('at' in message) [reader, byCommand] = [message.reader, message.byCommand]
        else if ('number' in message) resolve(message)
      }
    })
    this.child.send(number, () => {})
    const got = await Promise.race([answer, this.closed.then(() => undefined)])
    clearInterval(clock)
    if (got !== undefined && verdict === undefined) {
      if (got.ms > seconds * 1000 && !got.byCommand) judge()
      return verdict === undefined ? got : { ...got, ...(verdict as { outcome: Outcome; what: string }) }
    }
    const ms = performance.now() - started
    return {
      number,
      reader,
      byCommand,
      ms,
      ...(verdict ?? {
        outcome: 'uncaught',
        what: `the process died (${this.child.exitCode ?? this.child.signalCode}):\n${this.stderr.join('').slice(-2000)}`,
      }),
    }
  }

  /** Whether it holds so many bytes more than at its first case. */
  swollen(bytes: number): boolean {
    const now = usageOf(this.child.pid!)
    return now !== undefined && this.base !== undefined && now.bytes - this.base > bytes
  }

  async end(): Promise<void> {
    if (!this.ended) this.child.kill('SIGKILL')
    await this.closed
  }
}
