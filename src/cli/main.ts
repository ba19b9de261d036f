#!/usr/bin/env node
/** @file The program `kindred`. It begins with as little as possible: where even loading fails, it still says why. */
import { isClosedPipe, processStreams } from './process-streams.ts'

const streams = processStreams()
const words = process.argv.slice(2)

/** Says an error in one line; the end of whatever nobody caught. */
async function failed(error: unknown): Promise<number> {
  try {
    const { reportError } = await import('./report-error.ts')
    return reportError(error, { json: words.includes('--json'), debug: process.env.KINDRED_DEBUG === '1' }, streams.err)
  } catch {
    // not even that could be loaded: no file can be opened, most likely
    const { code, message } = error as NodeJS.ErrnoException
    streams.err.write(
      `error: kindred could not be loaded: ` +
        `${code === 'EMFILE' ? 'too many open files (EMFILE). Raise the limit: ulimit -n 1024' : JSON.stringify(message ?? String(error))}\n`,
    )
    return 1
  }
}

/** Ends the process when all is written: 141 where the reader of the result has gone, as the shell says of a program that a closed pipe ends. */
async function end(code: number): Promise<never> {
  const lost = await streams.settled()
  if (lost === undefined || code !== 0) process.exit(code)
  if (isClosedPipe(lost)) process.exit(141)
  const { lostResult } = await import('./report-error.ts')
  process.exit(await failed(lostResult(lost)))
}

const lastResort = (error: unknown): void => void failed(error).then(end)
process.on('uncaughtException', lastResort)
process.on('unhandledRejection', lastResort)
try {
  const { run } = await import('./run.ts')
  await end(await run(words, streams))
} catch (error) {
  await end(await failed(error))
}
