/**
 * @file One process at a time in a folder: a lock file that names its owner, and is taken over when the owner is dead.
 *
 * The file appears whole (written beside, then hard-linked under its name, which fails if the name is taken). The owner is its process id and, where the system
 * tells it (Linux), the time at which that process started, so that a reused id is not mistaken for the owner.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { KindredError } from '../base/index.ts'
import { ioError } from '../files/index.ts'

interface Owner {
  pid: number
  host: string
  /** Clock ticks since the system came up, or null where it is not known. */
  started: string | null
  nonce: string
}

/** A lock that is held. */
export interface Lock {
  /** Gives it back; safe to call twice. It is also given back when the process exits. */
  release(): void
}

/**
 * Takes the lock of a folder.
 *
 * @throws KindredError `mismatch` when a living process holds it, `io` when the folder cannot be written
 */
export function lockFolder(folder: string, where: string): Lock {
  const path = join(folder, 'lock')
  const own: Owner = { pid: process.pid, host: hostname(), started: startOf(process.pid), nonce: randomBytes(8).toString('hex') }
  const part = join(folder, `.lock.${own.pid}.${own.nonce}`)
  try {
    writeFileSync(part, JSON.stringify(own))
    for (let attempt = 0; !link(part, path); attempt++) {
      const holder = read(path)
      if (holder !== undefined && alive(holder)) throw held(where, folder, path, holder)
      if (attempt === 20) throw new KindredError('io', where, `the lock ${path} must be free`, 'a lock that comes and goes', 'Try again.')
      discard(path, holder, `${part}.stale`)
    }
  } catch (error) {
    throw error instanceof KindredError ? error : ioError(where, path, error)
  } finally {
    rmSync(part, { force: true })
  }
  const release = (): void => {
    process.off('exit', release)
    if (read(path)?.nonce === own.nonce) rmSync(path, { force: true })
  }
  process.on('exit', release)
  return { release }
}

function held(where: string, folder: string, path: string, holder: Owner): KindredError {
  const elsewhere = holder.host !== hostname()
  const who = holder.pid === process.pid && !elsewhere ? 'this process, which has it open already' : `process ${holder.pid}${elsewhere ? ` on ${holder.host}` : ''}, which has it open`
  const fix = elsewhere ? `Close it there; if that machine is gone, delete ${path}.` : 'Close it there first, or use a PostgreSQL server (postgres://...), which many processes may share.'
  return new KindredError('mismatch', where, `${folder} must be opened by one process at a time`, who, fix)
}

/** Gives the file its second name; false when the name is taken. */
function link(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Removes a dead owner's lock, and puts it back if another process has taken it over in the meantime. */
function discard(path: string, dead: Owner | undefined, aside: string): void {
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (read(aside)?.nonce !== dead?.nonce) link(aside, path)
  rmSync(aside, { force: true })
}

function read(path: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(path, 'utf8')) as Owner
    return Number.isInteger(owner.pid) ? owner : undefined
  } catch {
    return undefined
  }
}

/** A process of another machine cannot be asked, so it counts as alive. */
function alive(owner: Owner): boolean {
  if (owner.host !== hostname()) return true
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const started = startOf(owner.pid)
  return started === null || owner.started === null || started === owner.started
}

/** Field 22 of /proc/PID/stat: when the process started. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return null
  }
}
