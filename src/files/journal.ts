/**
 * @file An append-only file of JSON lines: what work has finished goes to the end of it, so that a stop at any moment costs no more than the piece in hand, and
 * nothing that is written has to be written again.
 */
import { closeSync, constants, existsSync, fsyncSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { KindredError, parseJsonAs, type Schema } from '../base/index.ts'
import { makeFolder } from './atomic.ts'
import { ioError, readBytes } from './read.ts'

/**
 * A journal: entries from earlier runs, and a place for more.
 *
 * A last line that was cut short, as a killed writer leaves it, is no entry and is overwritten. Any other line that is not as the schema says is passed over
 * and counted: its entry is lost, the others are not.
 */
export class Journal<T> {
  readonly path: string
  /** What was in it when it was opened. */
  readonly entries: readonly T[]
  /** Lines that could not be read. */
  readonly damaged: number
  /** Bytes of whole lines. */
  private length: number
  private fd: number | undefined

  /**
   * Reads a journal; one that is not there is empty, and is made by the first {@link append}.
   *
   * @throws KindredError `io`, `limit` (`fileBytes`)
   */
  constructor(path: string, schema: Schema<T>, where = 'journal') {
    this.path = path
    const bytes = existsSync(path) ? readBytes(path, where) : new Uint8Array(0)
    const text = new TextDecoder('utf-8', { fatal: true })
    const entries: T[] = []
    let [start, damaged] = [0, 0]
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      try {
        entries.push(parseJsonAs(text.decode(bytes.subarray(start, end)), path, schema))
      } catch (error) {
        if (!(error instanceof KindredError) && !(error instanceof TypeError)) throw error // a TypeError: the bytes are no UTF-8
        damaged++
      }
      start = end + 1
    }
    this.entries = entries
    this.damaged = damaged
    this.length = start
  }

  /**
   * Appends entries; when it returns, they are on the disk.
   *
   * @throws KindredError `io`; the journal is then as it was before
   */
  append(entries: readonly T[]): void {
    const bytes = Buffer.from(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
    try {
      this.fd ??= this.open()
      for (let at = 0; at < bytes.length;) at += writeSync(this.fd, bytes, at, bytes.length - at, this.length + at)
      fsyncSync(this.fd)
      this.length += bytes.length
    } catch (error) {
      this.cut()
      throw ioError('write', this.path, error)
    }
  }

  private open(): number {
    makeFolder(dirname(this.path))
    const fd = openSync(this.path, constants.O_RDWR | constants.O_CREAT, 0o666)
    try {
      ftruncateSync(fd, this.length)
    } catch (error) {
      closeSync(fd)
      throw error
    }
    return fd
  }

  /** Takes half a line off the end, where that is possible; the next writer does it otherwise. */
  private cut(): void {
    try {
      if (this.fd !== undefined) ftruncateSync(this.fd, this.length)
    } catch {
      // the error that led here is told
    }
  }

  /** Lets go of the file. */
  close(): void {
    if (this.fd !== undefined) closeSync(this.fd)
    this.fd = undefined
  }

  /** Removes the file: what it held is kept elsewhere by now. @throws KindredError `io` */
  remove(): void {
    this.close()
    try {
      rmSync(this.path, { force: true })
    } catch (error) {
      throw ioError('write', this.path, error)
    }
    this.length = 0
  }
}
