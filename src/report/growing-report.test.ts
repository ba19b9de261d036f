/** @file A report's life: however its run ends, the page says so. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { start, startWords } from '../../test/support/command.ts'
import { KindredError } from '../base/index.ts'
import { facesPage } from '../stories/faces/faces-page.ts'
import type { FacesFigure, FacesReport } from '../stories/faces/faces-report.ts'
import { growReport, type GrowingReport } from './growing-report.ts'
import { openRunFolder } from './run-folder.ts'

const first: FacesReport = {
  complete: false,
  seconds: 0,
  seed: 0,
  folder: 'photos',
  photos: { total: 0, withFace: 0, withoutFace: 0, quarantined: 0, processed: 0, ignored: 0 },
  faces: 0,
  photosPerSecond: null,
  model: 'dlib',
  detector: 'ssd',
  people: [],
  missed: [],
}
type Story = GrowingReport<FacesReport, FacesFigure>
let folder = ''
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'kindred-report-')), 'out')
})
const grow = (work: (story: Story) => Promise<void>, signal?: AbortSignal) => growReport(folder, first, facesPage, { signal }, work)
const json = (): FacesReport => JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as FacesReport
const page = (): string => readFileSync(join(folder, 'report.html'), 'utf8')
function expectClosed(reason: string | RegExp): void {
  const { complete, stopped, now, running } = json()
  expect({ complete, now, running }).toEqual({ complete: true })
  expect(stopped).toMatch(reason)
  const words = page()
  for (const gone of ['Still running', 'http-equiv="refresh"', '<script', 'location.reload', 'computing…', '(running)'])
    expect(words).not.toContain(gone)
  expect(words.replaceAll('&#39;', "'").replaceAll('&quot;', '"')).toMatch(reason)
  expect(words).toContain('The run ended early.')
}

describe('while the run goes on', () => {
  test('how far the work is is written every three seconds, and of a large page less often', async () => {
    vi.useFakeTimers()
    try {
      await grow(async (story) => {
        const written = (): number => {
          let count = 0
          for (let second = 0, before = ''; second < 60; second++) {
            vi.advanceTimersByTime(1000)
            story.showNow(`second ${second}`)
            if (page() !== before) count++
            before = page()
          }
          return count
        }
        const small = written()
        expect(small).toBeGreaterThanOrEqual(14)
        expect(small).toBeLessThanOrEqual(20)
        story.update({ command: 'x'.repeat(2_000_000) }) // in page and numbers
        const large = written()
        expect(large).toBeGreaterThanOrEqual(4) // it still shows that it is alive
        expect(large).toBeLessThanOrEqual(9)
      })
    } finally {
      vi.useRealTimers()
    }
  })

  test('the report is there from the start, and tells whose it is and that it is alive', async () => {
    await grow(async () => {
      const { complete, running } = json()
      expect(complete).toBe(false)
      expect(running).toMatchObject({ pid: process.pid, host: hostname() })
      expect(Date.now() - Date.parse(running!.heard)).toBeLessThan(5000)
      expect(page()).toContain(`data-heard="${running!.heard}"`)
      expect(page()).toContain('<noscript><meta http-equiv="refresh" content="5"></noscript>')
    })
    const { complete, running, stopped } = json()
    expect({ complete, running, stopped }).toEqual({ complete: true })
    expect(page()).not.toMatch(/<script|Still running|refresh/)
  })

  test('a long silent part shows signs of life', async () => {
    vi.useFakeTimers()
    try {
      await grow(async () => {
        const before = json().running!.heard
        vi.advanceTimersByTime(31_000)
        expect(Date.parse(json().running!.heard) - Date.parse(before)).toBe(30_000)
      })
    } finally {
      vi.useRealTimers()
    }
  })

  test('the page reloads itself, but stops to claim anything after two minutes without a sign of life', async () => {
    await grow(async () => {
      const [, script] = /<script>([^]*)<\/script>/.exec(page())!
      const heard = Date.parse(/data-heard="([^"]*)"/.exec(page())![1])
      const at = (time: number) => {
        const line = { dataset: { heard: new Date(heard).toISOString() }, textContent: 'Still running' }
        let reloads = 0
        runInNewContext(script, {
          document: { querySelector: (which: string) => (which === '.running' ? line : null) },
          location: { reload: () => reloads++ },
          setTimeout: (later: () => void) => later(),
          Date: class extends Date {
            static override now = () => time
          },
        })
        return { reloads, text: line.textContent }
      }
      expect(at(heard + 119_000)).toEqual({ reloads: 1, text: 'Still running' })
      expect(at(heard + 121_000)).toEqual({ reloads: 0, text: expect.stringMatching(/^No sign of life since /) })
    })
  })
})

describe('closed with its reason', () => {
  test('when the work throws; passwords and control characters are not in it, and the error is the one that was thrown', async () => {
    const error = new KindredError('io', 'gallery', 'the server must answer', 'postgres://anna:s3cr3t@host/db \u001b[2J')
    await expect(
      growReport(folder, { ...first, command: 'kindred faces --gallery postgres://anna:s3cr3t@host/db' }, facesPage, {}, async (story) => {
        story.warn('slow: postgres://anna:s3cr3t@host/db')
        throw error
      }),
    ).rejects.toBe(error)
    expectClosed('the server must answer')
    for (const text of [readFileSync(join(folder, 'report.json'), 'utf8'), page()]) {
      expect(text).not.toContain('s3cr3t')
      expect(text.match(/postgres:\/\/anna:\*\*\*@host\/db/g)!.length).toBeGreaterThanOrEqual(3)
      expect(text).not.toContain('\u001b')
    }
  })

  test('at once when it is asked to stop: whoever asks may also kill it', async () => {
    const controller = new AbortController()
    await expect(
      grow(async (story) => {
        controller.abort(new KindredError('interrupted', 'kindred', 'the work must not be stopped before its end', 'Ctrl-C (SIGINT)'))
        expectClosed('asked to stop: kindred: the work must not be stopped before its end, got Ctrl-C')
        story.update({ now: 'saving' })
        expect(json().complete).toBe(true)
        await story.stage('Map', 'drawing the map', async () => expect.unreachable())
      }, controller.signal),
    ).rejects.toMatchObject({ code: 'interrupted', where: 'Map' })
    expectClosed('Map: the run must not be stopped before its end, got a stop before this part')
  })

  test('but not when it comes to its end all the same', async () => {
    const controller = new AbortController()
    await grow(async () => controller.abort(), controller.signal)
    expect(json()).toMatchObject({ complete: true })
    expect(json().stopped).toBeUndefined()
  })

  test('without hiding why the work failed when its folder is gone', async () => {
    await expect(
      grow(async () => {
        rmSync(folder, { recursive: true })
        writeFileSync(folder, 'a file in its place')
        throw new Error('the first')
      }),
    ).rejects.toThrow('the first')
  })
})

/** A disk of one's own to fill, where the system lets everybody have one. */
const ownDisk = ['unshare', '-rm', 'sh', '-c'] as const
const canMount =
  process.platform === 'linux' && spawnSync(ownDisk[0], [...ownDisk.slice(1), 'mount -t tmpfs -o size=64k tmpfs /mnt']).status === 0

