/** @file The lock of a folder: who has it, who takes it over, who notices. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ourselves, recordText, type Holder } from './holder.ts'
import { lockFolder } from './lock.ts'
import { askFor, giveSign, meaningOf } from './sign-of-life.ts'

let folder: string
const children: ChildProcess[] = []
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'kindred-lock-'))))
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const waits = { beat: 100, silence: 400, watch: 300 }
const take = (place = folder): ReturnType<typeof lockFolder> => lockFolder(place, 'gallery', { waits })
const refusal = (place = folder): Promise<string> =>
  take(place).then(
    (lock) => (lock.release(), 'taken'),
    (error: Error) => error.message,
  )
const dead = spawnSync(process.execPath, ['-e', '']).pid

/** Leaves a lock as a process that ended without a word would, last heard of `age` ms ago. */
function leave(holder: Partial<Holder>, age = 60_000): string {
  mkdirSync(join(folder, 'lock'), { recursive: true })
  const record = join(folder, 'lock', 'x.json')
  writeFileSync(record, recordText({ ...ourselves(folder), socket: false, ...holder }))
  const then = new Date(Date.now() - age)
  utimesSync(record, then, then)
  return record
}

const unshare = ['--pid', '--fork', '--mount-proc', '--kill-child']
const canUnshare = process.platform === 'linux' && spawnSync('unshare', [...unshare, 'true']).status === 0
if (!canUnshare) console.warn('Locks across pid namespaces are not tested: unshare --pid is not allowed here')

/** A process that takes the lock; `net: true` gives it a network of its own as well, as containers have. */
async function holder(
  place = folder,
  namespace: 'same' | 'other' = 'same',
): Promise<{ child: ChildProcess; said: string; ask: (word: string) => Promise<string>; end: () => Promise<void> }> {
  const words = ['--import', 'tsx', new URL('../../test/lock-child.ts', import.meta.url).pathname, place]
  const child = namespace === 'same' ? spawn(process.execPath, words) : spawn('unshare', [...unshare, '--net', process.execPath, ...words])
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<string> => String((await lines.next()).value)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    child,
    said: await next(),
    ask: (word) => (child.stdin.write(`${word}\n`), next()),
    end: () => (child.stdin.write('end\n'), ended),
  }
}

