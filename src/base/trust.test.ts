import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  budget,
  checkChoice,
  checkOptions,
  ensureWithin,
  KindredError,
  limits,
  parseJsonAs,
  printable,
  printableLines,
  quoteCommand,
  redact,
  redactWord,
  setLimits,
} from './index.ts'
import { execFileSync } from 'node:child_process'

describe('limits', () => {
  const undo: (() => void)[] = []
  afterEach(() => undo.splice(0).forEach((f) => f()))
  test('are named in the error, raised, and put back', () => {
    expect(() => ensureWithin('imagePixels', 268_402_689, 'x.png', 'the picture')).toThrow(
      'x.png: the picture must have at most 100,000,000 pixels (limit imagePixels), got 268,402,689. ' +
        'If this input is meant, raise the limit: `imagePixels` (setLimits in code)',
    )
    const restore = setLimits({ imagePixels: 300_000_000 })
    undo.push(restore)
    ensureWithin('imagePixels', 268_402_689, 'x.png', 'the picture')
    restore()
    expect(limits().imagePixels).toBe(100_000_000)
  })
  test('take positive whole numbers by known names', () => {
    expect(() => setLimits({ imagePixel: 3 } as never)).toThrow('Did you mean "imagePixels"?')
    for (const bad of [0, -1, 1.5, NaN, '9' as never]) expect(() => setLimits({ nesting: bad })).toThrow('positive whole number of levels')
  })
})

describe('budget', () => {
  test('never gives out more than there is, in turn, and lets an oversized one pass alone', async () => {
    const b = budget(() => 10)
    const order: string[] = []
    const first = await b.take(6)
    const second = b.take(6).then((back) => (order.push('second'), back))
    const third = b.take(1).then((back) => (order.push('third'), back)) // would fit, but waits in turn
    await new Promise((r) => setTimeout(r, 5))
    expect(order).toEqual([])
    first()
    first() // no second time
    const [back2, back3] = await Promise.all([second, third])
    expect(order).toEqual(['second', 'third'])
    expect(b.taken).toBe(7)
    const large = b.take(99)
    back2()
    back3()
    ;(await large)()
    expect(b.taken).toBe(0)
    const back = await b.take(8)
    back(6) // a part
    expect(b.taken).toBe(2)
    back(6) // no more than is left
    back()
    expect(b.taken).toBe(0)
  })
})

describe('JSON from outside', () => {
  const schema = z.object({ weights: z.array(z.object({ value: z.number() })) })
  test('names file and place', () => {
    expect(parseJsonAs('{"weights":[{"value":1}]}', 'f.json', schema)).toEqual({ weights: [{ value: 1 }] })
    expect(() => parseJsonAs('{"weights":[{"value":1},{"value":null}]}', 'f.json', schema)).toThrow(
      'f.json: weights[1].value must be as the format says: expected number, received null, got null.',
    )
    expect(() => parseJsonAs('{"weights":[{"value":1e999}]}', 'f.json', schema)).toThrow('weights[0].value')
    expect(() => parseJsonAs('null', 'f.json', schema)).toThrow('its content must be')
    expect(() => parseJsonAs('{', 'f.json', schema)).toThrow('it must hold JSON')
  })
  test('is bounded in depth, brackets in strings aside', () => {
    expect(() => parseJsonAs('['.repeat(100_000), 'f.json', z.unknown())).toThrow('limit nesting')
    expect(parseJsonAs(JSON.stringify('[{"'.repeat(100)), 'f.json', z.string())).toBe('[{"'.repeat(100))
  })
})