test.runIf(canMount)('closed on a full disk, too, with the reason', { timeout: 60_000 }, async () => {
  const code = `
    import { readFileSync, writeFileSync } from 'node:fs'
    import { growReport } from ${JSON.stringify(new URL('./growing-report.ts', import.meta.url).href)}
    import { facesPage } from ${JSON.stringify(new URL('../stories/faces/faces-page.ts', import.meta.url).href)}
    const error = await growReport('/mnt/out', ${JSON.stringify(first)}, facesPage, {}, async (story) => {
      story.update({ now: 'looking for faces' })
      for (const size of [1 << 16, 4096, 1]) try { for (let i = 0; ; i++) writeFileSync('/mnt/fill-' + size + '-' + i, 'x'.repeat(size)) } catch {}
      story.update({ faces: 3 })
    }).catch((error) => error)
    console.log(JSON.stringify({ error, json: readFileSync('/mnt/out/report.json', 'utf8'), html: readFileSync('/mnt/out/report.html', 'utf8') }))`
  const words = [process.execPath, ...startWords.slice(1, 3), '--input-type=module', '--eval', code]
  const { out, err } = await start(ownDisk[0], [...ownDisk.slice(1), 'mount -t tmpfs -o size=2m tmpfs /mnt && exec "$0" "$@"', ...words])
    .ended
  expect(err).toBe('')
  const found = JSON.parse(out) as { error: { got: string }; json: string; html: string }
  expect(found.error.got).toBe('a full disk (ENOSPC)')
  mkdirSync(folder)
  writeFileSync(join(folder, 'report.json'), found.json)
  writeFileSync(join(folder, 'report.html'), found.html)
  expectClosed('there must be room on the disk')
  expect(found.html.trimEnd().endsWith('</html>')).toBe(true)
})

