/** @file Whole runs of the built command that are stopped, not heard, or given names and places that mean no good. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtPackage } from '../../test/support/built-package.ts'
import { kindred } from '../../test/support/kindred.ts'
import { bash, start } from '../../test/support/command.ts'
import { samplePath } from '../../test/support/face-photos.ts'
import { printable } from '../base/index.ts'
import { imageAt } from '../dataset/index.ts'
import { loadMnist } from '../digits/index.ts'

const linux = process.platform === 'linux'
const root = mkdtempSync(join(tmpdir(), 'kindred-ends-'))
const digits = join(root, 'digits')
const photos = join(root, 'photos')
const model = join(root, 'run', 'model.onnx')
/** Names that forge a line, clear the screen, turn the words round. */
const evil = ['a\n7   99.9 %  forged.png', 'b\u001b[2J\u001b]0;title\u0007.png', 'c\u202egnp.exe.png', 'plain.png'] as const
const harmless = ['a\\n7   99.9 %  forged.png', 'b\\x1b[2J\\x1b]0;title\\x07.png', 'c\\u202egnp.exe.png', 'plain.png']
// oxlint-disable-next-line no-control-regex
const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/
let program: string[] = []

const child = (words: readonly string[], env?: NodeJS.ProcessEnv) =>
  start(program[0], [...program.slice(1), ...words], { cwd: root, env: { ...process.env, ...env } })
const report = (out: string): { complete: boolean; stopped?: string; command: string } =>
  JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as never
function expectClosed(out: string, reason: string | RegExp | undefined): void {
  expect(report(out).complete).toBe(true)
  if (reason === undefined) expect(report(out).stopped).toBeUndefined()
  else expect(report(out).stopped).toMatch(reason)
  const page = readFileSync(join(out, 'report.html'), 'utf8')
  for (const gone of ['Still running', 'http-equiv="refresh"', 'location.reload']) expect(page).not.toContain(gone)
  if (reason !== undefined) expect(page).toContain('The run ended early.')
  expect(readdirSync(out, { recursive: true }).filter((name) => String(name).endsWith('.part'))).toEqual([])
}

beforeAll(async () => {
  program = [process.execPath, builtPackage(join(root, 'package'))]
  mkdirSync(digits)
  const images = await loadMnist({ split: 'test' })
  for (const [i, name] of evil.entries())
    writeFileSync(
      join(digits, name),
      await sharp(imageAt(images, i), { raw: { width: 28, height: 28, channels: 1 } })
        .png()
        .toBuffer(),
    )
  writeFileSync(join(digits, 'broken\u001b[31m\n.png'), 'no picture')
  mkdirSync(join(photos, 'Anna\u001b[1m\nBob'), { recursive: true })
  for (const i of [1, 2])
    writeFileSync(join(photos, 'Anna\u001b[1m\nBob', `${i}\n\u202e.jpg`), await sharp(samplePath(i)).resize(480).jpeg().toBuffer())
  expect(
    await kindred(
      'train',
      'mnist',
      '--images',
      '1500',
      '--validation',
      '300',
      '--epochs',
      '1',
      '--steps',
      '4',
      '--no-test',
      '--quiet',
      '--threads',
      '2',
      '--out',
      join(root, 'run'),
    ),
  ).toMatchObject({ code: 0 })
}, 120_000)
afterAll(() => rmSync(root, { recursive: true }))