describe('the lock of a folder', () => {
  it('is held by one, and free after', async () => {
    const lock = await take()
    expect(await refusal()).toMatch(/one process at a time, got this process, which has it open already\. Close it there first/)
    lock.check()
    lock.pulse()
    lock.release()
    lock.release()
    expect(readdirSync(folder)).toEqual([])
    expect(await refusal()).toBe('taken')
  })

  it('goes to exactly one of many who come together, also over a dead one', async () => {
    for (let round = 0; round < 10; round++) {
      if (round % 2 === 1) leave({ pid: dead })
      const got = await Promise.allSettled(Array.from({ length: 8 }, () => take()))
      const locks = got.flatMap((g) => (g.status === 'fulfilled' ? [g.value] : []))
      expect(locks).toHaveLength(1)
      locks[0].check()
      locks[0].release()
      expect(readdirSync(folder)).toEqual([])
    }
  })

  it('is taken over from the dead and from a reused process id, at once', async () => {
    const begun = performance.now()
    for (const left of [{ pid: dead }, { pid: process.pid, started: '1' }]) {
      leave(left, 0)
      expect(await refusal(), JSON.stringify(left)).toBe('taken')
    }
    expect(performance.now() - begun).toBeLessThan(waits.silence)
  })

  it('stays with the living', async () => {
    const other = await holder()
    expect(other.said).toBe(`held ${other.child.pid}`)
    expect(await refusal()).toMatch(new RegExp(`got process ${other.child.pid}, which has it open\\. Close it there first`))
    expect(await other.ask('check')).toBe('ours')
    await other.end()
    expect(readdirSync(folder)).toEqual([])
  })

  it('is free again when its holder is killed', async () => {
    const other = await holder()
    const ended = new Promise((resolve) => other.child.once('exit', resolve))
    other.child.kill('SIGKILL')
    await ended
    expect(readdirSync(folder)).toEqual(['lock'])
    expect(await refusal()).toBe('taken')
    expect(readdirSync(folder)).toEqual([])
  })

  it.skipIf(process.platform === 'win32')('is never taken from a process that is stopped, for it may go on', async () => {
    const other = await holder()
    other.child.kill('SIGSTOP')
    await sleep(waits.silence + 200)
    expect(await refusal()).toContain(`got process ${other.child.pid}, which has it open`)
    other.child.kill('SIGCONT')
    expect(await other.ask('pulse')).toBe('ours')
  })

  describe.skipIf(!canUnshare)('in different pid namespaces', () => {
    it('is held by one, though the other cannot see the process, or sees another of its id', async () => {
      const other = await holder(folder, 'other')
      expect(other.said).toMatch(/^held \d+$/) // a small number that a process of ours may have as well
      expect(await refusal()).toMatch(/got process \d+ of another container, which has it open/)
      const third = await holder(folder, 'other')
      expect(third.said).toMatch(/got process \d+ of another container, which has it open/)
      expect(await other.ask('check')).toBe('ours')
      await other.end()
      expect(await refusal()).toBe('taken')
    })

    it('is held by one the other way round, too', async () => {
      const lock = await take()
      expect((await holder(folder, 'other')).said).toContain(`got process ${process.pid} of another container, which has it open`)
      lock.check()
      lock.release()
    })

    it('is free again when its holder there is killed, and stays while it is stopped', async () => {
      const other = await holder(folder, 'other')
      const inside = Number(spawnSync('pgrep', ['-P', String(other.child.pid)], { encoding: 'utf8' }).stdout)
      process.kill(inside, 'SIGSTOP')
      await sleep(waits.silence + 200)
      expect(await refusal()).toContain('of another container, which has it open')
      const ended = new Promise((resolve) => other.child.once('exit', resolve))
      process.kill(inside, 'SIGKILL')
      await ended
      expect(await refusal()).toBe('taken')
    })
  })

  describe('of a holder that only silence can judge', () => {
    const elsewhere = { kernel: 'another start of some system', host: 'elsewhere' }

    it('is free when it has been silent, before this system was started for one', async () => {
      leave(elsewhere)
      const told: string[] = []
      const lock = await lockFolder(folder, 'gallery', { waits, progress: { log: (line: string) => told.push(line) } as never })
      expect(told).toEqual([`${folder} was open in process ${process.pid} on elsewhere; watching 0 s for a sign of life`])
      expect(readdirSync(join(folder, 'lock')).some((name) => name.startsWith('x.'))).toBe(false)
      lock.release()
    })

    it('is kept while that is fresh, and by one who moves while being watched', async () => {
      leave(elsewhere, 100)
      expect(await refusal()).toMatch(
        new RegExp(
          /got process \d+ on elsewhere, which has it open \(last sign of life 0 s ago\)\. .* /.source +
            /If that process is gone, try again when it has been silent for 0 s; .* delete .*lock/.source,
        ),
      )
      const record = leave(elsewhere)
      const moving = sleep(150).then(() => writeFileSync(record, `${readFileSync(record, 'utf8').slice(0, -2)}1\n`))
      expect(await refusal()).toMatch(/on elsewhere, which has it open/)
      await moving
    })

    it('shows life all the time', async () => {
      const lock = await take()
      const [name] = readdirSync(join(folder, 'lock')).filter((each) => each.endsWith('.json'))
      const before = readFileSync(join(folder, 'lock', name), 'utf8')
      await sleep(3 * waits.beat)
      const after = readFileSync(join(folder, 'lock', name), 'utf8')
      expect(after).not.toBe(before)
      expect(after.slice(0, after.indexOf('\n'))).toBe(before.slice(0, before.indexOf('\n')))
      lock.release()
    })

    it.skipIf(process.platform === 'win32')("writes no more when it wakes up and its lock is another's", async () => {
      const other = await holder()
      const [name] = readdirSync(join(folder, 'lock')).filter((each) => each.endsWith('.json'))
      other.child.kill('SIGSTOP')
      const path = join(folder, 'lock', name)
      writeFileSync(
        path,
        readFileSync(path, 'utf8').replace(ourselves(folder).kernel, (id) => id.replace(/^./, 'z')),
      ) // as if it ran on another machine
      await sleep(waits.silence + 100)
      const lock = await take()
      other.child.kill('SIGCONT')
      for (const word of ['pulse', 'check', 'pulse'])
        expect(await other.ask(word)).toMatch(/must stay locked while it is open, got a lock that is gone.*Nothing more is written/)
      await other.end()
      lock.check()
      lock.release()
    })

    it('is judged so where there is no socket, or where it is seen through another mount', async () => {
      const lock = await take()
      const path = join(folder, 'lock')
      const [record, socket] = readdirSync(path)
      const mine = ourselves(folder)
      const text = readFileSync(join(path, record), 'utf8')
      writeFileSync(join(path, record), text.replace(`"device":"${mine.device}"`, '"device":"1"'))
      expect(await refusal()).toMatch(/this process, which has it open already/) // a socket that answers counts through any mount
      rmSync(join(path, socket))
      expect(await refusal()).toMatch(/this process, which has it open already \(last sign of life \d s ago\)/)
      lock.release()
    })
  })

  it('that is left over without a record, with other things in it, as a torn record or as an old file, holds nobody up for ever', async () => {
    mkdirSync(join(folder, 'lock'))
    writeFileSync(join(folder, 'lock', '.DS_Store'), 'x')
    expect(await refusal()).toBe('taken')
    leave({ pid: dead })
    writeFileSync(join(folder, 'lock', 'desktop.ini'), 'x')
    expect(await refusal()).toBe('taken')
    const torn = leave({})
    writeFileSync(torn, '{"pid":')
    expect(await refusal()).toMatch(/got a process of unknown name, which has it open/)
    await sleep(waits.silence)
    expect(await refusal()).toBe('taken')
    writeFileSync(join(folder, 'lock'), '{"pid":1}')
    expect(await refusal()).toMatch(/got a process of unknown name/)
    await sleep(waits.silence)
    expect(await refusal()).toBe('taken')
    expect(readdirSync(folder)).toEqual([])
  })

  it('tells its holder when it was removed by hand, and its release leaves a successor alone', async () => {
    const lock = await take()
    rmSync(join(folder, 'lock'), { recursive: true })
    const next = await take()
    expect(() => lock.check()).toThrow(/must stay locked while it is open, got a lock that is gone/)
    expect(() => lock.pulse()).toThrow(/Nothing more is written/)
    lock.release()
    next.check()
    next.release()
  })

  it('sweeps what those left who were killed while they tried', async () => {
    mkdirSync(join(folder, '.lock.abc'))
    const old = new Date(Date.now() - 60_000)
    utimesSync(join(folder, '.lock.abc'), old, old)
    mkdirSync(join(folder, '.lock.def')) // has just begun
    const lock = await take()
    expect(readdirSync(folder).sort()).toEqual(['.lock.def', 'lock'])
    lock.release()
  })

  it("works in folders whose paths are longer than a socket's may be", async () => {
    const deep = join(folder, 'a'.repeat(60), 'b'.repeat(60))
    mkdirSync(deep, { recursive: true })
    const other = await holder(deep)
    expect(other.said).toBe(`held ${other.child.pid}`)
    expect(readdirSync(join(deep, 'lock')).filter((name) => name.endsWith('.sock'))).toHaveLength(process.platform === 'linux' ? 1 : 0)
    expect(await refusal(deep)).toContain(`got process ${other.child.pid}, which has it open`)
    const ended = new Promise((resolve) => other.child.once('exit', resolve))
    other.child.kill('SIGKILL')
    await ended
    expect(await refusal(deep)).toBe('taken')
  })
})

describe('a sign of life', () => {
  it("is a file system's, and none where it has none", async () => {
    const path = join(folder, 's.sock')
    expect(await askFor(path)).toBe('unknown')
    const server = (await giveSign(path))!
    expect(await askFor(path)).toBe('yes')
    expect(statSync(path).isSocket()).toBe(true)
    server.close()
    expect(await giveSign(join(folder, 'no such folder', 's.sock'))).toBeUndefined()
    expect(hostname()).toBe(ourselves(folder).host)
  })

  it('is understood on each system', () => {
    expect(['ECONNREFUSED', 'EAGAIN', 'ENOENT', 'EACCES', undefined].map((code) => meaningOf(code, 'linux'))).toEqual([
      'no',
      'yes',
      'unknown',
      'unknown',
      'unknown',
    ])
    expect(['ENOENT', 'EBUSY', 'EPERM', 'ECONNREFUSED'].map((code) => meaningOf(code, 'win32'))).toEqual(['no', 'yes', 'yes', 'unknown'])
  })
})