describe('a process that ends before its run', { timeout: 60_000 }, () => {
  /** A process that grows a report and then does `body`. */
  const child = (body: string) =>
    start(process.execPath, [
      ...startWords.slice(1, 3),
      '--input-type=module',
      '--eval',
      `
    import { growReport } from ${JSON.stringify(new URL('./growing-report.ts', import.meta.url).href)}
    import { facesPage } from ${JSON.stringify(new URL('../stories/faces/faces-page.ts', import.meta.url).href)}
    await growReport(${JSON.stringify(folder)}, ${JSON.stringify(first)}, facesPage, {}, async (story) => {
      story.update({ now: 'looking for faces' })
      process.stderr.write('growing')
      ${body}
      await new Promise((done) => setTimeout(done, 60_000))
    })`,
    ])

  test('closes the page on its way out', async () => {
    await child('process.exit(3)').ended
    expectClosed('the process must not end before the run, got its end with exit code 3')
  })

  test('closes the page with the exception that ended it', async () => {
    await child("setTimeout(() => { throw new Error('planted') }, 0)").ended
    expectClosed('unexpected: planted')
  })

  test('by kill -9 has its page closed at the next start in the folder, and its part files swept', async () => {
    const running = child('')
    await running.said('growing')
    mkdirSync(join(folder, 'crops', 'Anna'), { recursive: true })
    writeFileSync(join(folder, 'crops', 'Anna', `.a.png.${running.child.pid}.0123abcd.part`), '')
    writeFileSync(join(folder, `.map.svg.${running.child.pid}.0123abcd.part`), '')
    openRunFolder(folder)
    expect(json().complete).toBe(false) // it is alive
    running.child.kill('SIGKILL')
    await running.ended
    expect(page()).toContain('Still running: looking for faces')
    const { heard } = json().running!
    openRunFolder(folder)
    expectClosed(
      `The run was killed, or went down with its machine: its last sign of life is of ${heard.slice(0, 19).replace('T', ' ')} UTC.`,
    )
    expect(page()).toContain('<title>Faces (ended early)</title>')
    expect(page()).toContain('What was done is kept')
    expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.part'))).toEqual([])
  })
})

describe('a page that others left', () => {
  const leave = (running: FacesReport['running']) => {
    openRunFolder(folder)
    const report = { ...first, running }
    writeFileSync(join(folder, 'report.json'), JSON.stringify(report))
    writeFileSync(join(folder, 'report.html'), facesPage(report, {}))
  }
  const ago = (ms: number): string => new Date(Date.now() - ms).toISOString()

  test.each([
    ['lives, here', { pid: process.pid, host: hostname(), heard: ago(60_000) }, false],
    ['lives, on another machine', { pid: 1, host: 'elsewhere', heard: ago(60_000) }, false],
    ['is silent, on another machine', { pid: 1, host: 'elsewhere', heard: ago(180_000) }, true],
    ['is silent, and its number has another process', { pid: process.pid, host: hostname(), heard: ago(180_000) }, true],
    ['has just died', { pid: 2 ** 22 + 1, host: hostname(), heard: ago(1000) }, true],
  ])('whose run %s', (_, running, closed) => {
    leave(running)
    openRunFolder(folder)
    expect(json().complete).toBe(closed)
    if (closed) expectClosed('The run was killed')
  })

  test('of an earlier version, or a file of somebody else, is no stumbling block', () => {
    for (const text of ['', '{', 'null', '{"complete":false}', '{"complete":true,"seconds":1}']) {
      openRunFolder(folder)
      writeFileSync(join(folder, 'report.json'), text)
      openRunFolder(folder)
      expect(readFileSync(join(folder, 'report.json'), 'utf8')).toBe(text)
    }
  })
})

test('a folder that cannot be made is refused with the true reason', () => {
  writeFileSync(folder, '')
  expect(() => openRunFolder(folder)).toThrow('must be a folder')
  expect(() => openRunFolder(join(folder, 'below'))).toThrow('must be a folder')
  expect(() => openRunFolder('x'.repeat(5000))).toThrow('ENAMETOOLONG')
})

describe('what somebody else has written', () => {
  test.each<[string, Record<string, string>]>([
    ['a page', { 'report.html': 'MINE' }],
    ['data of another form', { 'report.json': '{"total": 3}', 'report.html': 'MINE' }],
    ['data that are no JSON', { 'report.json': 'MINE' }],
  ])('%s stays as it is, and the run does not begin', async (_, files) => {
    mkdirSync(folder)
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
    await expect(grow(async () => {})).rejects.toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('which kindred has not written') }),
    )
    expect(readdirSync(folder).sort()).toEqual(Object.keys(files).sort())
    for (const [name, content] of Object.entries(files)) expect(readFileSync(join(folder, name), 'utf8')).toBe(content)
  })
})
