/**
 * @file A sign of life that no process can leave behind: a listening socket (a named pipe on Windows). The kernel answers for a process that is busy or
 * stopped, and
 * stops answering at the moment the process ends, however it ends; other containers on the machine reach it through the file system.
 */
import { closeSync, constants, openSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { basename, dirname, join } from 'node:path'

/** What {@link askFor} found: somebody answers, nobody can any more, or this machine cannot tell. */
export type Answer = 'yes' | 'no' | 'unknown'

/** The longest path of a socket that every system takes; Linux takes longer ones by way of their folder. */
const longestPath = 100

/**
 * Gives a sign of life at a path until it is closed or the process ends; it does not keep the process running.
 *
 * @returns undefined where the file system has no sockets or the path is too long
 */
export async function giveSign(path: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy())
  const reached = reach(path)
  if (reached === undefined) return undefined
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      // exclusive: in a worker of `cluster` the socket would else belong to the primary process, which outlives it
      server.listen({ path: reached.path, exclusive: true, readableAll: true, writableAll: true }, resolve)
    })
    server.on('error', () => {}) // a failing accept takes nothing from the sign
    return server.unref()
  } catch {
    server.close()
    return undefined
  } finally {
    reached.done()
  }
}

/** Whether a process gives a sign of life at a path. */
export async function askFor(path: string): Promise<Answer> {
  const reached = reach(path)
  if (reached === undefined) return 'unknown'
  try {
    return await new Promise<Answer>((resolve) => {
      const socket = connect(reached.path)
      const answer = (found: Answer): void => {
        clearTimeout(timer)
        socket.destroy()
        resolve(found)
      }
      const timer = setTimeout(() => answer('unknown'), 5000)
      socket.once('connect', () => answer('yes'))
      socket.once('error', ({ code }: NodeJS.ErrnoException) => answer(meaningOf(code, process.platform)))
    })
  } finally {
    reached.done()
  }
}

/** What a refused connection means. A socket outlives its process as a name that refuses; a named pipe of Windows goes with it; a full queue has an owner. */
export function meaningOf(code: string | undefined, platform: NodeJS.Platform): Answer {
  if (platform === 'win32')
    return code === 'ENOENT' ? 'no' : code === 'EBUSY' || code === 'EAGAIN' || code === 'EPERM' || code === 'EACCES' ? 'yes' : 'unknown'
  return code === 'ECONNREFUSED' ? 'no' : code === 'EAGAIN' ? 'yes' : 'unknown'
}

/** A path by which the system takes a socket's; `done` when it has been used. */
function reach(path: string): { path: string; done: () => void } | undefined {
  if (process.platform === 'win32') return { path: `\\\\.\\pipe\\kindred-${basename(path)}`, done: () => {} }
  if (Buffer.byteLength(path) <= longestPath) return { path, done: () => {} }
  if (process.platform !== 'linux') return undefined
  try {
    const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY)
    return { path: join(`/proc/self/fd/${folder}`, basename(path)), done: () => closeSync(folder) }
  } catch {
    return undefined
  }
}
