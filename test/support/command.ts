/** @file The real command as a child process, for tests of how it begins and ends. */
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const loader = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href
const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** The words that start it, for a shell. */
export const startWords: readonly string[] = [process.execPath, '--import', loader, main]

/** What became of a process. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

/** A process with what it has said so far. */
export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Waits until it has said something on standard error. */
  said(text: string | RegExp): Promise<void>
}

/** Settings of {@link start}. */
export interface StartOptions {
  readonly seconds?: number
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
}

/** Starts a program; it is killed when it has not ended after `seconds`. */
export function start(program: string, words: readonly string[], { seconds = 60, cwd, env }: StartOptions = {}): Running {
  const child = spawn(program, words, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  let heard = (): void => {}
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    err += text
    heard()
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000)
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, out, err })
      heard()
    }),
  )
  const has = (text: string | RegExp): boolean => (typeof text === 'string' ? err.includes(text) : text.test(err))
  return {
    child,
    ended,
    said: (text) =>
      new Promise((resolve, reject) => {
        heard = () => {
          if (has(text)) resolve()
          else if (child.exitCode !== null || child.signalCode !== null) reject(new Error(`ended without saying ${text}: ${err}`))
        }
        heard()
      }),
  }
}

/** Runs a line of bash in which `K` is the command. @param program what starts it; default {@link startWords} */
export const bash = (
  line: string,
  { program = startWords, ...options }: StartOptions & { program?: readonly string[] } = {},
): Promise<Ended> => start('bash', ['-c', `K() { ${program.map((w) => `'${w}'`).join(' ')} "$@"; }; ${line}`], options).ended
