/** @file The folder that a run writes into: made where it is missing, and cleared of what a killed run has left. */
import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, statSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { KindredError, parseJsonAs } from '../base/index.ts'
import { isProcess, madeByKindred, makeFolder, pathKind, readText, sweepParts, writeFileAtomic } from '../files/index.ts'
import { closedPage } from './life-line.ts'

/** Folders below a run's folder that are all its own. */
const own = ['figures', 'crops', 'vectors', 'groups', 'training']

/**
 * Makes a run's folder ready: no part files of killed writers, and no page that claims to run when its process is gone.
 *
 * @param files what the run writes, where nothing of somebody else may lie; see {@link ensureNoForeignFiles}
 * @throws KindredError `io`, `usage` when the folder cannot be made, with the system's reason, or holds somebody else's files
 */
export function openRunFolder(folder: string, files: readonly string[] = []): void {
  ensureNoForeignFiles(folder, files)
  makeFolder(folder, 'run folder')
  sweepParts(folder)
  for (const name of own) sweepParts(join(folder, name), { recursive: true })
  closeDeadReport(folder)
}

/**
 * Keeps files that somebody else has written: a report page or data without the other, or data that are not of our form, are none of ours.
 *
 * @throws KindredError `usage`
 */
export function ensureNoForeignReport(folder: string): void {
  const [data, page] = [join(folder, 'report.json'), join(folder, 'report.html')]
  const isThere = (path: string): boolean => pathKind(path, 'run folder') !== undefined
  const foreign = !isThere(data) ? (isThere(page) ? page : undefined) : isOurs(data) ? undefined : data
  if (foreign === undefined) return
  throw foreignIn(folder, foreign, 'the file')
}

/**
 * Keeps files that somebody else has written where a run would write its own: in a folder that no run of kindred has made, nothing may lie under these names.
 *
 * @param names of the files and folders that are going to be written; an empty folder is nobody's
 * @throws KindredError `usage`, naming the first
 */
export function ensureNoForeignFiles(folder: string, names: readonly string[]): void {
  if (pathKind(folder, 'run folder') !== 'folder') return // made anew, or refused by whoever makes it
  const here = readdirSync(folder)
  if (madeByKindred(folder, here) !== undefined || (here.includes('report.json') && isOurs(join(folder, 'report.json')))) return
  const isFilled = (path: string): boolean => pathKind(path, 'run folder') !== 'folder' || readdirSync(path).length > 0
  const foreign = names
    .filter((name) => here.includes(name))
    .map((name) => join(folder, name))
    .find(isFilled)
  if (foreign === undefined) return
  throw foreignIn(folder, foreign, 'it')
}

const anyReport = z.looseObject({ complete: z.boolean(), seconds: z.number() })

function isOurs(path: string): boolean {
  try {
    const text = readText(path, 'report')
    return text === '' || parseJsonAs(text, path, anyReport) !== undefined // an empty one is of a machine that went down
  } catch {
    return false
  }
}

const reportSchema = z.looseObject({
  complete: z.literal(false),
  seconds: z.number(),
  running: z.object({ pid: z.number(), host: z.string(), heard: z.iso.datetime() }).optional(),
})

/** Without a sign of life for so long, a run is taken for dead. Should it live, its next one puts things right. */
const silence = 120_000

/**
 * Closes a running report where no new file can be written, a full disk: over the bytes of the files that are there, which a closed report needs fewer of. A
 * reason that does not fit is cut.
 */
export function closeInPlace(folder: string, reason: string): void {
  overwrite(join(folder, 'report.json'), reason, (text, stopped) => {
    const { running: _, now: __, ...report } = parseJsonAs(text, 'report', reportSchema)
    return `${JSON.stringify({ ...report, complete: true, stopped }, null, 2)}\n`
  })
  overwrite(join(folder, 'report.html'), reason, closedPage)
}

function overwrite(path: string, reason: string, closed: (text: string, reason: string) => string): void {
  try {
    const old = readFileSync(path)
    const fitting = [reason, `${reason.slice(0, 300)}…`, `${reason.slice(0, 100)}…`, '…']
      .map((words) => Buffer.from(closed(old.toString(), words)))
      .find((bytes) => bytes.length <= old.length)
    if (fitting === undefined) return
    const fd = openSync(path, 'r+')
    try {
      for (let at = 0; at < fitting.length;) at += writeSync(fd, fitting, at)
      ftruncateSync(fd, fitting.length)
    } finally {
      closeSync(fd)
    }
  } catch {
    // it stays as it is; the page tells its age itself, and the next start in the folder closes it
  }
}

/** Closes the report of a run that was killed, or went down with its machine. What cannot be read or written stays as it is: the page tells its age itself. */
export function closeDeadReport(folder: string): void {
  const path = join(folder, 'report.json')
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return
    const { running, now: _, ...report } = parseJsonAs(readText(path, 'report'), path, reportSchema)
    const heard = running === undefined ? statSync(path).mtime : new Date(running.heard)
    const alive = Date.now() - heard.getTime() < silence && (running === undefined || running.host !== hostname() || isProcess(running.pid))
    if (alive) return
    const stopped = `The run was killed, or went down with its machine: its last sign of life is of ${heard.toISOString().slice(0, 19).replace('T', ' ')} UTC.`
    const page = join(folder, 'report.html')
    const closed = closedPage(readFileSync(page, 'utf8'), stopped)
    writeFileAtomic(path, `${JSON.stringify({ ...report, complete: true, stopped }, null, 2)}\n`)
    writeFileAtomic(page, closed)
  } catch {
    // no report of ours, or not ours to write
  }
}

function foreignIn(folder: string, foreign: string, it: 'the file' | 'it'): KindredError {
  return new KindredError(
    'usage',
    'run folder',
    `${folder} must be empty or hold results of kindred`,
    `${foreign}, which kindred has not written`,
    `Choose another \`out\`, or move ${it} away.`,
    { option: 'out' },
  )
}
