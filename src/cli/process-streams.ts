/** @file Standard output and error of the process, which may vanish while it runs: a closed pipe, a full disk, a terminal that is gone. */
import type { Streams } from './streams.ts'

/** The streams of this process. */
export interface ProcessStreams extends Streams {
  /** Waits until all is written; the system's error when standard output did not take everything. */
  settled(): Promise<NodeJS.ErrnoException | undefined>
}

/** Whether an error of a stream means that nobody reads it any more. */
export function isClosedPipe({ code }: NodeJS.ErrnoException): boolean {
  return (
    code === 'EPIPE' || code === 'ECONNRESET' || code === 'EOF' || code === 'ERR_STREAM_DESTROYED' || code === 'ERR_STREAM_WRITE_AFTER_END'
  )
}

/**
 * Standard output and error. Neither ever throws: progress that cannot be shown is lost and the work goes on; a result that cannot be written is told by
 * {@link ProcessStreams.settled}.
 */
export function processStreams(): ProcessStreams {
  const { stdout, stderr } = process
  const writes: Promise<void>[] = []
  let failure: NodeJS.ErrnoException | undefined
  let mute = false
  stdout.on('error', (error) => (failure ??= error))
  stderr.on('error', () => (mute = true))
  return {
    out: {
      write(text) {
        if (failure !== undefined) return
        writes.push(
          new Promise((done) =>
            stdout.write(text, (error) => {
              failure ??= error ?? undefined
              done()
            }),
          ),
        )
      },
    },
    err: {
      write(text) {
        if (!mute) stderr.write(text)
      },
      get isTTY() {
        return stderr.isTTY
      },
      get columns() {
        return stderr.columns
      },
    },
    async settled() {
      await Promise.all(writes)
      if (!mute) await new Promise((done) => stderr.write('', done))
      return failure
    },
  }
}
