/** @file How the command ends: signals, closed pipes, full disks, too few open files, names from outside; and what it then says. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { bash, start, startWords } from '../../test/support/command.ts'
import { kindred } from '../../test/support/kindred.ts'
import { KindredError, limits, printable } from '../base/index.ts'
import { echoedCommand } from './echo.ts'
import { exitCodeOf, interruptible } from './interrupt.ts'
import { limitOption } from './limit-option.ts'
import { barProgress, jsonProgress, lineProgress, progressFor } from './progress.ts'
import { reportError } from './report-error.ts'
import { resultText } from './result-text.ts'
import { columns, fit, textWidth } from '../jobs/index.ts'

const posix = process.platform !== 'win32'
const linux = process.platform === 'linux'
/** A name as an attacker would choose it. */
const evil = 'a\u001b[2J\n7  99.0 %  forged.png\u202egnp.exe\u009b'
// oxlint-disable-next-line no-control-regex
const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

describe('names from outside', () => {
  const shown = 'a\\x1b[2J\\n7  99.0 %  forged.png\\u202egnp.exe\\x9b'
  function recorded(isTTY = false, columns = 60) {
    const written: string[] = []
    return { written, stream: { isTTY, columns, write: (text: string) => void written.push(text) } }
  }

  test('are escaped in progress, messages and warnings, on a terminal and off it', () => {
    for (const make of [lineProgress, barProgress]) {
      const { written, stream } = recorded(make === barProgress, 400)
      let now = 0
      const progress = make(stream, () => now)
      progress.log(evil)
      progress.warn(`left out: ${evil}`)
      const task = progress.start(evil, 2, 'step')
      now = 6000
      task.update(1, { file: evil })
      const own = written.map((line) => line.replace('\r\u001b[2K', '').replace(/\n$/, ''))
      expect(own).toEqual([shown, `warning: left out: ${shown}`, expect.stringContaining(`${shown} 1/2`)])
      expect(own[2]).toContain(`(file ${shown})`)
    }
  })

  test('are escaped in JSON lines, which say the same', () => {
    const { written, stream } = recorded()
    jsonProgress(stream).log(evil)
    expect(written[0].slice(0, -1)).not.toMatch(unsafe)
    expect(written[0].indexOf('\n')).toBe(written[0].length - 1)
    expect(JSON.parse(written[0])).toEqual({ event: 'log', message: evil })
  })

  test('are escaped in errors, also in those of the command line itself', async () => {
    expect((await kindred('map', 'v.npy', '--titel=postgres://anna:s3cr3t@host/db')).err).not.toContain('s3cr3t')
    for (const words of [['map', `${evil}.npy`], [evil], ['map', `--${evil}`], ['map', 'v.npy', '--seed', evil]]) {
      const { err } = await kindred(...words)
      expect(err.replace(/\n(\(Did you mean .*\)\n)?(\(--help shows what there is\)\n)?$/, '')).not.toContain('\n')
      expect(err).not.toMatch(unsafe)
      const json = await kindred(...words, '--json')
      expect(json.err).not.toMatch(unsafe)
      expect(JSON.parse(json.err).error.message).toContain('99.0 %  forged.png')
    }
  })

  test('that differ never look alike in any line that is shown', () => {
    const piece = fc.constantFrom(
      '\\',
      '\\',
      '\n',
      'n',
      '\t',
      't',
      '\u001b',
      'x1b',
      'x',
      '1',
      'b',
      '\u202e',
      'u202e',
      'u',
      '2',
      '{',
      'e0001',
      '}',
      '\u{e0001}',
      '\ud800',
      'é',
    )
    const name = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
    const shownBy = (...names: string[]): string[][] => {
      const result = resultText(null, names)
      const table = resultText(null, columns(names.map((cell) => [cell, 1])))
      const { written, stream } = recorded()
      names.forEach((text) => lineProgress(stream).log(text))
      const errors: string[] = []
      names.forEach((text) =>
        reportError(new KindredError('corrupt', text, 'it must be whole', text), {}, { write: (line) => errors.push(line) }),
      )
      return [result.split('\n').slice(0, -1), table.split('\n').slice(0, -1), written, errors]
    }
    expect(shownBy('a\n.png', 'a\\n.png', 'C:\\Photos\\1.png')[0]).toEqual(['a\\n.png', 'a\\\\n.png', 'C:\\Photos\\1.png'])
    fc.assert(
      fc.property(name, name, (a, b) => {
        fc.pre(a !== b)
        for (const shown of shownBy(a, b)) {
          expect(shown.length).toBe(2)
          expect(shown[0]).not.toBe(shown[1])
        }
      }),
      { numRuns: 3000 },
    )
  })

  test('keep columns straight, and a bar within the terminal, however wide their letters', () => {
    expect([textWidth('abc'), textWidth('日本'), textWidth('é'), textWidth('😀'), fit('日本語', 5), fit('😀😀', 3)]).toEqual([
      3,
      4,
      1,
      2,
      '日本',
      '😀',
    ])
    expect(
      columns([
        ['日本', 1],
        ['a\nb', 22],
      ]).map(printable),
    ).toEqual(['日本   1.0000', 'a\\nb  22.0000'])
    const { written, stream } = recorded(true, 60)
    let now = 0
    const task = barProgress(stream, () => now).start('日本語の写真'.repeat(10), 2, 'step')
    now = 1000
    task.update(1)
    expect(textWidth(written[0])).toBeLessThan(60)
  })

  test('with --json even --quiet warns in JSON', () => {
    const { written, stream } = recorded()
    const progress = progressFor(stream, { json: true, quiet: true })
    progress.log('no')
    progress.warn('yes')
    expect(written.map((line) => JSON.parse(line))).toEqual([{ event: 'warning', message: 'yes' }])
  })
})