describe.runIf(linux)('names of files', () => {
  test('forge no line of classify and embed, and reach no terminal as they are', async () => {
    const { code, out, err } = await kindred('classify', model, digits)
    expect(code).toBe(0)
    expect(`${out}${err}`).not.toMatch(unsafe)
    const lines = out.trimEnd().split('\n')
    expect(lines.map((line) => line.slice(line.indexOf(digits) + digits.length + 1)).sort()).toEqual([...harmless].sort())
    expect(
      err
        .trimEnd()
        .split('\n')
        .filter((line) => line.startsWith('warning: left out:')),
    ).toEqual([expect.stringContaining('broken\\x1b[31m\\n.png')])

    const json = await kindred('classify', model, digits, '--json')
    expect(`${json.out}${json.err}`).not.toMatch(unsafe)
    expect(
      (JSON.parse(json.out) as { pictures: { picture: string }[] }).pictures.map((p) => p.picture.slice(digits.length + 1)).sort(),
    ).toEqual([...evil].sort())

    const left = join(root, '.v.npy.4194305.01234567.part') // of a writer that was killed
    writeFileSync(left, '')
    const embedded = await kindred('embed', model, digits, '--out', join(root, 'v\u001b[2J\n.jsonl'))
    expect(embedded.code).toBe(0)
    expect(`${embedded.out}${embedded.err}`).not.toMatch(unsafe)
    expect(embedded.out.split('\n').length).toBe(2)
    expect(existsSync(left)).toBe(false)
  })

  test('forge no line of faces, search and group', { timeout: 120_000 }, async () => {
    const out = join(root, 'faces\n\u001b[7m')
    const query = join(photos, 'Anna\u001b[1m\nBob', '1\n\u202e.jpg')
    const tiny = ['--detector', 'tiny', '--threads', '2']
    const runs = [
      await kindred('faces', photos, '--out', out, ...tiny),
      await kindred('search', out, query),
      await kindred('group', out),
      await kindred('verify', query, query, ...tiny),
    ]
    for (const { code, out: said, err } of runs) {
      expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
      expect(`${said}${err}`).not.toMatch(unsafe)
    }
    const table = runs[1].out.split('\n').filter((line) => line.startsWith('  '))
    expect(table.length).toBeGreaterThan(0)
    for (const line of table) expect(line).toMatch(/Anna\\x1b\[1m\\nBob .*\\n\\u202e\.jpg/)
    expect(runs[1].out.startsWith(printable(query))).toBe(true)
    expect((JSON.parse((await kindred('search', out, query, '--json')).out) as { query: string }).query).toBe(query)
    const { command } = report(out)
    const pasted = execFileSync('bash', ['-c', `kindred() { printf '%s\\0' "$@"; }; ${command}`], { encoding: 'utf8' })
    expect(pasted.split('\0').slice(0, -1)).toEqual(['faces', photos, '--out', out, ...tiny])
  })
})

describe.runIf(linux)('a reader that goes away', { timeout: 120_000 }, () => {
  test('loses progress and result, and nothing else', async () => {
    const out = join(root, 'unheard')
    const { out: code, err } = await bash(
      `K faces '${samplePath(1).replace(/\/[^/]*$/, '')}' --detector tiny --faces largest --out '${out}' 2>&1 | true; echo \${PIPESTATUS[0]}`,
      { program, cwd: root },
    )
    expect([code, err]).toEqual(['141\n', ''])
    expectClosed(out, undefined)
    for (const name of ['manifest.jsonl', 'vectors', 'map.svg']) expect(existsSync(join(out, name)), name).toBe(true)
  })

  test('a full disk under the result is told in one line', async () => {
    const { out: code, err } = await bash(`K classify '${model}' '${join(digits, 'plain.png')}' --quiet > /dev/full; echo $?`, { program })
    expect(code).toBe('1\n')
    expect(err).toMatch(/^error: standard output: it must take the whole result, got a full disk \(ENOSPC\)[^\n]*\n$/)
  })

  test('the secret of a gallery that does not answer is in no report and no message', async () => {
    const out = join(root, 'no answer')
    const {
      code,
      out: result,
      err,
    } = await child(['faces', photos, '--detector', 'tiny', '--out', out, '--gallery', 'postgres://anna:s3cr3t%20its@127.0.0.1:9/db']).ended
    expect(code).toBe(1)
    expectClosed(out, 'gallery')
    for (const text of [result, err, readFileSync(join(out, 'report.json'), 'utf8'), readFileSync(join(out, 'report.html'), 'utf8')])
      expect(text).not.toContain('s3cr3t')
    expect(report(out).command).toContain("'postgres://anna:***@127.0.0.1:9/db'")
  })

  test('a gallery that is no address is refused before any work, without its secret', async () => {
    const out = join(root, 'no address')
    const {
      code,
      out: result,
      err,
    } = await child(['faces', photos, '--detector', 'tiny', '--out', out, '--gallery', "postgres://anna:s3cr3t it's@127.0.0.1:9/db"]).ended
    expect(code).toBe(2)
    expect(existsSync(join(out, 'report.json'))).toBe(false)
    expect(`${result}${err}`).not.toContain('s3cr3t')
    expect(err).toContain('white space in it')
  })
})

describe.runIf(linux)('stopped', { timeout: 120_000 }, () => {
  const story = (out: string) => [
    'digits',
    '--images',
    '1500',
    '--epochs',
    '1',
    '--sweep-steps',
    '0',
    '--no-outliers',
    '--threads',
    '1',
    '--out',
    out,
  ]

  test('digits before its first step: the report says so and claims no checkpoint', async () => {
    const out = join(root, 'early')
    const running = child(story(out))
    await running.said('The report grows')
    running.child.kill('SIGINT')
    const { code, err } = await running.ended
    expect(code).toBe(130)
    expect(err).toMatch(/\nerror: training: the run must not be stopped before its end, got a stop before (this part|the first step)\.\n$/i)
    expectClosed(out, /got a stop before (this part|the first step)/)
    expect(existsSync(join(out, 'training', 'checkpoint.kindred'))).toBe(false)
  })

  test('digits while it trains: saved, closed, and said with the step', async () => {
    const out = join(root, 'late')
    const running = child([...story(out), '--json'])
    await running.said('"task":"training"')
    running.child.kill('SIGTERM')
    const { code, err } = await running.ended
    expect(code).toBe(143)
    const last = JSON.parse(err.trimEnd().split('\n').at(-1)!) as { error: { code: string; got: string } }
    expect(last.error).toMatchObject({ code: 'interrupted', got: expect.stringMatching(/^a stop after step \d+, saved in /) })
    expect(err).toContain('"event":"stopping"')
    expectClosed(out, /a stop after step \d+, saved in /)
    expect(existsSync(join(out, 'training', 'checkpoint.kindred'))).toBe(true)
  })

  test('digits killed: the next start in its folder closes the page, should it be no story itself', async () => {
    const out = join(root, 'killed')
    const running = child([...story(out), '--json'])
    await running.said('"task":"training"')
    running.child.kill('SIGKILL')
    await running.ended
    expect(report(out).complete).toBe(false)
    writeFileSync(join(out, `.sweep.json.${running.child.pid}.01234567.part`), '')
    const train = child(['train', 'mnist', '--images', '1000', '--epochs', '1', '--steps', '500', '--threads', '1', '--json', '--out', out])
    await train.said('"task":"training"')
    train.child.kill('SIGINT')
    expect((await train.ended).code).toBe(130)
    expectClosed(out, /^The run was killed, .* last sign of life is of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.$/)
    expect(readdirSync(out).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  test('a sweep after its first margin: what was done is in its report and in sweep.json', async () => {
    const out = join(root, 'sweep')
    expect((await child(['sweep', '--steps', '5', '--margins', '-1', '--out', out]).ended).code).toBe(2)
    const sweep = child([
      'sweep',
      '--steps',
      '5',
      '--images',
      '400',
      '--margins',
      '0,0.4',
      '--seeds',
      '1',
      '--threads',
      '1',
      '--json',
      '--out',
      out,
    ])
    await sweep.said('margin 0, seed 0 (1 of 2)')
    sweep.child.kill('SIGINT')
    expect((await sweep.ended).code).toBe(130)
    expectClosed(out, /a stop before|a stop after step/)
    expect(report(out)).toMatchObject({ sweep: [{ margin: 0 }] })
    expect(JSON.parse(readFileSync(join(out, 'sweep.json'), 'utf8'))).toMatchObject({ complete: false, sweep: [{ margin: 0 }] })
  })

  test('by an exception that nobody caught: one line, exit 1, report closed', async () => {
    const out = join(root, 'exception')
    const planter = `import { existsSync } from 'node:fs'
      const t = setInterval(() => {
        if (!existsSync(${JSON.stringify(join(out, 'report.json'))})) return
        clearInterval(t)
        throw new Error('planted\\u001b[2J')
      }, 5)`
    const planted = `data:text/javascript,${encodeURIComponent(planter)}`
    const { code, err } = await child(story(out), { NODE_OPTIONS: `--import=${planted}` }).ended
    expect(code).toBe(1)
    expect(err).toMatch(/\nerror: unexpected: planted\\x1b\[2J \(KINDRED_DEBUG=1 shows where\)\n$/)
    expectClosed(out, 'unexpected: planted\\x1b[2J')
  })

  test('a pipe among the pictures keeps nobody waiting', async () => {
    const folder = join(root, 'pipes')
    mkdirSync(folder)
    execFileSync('mkfifo', [join(folder, 'x.png')])
    writeFileSync(join(folder, 'y.png'), readFileSync(join(digits, 'plain.png')))
    const { code, out } = await start(program[0], [...program.slice(1), 'classify', model, folder, '--json'], { seconds: 20 }).ended
    expect(code).toBe(0)
    expect((JSON.parse(out) as { pictures: unknown[] }).pictures.length).toBe(1)
  })
})

describe.runIf(linux)('refused by the system', { timeout: 60_000 }, () => {
  test.each([[32], [40], [48], [56]])('with %i files at most: words, or a result', async (files) => {
    const { out, err } = await bash(
      `ulimit -n ${files}; K classify '${model}' '${join(digits, 'plain.png')}' --quiet > /dev/null; echo $?`,
      { program },
    )
    if (out === '0\n') expect(err).toBe('')
    else expect({ out, err }).toEqual({ out: '1\n', err: expect.stringMatching(/^error: [^\n]*ulimit -n 1024\.?\n$/) })
  })

  test.each(['/proc/1/x', '/dev/null/x', `/tmp/${'x'.repeat(300)}`])('--out %s', async (out) => {
    for (const words of [
      ['digits'],
      ['sweep'],
      ['train', 'mnist'],
      ['faces', photos],
      ['group', photos],
      ['embed', model, join(digits, 'plain.png')],
    ]) {
      const { code, err } = await kindred(...words, '--quiet', '--out', words[0] === 'embed' ? `${out}/v.npy` : out)
      expect(code, words[0]).toBeGreaterThan(0)
      expect(err, words[0]).toMatch(/^error: .*(ENOENT|EACCES|EPERM|ENAMETOOLONG|must be a folder, got a file)[^\n]*\n$/m)
      expect(err).not.toContain('unexpected')
    }
  })
})
