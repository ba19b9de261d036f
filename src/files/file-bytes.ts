/** @file A file that is read at any place, piece by piece: a file of weights or an archive is larger than what is needed of it at one time. */
import { closeSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { ensure, ensureWithin, KindredError } from '../base/index.ts'
import { ioError, openRegular } from './read.ts'

/** Reads from a file at any place, and complains clearly at its end. */
export class FileBytes {
  readonly path: string
  readonly size: number
  private readonly fd: number
  private readonly where: string

  /** @throws KindredError as `openRegular`; `limit` for a file above `fileBytes` */
  constructor(path: string, where = 'read') {
    ensure(typeof path === 'string', where, 'the path of a file must be given', path)
    const { fd, stats } = openRegular(path, where)
    this.fd = fd
    this.path = path
    this.where = where
    this.size = stats.size
    try {
      ensureWithin('fileBytes', stats.size, where, path)
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  /** `length` bytes from byte `from` on. @throws KindredError `corrupt` where the file does not have them, before any memory is taken */
  at(from: number, length: number): Buffer<ArrayBuffer> {
    this.within(from, length)
    const bytes = Buffer.from(new ArrayBuffer(length))
    this.into(bytes, from)
    return bytes
  }

  into(bytes: Uint8Array, from: number): void {
    this.within(from, bytes.length)
    try {
      for (let done = 0; done < bytes.length;) {
        const n = readSync(this.fd, bytes, done, Math.min(bytes.length - done, 1 << 28), from + done)
        if (n === 0) throw this.corrupt(`${bytes.length} bytes must follow byte ${from}`, `its end at ${from + done}`)
        done += n
      }
    } catch (error) {
      throw ioError(this.where, this.path, error)
    }
  }

  /** CRC-32 (of zip archives) of a part of the file, read in pieces. */
  crc32(from: number, length: number): number {
    let crc = 0
    const step = 1 << 22
    for (let done = 0; done < length; done += step) crc = crc32(this.at(from + done, Math.min(step, length - done)), crc)
    return crc
  }

  close(): void {
    closeSync(this.fd)
  }

  /** The error for a file that holds something else than it should. */
  corrupt(expected: string, got: string, cause?: unknown): KindredError {
    return new KindredError(
      'corrupt',
      this.path,
      expected,
      got,
      'The file is damaged, or of another kind than its name says. Fetch it again.',
      { cause },
    )
  }

  private within(from: number, length: number): void {
    const whole = Number.isSafeInteger(from) && Number.isSafeInteger(length) && from >= 0 && length >= 0
    if (!whole || from + length > this.size) throw this.corrupt(`${length} bytes must follow byte ${from}`, `its end at ${this.size}`)
  }
}
