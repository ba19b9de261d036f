/** @file The command line as a function, for tests of what it answers. */
import { run } from '../../src/cli/run.ts'

/** Runs `kindred` with these words in this process: its exit code, and what it wrote to both streams. */
export async function kindred(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const code = await run(words, {
    out: { write: (text: string) => void (out += text) },
    err: { write: (text: string) => void (err += text) },
  })
  return { code, out, err }
}
