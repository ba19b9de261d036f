/** @file A number on disk that only grows, written in place so often that renaming a file each time would be felt. */
import { closeSync, existsSync, openSync, writeSync } from 'node:fs'
import { z } from 'zod'
import { readJson, writeFileAtomic } from '../files/index.ts'

const width = 16

/** See {@link openCounter}. */
export interface Counter {
  /** What it was when it was opened; undefined when there was none. */
  readonly value: number | undefined
  /** Gives the new number to the system, in one write of always the same length: a reader finds the old or the new one whole. */
  set(value: number): void
  close(): void
}

/**
 * Opens a counter; its file comes with the first number. Some 10 microseconds a number.
 *
 * @throws KindredError `corrupt` when the file holds no number, `io`
 */
export function openCounter(path: string): Counter {
  const value = existsSync(path)
    ? readJson(path, z.number().int().nonnegative(), {
        where: 'gallery',
        fix: 'It must hold a number: restore the folder from a copy, or delete this file, which gives up the check it is for.',
      })
    : undefined
  let fd: number | undefined
  return {
    value,
    set(next) {
      const text = `${String(next).padStart(width)}\n`
      if (fd === undefined && !existsSync(path)) writeFileAtomic(path, text)
      fd ??= openSync(path, 'r+')
      writeSync(fd, text, 0)
    },
    close() {
      if (fd !== undefined) closeSync(fd)
      fd = undefined
    },
  }
}
