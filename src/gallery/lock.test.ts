/** @file The lock of a folder: who has it, who takes it over. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lockFolder } from './lock.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'kindred-lock-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const dead = spawnSync(process.execPath, ['-e', '']).pid
const leave = (owner: object | string): void => writeFileSync(join(folder, 'lock'), typeof owner === 'string' ? owner : JSON.stringify({ host: hostname(), started: null, nonce: 'x', ...owner }))

it('is held by one, and free after', () => {
  const lock = lockFolder(folder, 'gallery')
  expect(() => lockFolder(folder, 'gallery')).toThrow(/one process at a time, got this process/)
  lock.release()
  lock.release()
  expect(readdirSync(folder)).toEqual([])
  lockFolder(folder, 'gallery').release()
})

it('is taken over from the dead, from a reused process id and from a torn file', () => {
  for (const left of [{ pid: dead }, { pid: process.pid, started: '1' }, '', '{"pid":']) {
    leave(left)
    const lock = lockFolder(folder, 'gallery')
    expect(readdirSync(folder)).toEqual(['lock'])
    lock.release()
  }
})

it('stays with the living, here and on another machine, and its release leaves a successor alone', () => {
  leave({ pid: process.ppid })
  expect(() => lockFolder(folder, 'gallery')).toThrow(new RegExp(`got process ${process.ppid}, which has it open\\. Close it there first`))
  leave({ pid: dead, host: 'elsewhere' })
  expect(() => lockFolder(folder, 'gallery')).toThrow(/got process \d+ on elsewhere, which has it open\. Close it there; if that machine is gone, delete .*lock/)
  rmSync(join(folder, 'lock'))
  const lock = lockFolder(folder, 'gallery')
  leave({ pid: process.ppid })
  lock.release()
  expect(readdirSync(folder)).toEqual(['lock'])
})