describe('text made safe', () => {
  test('an error shows the beginning and the end of a long text that came', () => {
    const { message, got } = new KindredError('corrupt', 'a.csv', 'it must be a number', `1${'0'.repeat(60_000)}9`)
    expect(message.length).toBeLessThan(1500)
    expect(got).toMatch(/^100+ \.\.\. 0+9 \(60,002 characters\)$/)
    expect(new KindredError('corrupt', 'a', 'b', 'x'.repeat(1500)).got).toHaveLength(1500)
    expect(new KindredError('mismatch', 'a', `b must be that of the run, ${'x'.repeat(5000)}`, 'c').message.length).toBeLessThan(1500)
  })
  test('control characters, direction marks and halves of pairs are shown, letters and emoji stay', () => {
    expect(printable('a\u001b[2Jb\nc\u202etxt.exe\u009b\ud800')).toBe('a\\x1b[2Jb\\nc\\u202etxt.exe\\x9b\\ud800')
    expect(printable('Žofie 😀 日本 é')).toBe('Žofie 😀 日本 é')
    expect(printableLines('one\ntwo\r\u0007')).toBe('one\ntwo\\r\\x07')
  })
  test('a quoted command means the same to a shell', () => {
    const words = ['plain', '', 'two words', "it's", '$HOME `id` "x"', 'a\nb\u001b[1m', '\\', "'\n'", '-5', 'ž\u202e', '*', '~']
    const line = quoteCommand(words)
    for (const char of ['\u001b', '\n', '\u202e']) expect(line).not.toContain(char)
    const back = execFileSync('bash', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
      .split('\0')
      .slice(0, -1)
    expect(back).toEqual(words)
  })
})

describe('redact', () => {
  test.each([
    ['postgres://anna:secret@host:5432/db', 'postgres://anna:***@host:5432/db'],
    ['postgres://u:p@ss@h/db', 'postgres://u:***@h/db'],
    ['postgres://u:a/b@h', 'postgres://u:***@h'],
    ['postgres://u:a?b#c@h/db', 'postgres://u:***@h/db'],
    ['postgres://:only@h', 'postgres://:***@h'],
    ['postgres://127.0.0.1:9/db?user=u&password=S', 'postgres://127.0.0.1:9/db?user=u&password=***'],
    ['x?sslpassword=S&sslmode=require', 'x?sslpassword=***&sslmode=require'],
    ["host=h password='a b' user=u", 'host=h password=*** user=u'],
    ['kindred faces d --gallery postgresql://u:s@h/db --json', 'kindred faces d --gallery postgresql://u:***@h/db --json'],
    ['postgres://u:p?pass=x@h/db', 'postgres://u:***'],
    ['postgres://h:5/db?password=a@b', 'postgres://h:***'],
    ['postgres://h/db?password=a,b;c&user=u', 'postgres://h/db?password=***&user=u'],
    ['two: http://a:1@h and https://b:2@h.', 'two: http://a:***@h and https://b:***@h.'],
  ])('%s', (text, expected) => expect(redact(text)).toBe(expected))
  test('in a word of a command an address goes on to the end of the word', () => {
    expect(redactWord("--gallery=postgres://anna:a 'b' c@host/db")).toBe('--gallery=postgres://anna:***@host/db')
    expect(redactWord('postgres://h/db?password=a b"c&user=u')).toBe('postgres://h/db?password=***&user=u')
    expect(redactWord('password=x')).toBe('password=***')
    for (const word of ['photos/a@b', 'postgres://u@h/db', '--json']) expect(redactWord(word)).toBe(word)
  })
  test('leaves what holds no secret', () => {
    for (const text of [
      'postgres://host/db',
      'postgres://user@host:5432/db',
      'https://host:8080/a',
      'mail a@b.c at 10:30',
      'compass=3',
      'seed=5',
    ])
      expect(redact(text)).toBe(text)
  })
})

test('an error about an option carries its name', () => {
  const caught = (run: () => void): unknown => {
    try {
      run()
    } catch (error) {
      return (error as KindredError).option
    }
    return 'nothing thrown'
  }
  expect(caught(() => checkOptions('here', { seeds: 1 }, ['seed']))).toBe('seeds')
  expect(caught(() => checkChoice('here', 'mining', 'none', ['random']))).toBe('mining')
})