describe('passwords', () => {
  test('are in no message', async () => {
    const written: string[] = []
    lineProgress({ write: (text) => void written.push(text) }).warn('no answer from postgres://anna:s3cr3t@host/db')
    expect(written[0]).toBe('warning: no answer from postgres://anna:***@host/db\n')
    const { err } = await kindred('map', 'postgres://anna:s3cr3t@host/db.npy')
    expect(err).toContain('postgres://anna:***@host/db.npy must exist')
    const json = await kindred('map', 'postgres://anna:s3cr3t@host/db.npy', '--json')
    expect(json.err).not.toContain('s3cr3t')
  })

  test.each([
    ['postgres://anna:s3cr3t@host/db', 'postgres://anna:***@host/db'],
    ["--gallery=postgres://anna:it's s3cr3t@host", '--gallery=postgres://anna:***@host'],
    ['postgres://h/db?user=u&password=s3 cr3t&sslmode=require', 'postgres://h/db?user=u&password=***&sslmode=require'],
    ['postgres://u:p@ss/s3cr3t?x#y@h', 'postgres://u:***@h'],
    ["host=h password='s3 cr3t'", 'host=h password=***'],
  ])('%s is echoed without', (word, expected) => {
    expect(echoedCommand(['faces', word])).toBe(`kindred faces ${/[^\w@%+=:,./-]/.test(expected) ? `'${expected}'` : expected}`)
  })

  test.runIf(posix)('and the echoed command can be pasted', () => {
    const words = ['faces', 'my photos', "it's", '$HOME `id`', 'a\nb', evil, '']
    const line = echoedCommand(words)
    for (const char of ['\n', '\u001b', '\u202e']) expect(line).not.toContain(char)
    const pasted = execFileSync('bash', ['-c', `kindred() { printf '%s\\0' "$@"; }; ${line}`], { encoding: 'utf8' })
    expect(pasted.split('\0').slice(0, -1)).toEqual(words)
  })
})

describe('--limit', () => {
  test('takes numbers as people write them, more than once', () => {
    expect(limitOption('nesting=5', limitOption('imagePixels=300M'))).toEqual({ imagePixels: 300_000_000, nesting: 5 })
    expect(['1e9', '1.5G', '200k', '2T', 'none'].map((v) => limitOption(`fileBytes=${v}`).fileBytes)).toEqual([
      1e9,
      1.5e9,
      2e5,
      2e12,
      Infinity,
    ])
    for (const bad of ['', '0', '-1', '1.5', 'x', '1e999', '3Q', 'Infinity'])
      expect(() => limitOption(`nesting=${bad}`), bad).toThrow('positive whole number')
  })

  test('holds for one command; an unknown name is answered with the nearest', async () => {
    const before = limits()
    const vectors = join(mkdtempSync(join(tmpdir(), 'kindred-limit-')), 'v.csv')
    writeFileSync(vectors, 'id,x0,x1\n')
    expect(await kindred('map', vectors, '--limit', 'textBytes=8', '--limit', 'nesting=9')).toMatchObject({
      code: 1,
      err: expect.stringContaining('must have at most 8 bytes (limit textBytes), got 9'),
    })
    expect((await kindred('map', vectors, '--limit', 'textBytes=9')).err).not.toContain('limit textBytes')
    expect(limits()).toEqual(before)
    rmSync(dirname(vectors), { recursive: true })
    expect(await kindred('map', 'v.npy', '--limit', 'imagePixel=3')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Did you mean imagePixels?'),
    })
    expect(await kindred('map', 'v.npy', '--limit', 'imagePixels')).toMatchObject({ code: 2, err: expect.stringContaining('NAME=VALUE') })
    const { out } = await kindred('--help')
    for (const text of ['--limit <name=value>', 'imagePixels         100M', 'nesting               64']) expect(out).toContain(text)
  })
})

