/**
 * @file One process at a time in a folder: a lock that names its holder, outlives no process, and that its holder keeps asking for.
 *
 * The lock is a folder (`lock`) with one record in it, `NONCE.json`. It appears whole: made beside, then renamed to its name, which fails while a folder with
 * anything in it has that name (no hard links are needed, so it works on exFAT and network shares). Whoever finds the holder dead removes that holder's record,
 * by its nonce; so of two who do the same, one gets the name, and nobody can remove a lock that was taken in the meantime. A holder whose record is gone writes
 * no more.
 */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import type { Server } from 'node:net'
import { join } from 'node:path'
import { KindredError, silent, type Progress } from '../base/index.ts'
import { ioError } from './read.ts'
import { beatAt, judge, ourselves, patience, recordText, type Holder, type Judge, type Patience, type Verdict } from './holder.ts'
import { giveSign } from './sign-of-life.ts'

/** A lock that is held. */
export interface Lock {
  /**
   * Shows that the holder lives, where some time has passed since it last did; cheap enough for every write.
   *
   * @throws KindredError `mismatch` when the lock is gone: somebody removed it, or gave this process up after a long silence
   */
  pulse(): void
  /** As {@link pulse}, but looks at once. */
  check(): void
  /** Gives it back; safe to call twice. It is also given back when the process exits. */
  release(): void
}

/** Options of {@link lockFolder}. */
export interface LockOptions {
  /** Name of the lock in the folder; nothing else may ever have it. Default `lock`. */
  readonly name?: string
  /** What else can be done where another process has the lock: "or ...". */
  readonly instead?: string
  readonly progress?: Progress
  readonly waits?: Patience
}

/**
 * Takes the lock of a folder.
 *
 * @throws KindredError `mismatch` when a living process holds it, `io` when the folder cannot be written
 */
export async function lockFolder(
  folder: string,
  where: string,
  { name = 'lock', instead, progress = silent, waits = patience }: LockOptions = {},
): Promise<Lock> {
  const path = join(folder, name)
  const nonce = randomBytes(8).toString('hex')
  const own = join(folder, `.lock.${nonce}`)
  let server: Server | undefined
  try {
    mkdirSync(own)
    quietly(() => chmodSync(own, 0o777)) // who may write in the folder may remove a dead lock from it
    server = await giveSign(join(own, `${nonce}.sock`))
    const us = ourselves(own)
    const holder: Holder = { ...us, socket: server !== undefined }
    writeFileSync(join(own, `${nonce}.json`), recordText(holder))
    const by: Judge = {
      us,
      now: statSync(join(own, `${nonce}.json`)).mtimeMs,
      waits,
      waiting: (other, ms) => progress.log(`${folder} was open in ${named(other)}; watching ${Math.round(ms / 1000)} s for a sign of life`),
    }
    for (let attempt = 0; !moved(own, path); attempt++) {
      const verdict = await clear(path, by)
      if (verdict.alive) throw held({ where, folder, path, instead }, verdict, by)
      if (attempt === 20)
        throw new KindredError(
          'io',
          where,
          `the lock ${path} must be free`,
          'a lock that comes and goes, or one that cannot be removed',
          `Try again, or remove ${path}.`,
        )
    }
    const lock = keep({ path, nonce, holder, where, folder, server, waits })
    await sweep(folder, by).catch(() => {})
    return lock
  } catch (error) {
    server?.close()
    quietly(() => rmSync(own, { recursive: true, force: true }))
    throw ioError(where, path, error)
  }
}

