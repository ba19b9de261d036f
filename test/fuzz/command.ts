/** @file Cases through the command line: the compiled program in a process of its own. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Judged } from './classify.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Compiles the program into a folder, beside the packages it needs. @returns its main file */
export function compileProgram(folder: string): string {
  mkdirSync(folder, { recursive: true })
  execFileSync(
    process.execPath,
    [
      join(root, 'node_modules/typescript/bin/tsc'),
      '-p',
      join(root, 'tsconfig.build.json'),
      '--outDir',
      join(folder, 'dist'),
      '--declaration',
      'false',
    ],
    { stdio: 'inherit' },
  )
  for (const name of ['node_modules', 'assets', 'package.json']) symlinkSync(join(root, name), join(folder, name))
  return join(folder, 'dist', 'cli', 'main.js')
}

/** A line of a stack, as Node prints it. */
const stack = /^\s+at .*(:\d+:\d+\)?|<anonymous>\)?|\(native\))$/m
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

/** Runs the program and judges how it ended and what it wrote. */
export async function tryCommand(main: string, words: readonly string[], cwd: string, seconds: number): Promise<Judged> {
  const child = spawn(process.execPath, [main, ...words], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, KINDRED_DEBUG: '', NO_COLOR: '1' },
  })
  const parts: Record<'out' | 'err', Buffer[]> = { out: [], err: [] }
  child.stdout.on('data', (b: Buffer) => parts.out.push(b))
  child.stderr.on('data', (b: Buffer) => parts.err.push(b))
  let late = false
  const clock = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, seconds * 1000)
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => child.on('close', (c, s) => resolve([c, s])))
  clearTimeout(clock)
  const [out, err] = [Buffer.concat(parts.out).toString('utf8'), Buffer.concat(parts.err).toString('utf8')]
  const said = `kindred ${words.join(' ')}\nexit ${code ?? signal}\n${err.slice(0, 1500)}\n${out.slice(0, 500)}`
  if (late) return { outcome: 'slow', what: `no end after ${seconds} s: ${said}` }
  if (signal !== null || ![0, 1, 2].includes(code ?? -1)) return { outcome: 'uncaught', what: said }
  if (stack.test(err) || stack.test(out)) return { outcome: 'uncaught', what: `a stack: ${said}` }
  if (/\bunexpected:|"unexpected"/.test(err)) return { outcome: 'uncaught', what: said }
  if (control.test(err) || control.test(out)) return { outcome: 'uncaught', what: `control characters: ${JSON.stringify(said)}` }
  if (/\bNaN\b|\bundefined\b|\[object /.test(out)) return { outcome: 'wrong', what: said }
  return { outcome: code === 0 ? 'accepted' : 'clear' }
}