describe.runIf(posix)('signals', () => {
  /** Work that does `body` with its AbortSignal `signal`. */
  const work = (body: string) =>
    start(process.execPath, [
      ...startWords.slice(1, 3),
      '--input-type=module',
      '--eval',
      `
    import { interruptible, exitCodeOf } from ${JSON.stringify(new URL('./interrupt.ts', import.meta.url).href)}
    let code = 0
    setTimeout(() => {}, 1e9)
    await interruptible(async (signal) => {
      process.stderr.write('working\\n')
      ${body}
    }, { say: (text) => process.stderr.write(text + '\\n'), onSignal: (signal) => (code = exitCodeOf(signal)), patience: 700 })
    process.exit(code)`,
    ])
  const untilAborted = `await new Promise((done) => signal.addEventListener('abort', done))`

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s lets the work end, and the process with %i', async (signal, code) => {
    const running = work(untilAborted)
    await running.said('working')
    running.child.kill(signal)
    expect(await running.ended).toMatchObject({ code, err: expect.stringContaining(`Stopping after the running step (${signal})`) })
  })

  test('Ctrl-Break on Windows lets the work end, too', async () => {
    let code: number | undefined
    const stopped = interruptible((signal) => new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason))), {
      say: () => {},
      onSignal: (signal) => (code = exitCodeOf(signal)),
    })
    process.emit('SIGBREAK', 'SIGBREAK') // only Windows sends it
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted', got: 'SIGBREAK' })
    expect([code, process.listenerCount('SIGBREAK')]).toEqual([149, 0])
  })

  test('a signal that comes twice at once, as timeout sends it, counts once', async () => {
    const running = work(`${untilAborted}; await new Promise((done) => setTimeout(done, 400)); process.stderr.write('saved\\n')`)
    await running.said('working')
    running.child.kill('SIGINT')
    setTimeout(() => running.child.kill('SIGINT'), 50)
    expect(await running.ended).toMatchObject({ code: 130, err: expect.stringContaining('saved') })
  })

  test('work that does not end is told of, and a second signal ends it in the middle of native code', async () => {
    const running = work(
      `${untilAborted}; await new Promise((done) => setTimeout(done, 900)); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`,
    )
    await running.said('working')
    running.child.kill('SIGTERM')
    await running.said('has not ended after 0.7 s')
    await new Promise((done) => setTimeout(done, 500)) // asleep for ever by now: no JavaScript runs any more
    running.child.kill('SIGTERM')
    expect(await running.ended).toMatchObject({ code: null, signal: 'SIGTERM' })
  })
})

describe.runIf(linux)('the shell sees', () => {
  test('141 where the reader has gone, 1 where the disk is full, and never a stack', { timeout: 60_000 }, async () => {
    const closed = await bash('K --help | true; echo ${PIPESTATUS[0]}')
    expect([closed.out, closed.err]).toEqual(['141\n', ''])
    const full = await bash('K --help > /dev/full; echo $?')
    expect(full).toMatchObject({
      out: '1\n',
      err: expect.stringMatching(/^error: standard output: it must take the whole result, got a full disk \(ENOSPC\)[^\n]*\n$/),
    })
    const unheard = await bash('K map /nowhere/v.npy 2>/dev/full; echo $?')
    expect([unheard.out, unheard.err]).toEqual(['1\n', ''])
  })
})

test('what the system refuses is said in words, wherever it refused', () => {
  let said = ''
  const err = { write: (text: string) => void (said += text) }
  const refused = (path: string | undefined) =>
    Object.assign(new Error('EMFILE: too many open files, open'), { errno: -24, code: 'EMFILE', syscall: 'open', path })
  expect(reportError(refused('/data/a\u001b.png'), {}, err)).toBe(1)
  expect(said).toBe(
    'error: open: the system must let this process open /data/a\\x1b.png, got too many open files (EMFILE). Raise the limit: ulimit -n 1024.\n',
  )
  said = ''
  expect(
    reportError(Object.assign(new Error('The operation was aborted'), { name: 'AbortError' }), { json: true, interrupted: 143 }, err),
  ).toBe(143)
  expect(JSON.parse(said).error.code).toBe('interrupted')
})

test.runIf(posix)('what nobody caught is one line; the stack is there for who asks', { timeout: 60_000 }, async () => {
  const planter =
    "const go = () => process.listenerCount('unhandledRejection') ? " +
    "Promise.reject(new Error('planted \\u001b[2J')) : setImmediate(go); go()"
  const planted = `data:text/javascript,${encodeURIComponent(planter)}`
  const run = (env: NodeJS.ProcessEnv) =>
    start(startWords[0], [...startWords.slice(1, 3), '--import', planted, startWords[3], 'doctor'], { env: { ...process.env, ...env } })
      .ended
  expect(await run({})).toMatchObject({ code: 1, err: 'error: unexpected: planted \\x1b[2J (KINDRED_DEBUG=1 shows where)\n' })
  expect((await run({ KINDRED_DEBUG: '1' })).err).toContain('\n    at ')
})

afterEach(() => expect(process.listenerCount('SIGINT')).toBe(0))