/** Gives the folder its name; false while there is something of that name. */
function moved(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    // Windows, and shares that it serves, refuse with EPERM or EACCES even when the target is an empty folder
    if (/^(EEXIST|ENOTEMPTY|ENOTDIR|EISDIR|EPERM|EACCES|EBUSY)$/.test((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

/** Removes what a dead holder left; the verdict on one that lives. */
async function clear(path: string, by: Judge): Promise<Verdict> {
  let names: string[]
  try {
    names = readdirSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return { alive: false }
    if (code !== 'ENOTDIR') throw error
    const verdict = await judge(path, path, by) // a file: whoever made it, silence is the judge
    if (!verdict.alive) rmSync(path, { force: true })
    return verdict
  }
  const records = names.filter((name) => name.endsWith('.json'))
  for (const name of records) {
    const verdict = await judge(join(path, name), join(path, socketOf(name)), by)
    if (verdict.alive) return verdict
    for (const gone of [name, socketOf(name)]) rmSync(join(path, gone), { force: true })
  }
  // without a record nobody holds it: what lies there is left over, or was put there by a desktop
  if (records.length === 0) for (const name of names) rmSync(join(path, name), { recursive: true, force: true })
  quietly(() => rmdirSync(path)) // fails when somebody has taken it meanwhile
  return { alive: false }
}

const socketOf = (record: string): string => record.replace(/\.json$/, '.sock')

/** Removes what processes left that were killed while they tried to get the lock. */
async function sweep(folder: string, by: Judge): Promise<void> {
  for (const name of readdirSync(folder)) {
    const nonce = /^\.lock\.(\w+)$/.exec(name)?.[1]
    if (nonce === undefined) continue
    const left = join(folder, name)
    const age = by.now - (statSync(left, { throwIfNoEntry: false })?.mtimeMs ?? by.now)
    const dead = !(
      await judge(join(left, `${nonce}.json`), join(left, `${nonce}.sock`), { ...by, waits: { ...by.waits, watch: 0 }, waiting: () => {} })
    ).alive
    if (dead && age > by.waits.beat) quietly(() => rmSync(left, { recursive: true, force: true }))
  }
}

interface Held {
  path: string
  nonce: string
  holder: Holder
  where: string
  folder: string
  server: Server | undefined
  waits: Patience
}

function keep({ path, nonce, holder, where, folder, server, waits }: Held): Lock {
  const record = join(path, `${nonce}.json`)
  let beats = 0
  let lost = false
  let last = { clock: Date.now(), run: performance.now() }
  const beat = (): void => {
    if (!lost) {
      last = { clock: Date.now(), run: performance.now() }
      try {
        const fd = openSync(record, 'r+')
        try {
          const { at, text } = beatAt(holder, ++beats)
          writeSync(fd, text, at)
        } finally {
          closeSync(fd)
        }
      } catch (error) {
        lost = /^(ENOENT|ENOTDIR|ESTALE)$/.test((error as NodeJS.ErrnoException).code ?? '') // a full disk or the like takes no lock away
      }
    }
    if (lost)
      throw new KindredError(
        'mismatch',
        where,
        `${folder} must stay locked while it is open`,
        'a lock that is gone: it was removed, or this process was silent for so long that another took over',
        'Nothing more is written. Open it again.',
      )
  }
  // a suspended machine stops one of the clocks, a corrected one turns the other back
  const due = (): boolean => performance.now() - last.run > waits.beat || Math.abs(Date.now() - last.clock) > waits.beat
  const timer = setInterval(() => quietly(beat), waits.beat).unref()
  const release = (): void => {
    process.off('exit', release)
    clearInterval(timer)
    server?.close()
    for (const name of [`${nonce}.json`, `${nonce}.sock`]) quietly(() => rmSync(join(path, name), { force: true }))
    quietly(() => rmdirSync(path))
  }
  process.on('exit', release)
  return {
    pulse: () => {
      if (lost || due()) beat()
    },
    check: () => {
      if (lost || !existsSync(record)) beat()
    },
    release,
  }
}

const named = (holder: Holder | undefined): string =>
  holder === undefined ? 'a process of unknown name' : `process ${holder.pid} on ${holder.host}`

function held(
  { where, folder, path, instead }: { where: string; folder: string; path: string; instead: string | undefined },
  { holder, silent: silence }: Verdict & { alive: true },
  { us, waits }: Judge,
): KindredError {
  const sameSystem = holder?.kernel === us.kernel
  const sameNamespace = sameSystem && holder.pidNamespace === us.pidNamespace
  const seen = silence === undefined ? '' : ` (last sign of life ${Math.round(silence / 1000)} s ago)`
  const who =
    sameNamespace && holder.pid === us.pid
      ? 'this process, which has it open already'
      : `${sameNamespace ? `process ${holder.pid}` : sameSystem ? `process ${holder.pid} of another container` : named(holder)}, which has it open`
  const close = `Close it there first${instead === undefined ? '' : `, ${instead}`}.`
  const fix =
    silence === undefined
      ? close
      : `${close} If that process is gone, try again when it has been silent for ${Math.round(waits.silence / 1000)} s; if the machine is gone for good, ` +
        `you may also delete ${path}.`
  return new KindredError('mismatch', where, `${folder} must be opened by one process at a time`, `${who}${seen}`, fix)
}

function quietly(work: () => void): void {
  try {
    work()
  } catch {
    // what cannot be tidied now is by whoever comes next
  }
}
