import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { setLimits } from '../base/index.ts'
import {
  listFiles,
  makeFolder,
  pathKind,
  readBytes,
  readJson,
  readJsonLines,
  readText,
  sha256File,
  sweepParts,
  writeFileAtomic,
  placeOf,
} from './index.ts'
import { sha256 } from '../base/index.ts'

const home = mkdtempSync(join(tmpdir(), 'kindred-files-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const linux = process.platform === 'linux'
const code = (f: () => unknown): string => {
  try {
    f()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'no error'
}

describe('reading', () => {
  test.runIf(linux)('a pipe, a device and a folder are refused at once', () => {
    const pipe = join(home, 'pipe.png')
    execFileSync('mkfifo', [pipe])
    expect(() => readBytes(pipe)).toThrow('must be a regular file, got a pipe')
    expect(code(() => readBytes('/dev/zero'))).toBe('unsupported')
    expect(code(() => readBytes(home))).toBe('usage')
    expect(code(() => readBytes(join(home, 'none')))).toBe('not-found')
    expect(() => readBytes('a\0b')).toThrow(expect.objectContaining({ code: 'usage', got: 'a text with a zero byte' }))
    expect(readBytes('/proc/self/status').length).toBeGreaterThan(100) // says that it has 0 bytes
  })
  test('whole content comes back, and a file above its limit is refused unread', async () => {
    const path = join(home, 'bytes')
    const content = Uint8Array.from({ length: 100_000 }, (_, i) => i * 7)
    writeFileSync(path, content)
    expect(sha256(readBytes(path))).toBe(sha256(content))
    expect(await sha256File(path)).toBe(sha256(content))
    const large = join(home, 'sparse.jpg')
    writeFileSync(large, '')
    truncateSync(large, 900_000_000)
    expect(() => readBytes(large, 'decode image', { limit: 'imageFileBytes' })).toThrow('limit imageFileBytes')
    const restore = setLimits({ fileBytes: 50_000 })
    expect(code(() => readBytes(path))).toBe('limit')
    restore()
  })
  test('text must be UTF-8, JSON must fit its schema, lines are named', () => {
    const path = join(home, 'x.jsonl')
    writeFileSync(path, '{"a":1}\n\n{"a":"1"}\n')
    const schema = z.object({ a: z.number() })
    expect(() => readJsonLines(path, schema)).toThrow(`${path}, line 3: a must be`)
    expect(() => readJson(path, schema)).toThrow('it must hold JSON')
    writeFileSync(path, Uint8Array.of(0x7b, 0xff))
    expect(() => readText(path)).toThrow('UTF-8')
  })
})

describe('writing', () => {
  test('says the true reason and leaves no part file', () => {
    const file = join(home, 'file')
    writeFileSync(file, '')
    expect(() => writeFileAtomic(join(file, 'x'), 'y')).toThrow(`${file} must be a folder, got a file`)
    expect(() => writeFileAtomic(join(home, 'n'.repeat(300)), 'y')).toThrow('ENAMETOOLONG')
    writeFileAtomic(join(home, 'n'.repeat(250)), 'y') // allowed, so its part must be allowed too
    mkdirSync(join(home, 'there'))
    expect(() => writeFileAtomic(join(home, 'there'), 'y')).toThrow(/there/)
    expect(readdirSync(home).filter((n) => n.endsWith('.part'))).toEqual([])
  })
  test.runIf(process.getuid?.() === 0)('a folder without the right to write is named as such', () => {
    const locked = join(home, 'locked')
    mkdirSync(locked)
    chmodSync(locked, 0o555)
    const script = `
      process.setuid(65534)
      const { writeFileAtomic } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
      try { writeFileAtomic(${JSON.stringify(join(locked, 'x'))}, 'y') } catch (e) { console.log(e.code, e.message) }`
    chmodSync(home, 0o755)
    const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { ...process.env, TSX_DISABLE_CACHE: '1' },
    })
    expect(stdout).toContain('io write')
    expect(stdout).toContain('EACCES (no permission)')
  })
  test('parts of killed writers are swept, even if this process has inherited its number; those of living ones stay for an hour', () => {
    const folder = join(home, 'parts')
    mkdirSync(join(folder, 'deep'), { recursive: true })
    const dead = spawnSync(process.execPath, ['-e', '']).pid
    const [gone, deep, alive, old, reborn] = [
      `.a.${dead}.00112233.part`,
      `deep/.b.${dead}.00112233.part`,
      `.c.${process.ppid}.00112233.part`,
      `.d.${process.ppid}.aabbccdd.part`,
      `.f.${process.pid}.00112233.part`,
    ]
    for (const name of [gone, deep, alive, old, reborn, '.kept.part', 'e.1.00112233.part']) writeFileSync(join(folder, name), '')
    utimesSync(join(folder, old), new Date(0), new Date(0))
    expect(sweepParts(folder, { recursive: true })).toBe(4)
    expect(readdirSync(folder).sort()).toEqual([alive, '.kept.part', 'deep', 'e.1.00112233.part'].sort())
    expect(existsSync(join(folder, deep))).toBe(false)
    expect(sweepParts(join(home, 'nowhere'))).toBe(0)
  })
  test('the same bytes replace the old ones', () => {
    const path = join(home, 'again')
    writeFileAtomic(path, 'one')
    writeFileAtomic(path, 'two')
    expect(readFileSync(path, 'utf8')).toBe('two')
  })
})

describe.runIf(linux)('listing', () => {
  test('passes over pipes, rings, dangling links, folders behind links and names that are no text, each with its reason', () => {
    const folder = join(home, 'list')
    mkdirSync(join(folder, 'anna'), { recursive: true })
    writeFileSync(join(folder, 'anna/1.jpg'), '')
    writeFileSync(join(folder, '.hidden'), '')
    execFileSync('mkfifo', [join(folder, 'x.png')])
    symlinkSync('loop.jpg', join(folder, 'loop.jpg'))
    symlinkSync('nowhere', join(folder, 'gone.jpg'))
    symlinkSync('.', join(folder, 'ring'))
    symlinkSync('anna/1.jpg', join(folder, 'ok.jpg'))
    for (const last of [0xe9, 0xff]) writeFileSync(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.of(last)]), '')
    const { files, skipped } = listFiles(folder)
    expect(files).toEqual(['anna/1.jpg', 'ok.jpg'])
    expect(Object.fromEntries(skipped.map((s) => [s.path, s.reason]))).toEqual({
      'x.png': 'a pipe',
      'loop.jpg': 'a link that leads round in a ring',
      'gone.jpg': 'a link that leads nowhere',
      ring: 'a link to a folder',
      'caf\\xe9': 'its name is no UTF-8 text',
      'caf\\xff': 'its name is no UTF-8 text',
    })
    expect(
      listFiles(folder, { skipFolder: (path, names) => (names.includes('1.jpg') ? `${path} is not wanted` : undefined) }).files,
    ).toEqual(['ok.jpg'])
    expect(code(() => listFiles(join(folder, 'ok.jpg')))).toBe('usage')
    expect(code(() => listFiles(join(folder, 'none')))).toBe('not-found')
  })
  test('is bounded in depth', () => {
    const deep = join(home, 'deep')
    mkdirSync(join(deep, ...new Array<string>(70).fill('d')), { recursive: true })
    expect(() => listFiles(deep)).toThrow('limit nesting')
  })
})

describe('a folder', () => {
  test('is made with those above it; what is in the way is named', () => {
    const base = mkdtempSync(join(tmpdir(), 'kindred-folder-'))
    makeFolder(join(base, 'a', 'b', 'c'))
    makeFolder(join(base, 'a', 'b', 'c'))
    expect(pathKind(join(base, 'a', 'b', 'c'), 'test')).toBe('folder')
    writeFileSync(join(base, 'file'), '')
    expect(() => makeFolder(join(base, 'file'))).toThrow(`${join(base, 'file')} must be a folder, got a file`)
    expect(() => makeFolder(join(base, 'file', 'below', 'it'))).toThrow(`${join(base, 'file')} must be a folder`)
    expect(() => makeFolder(join(base, 'x'.repeat(300)))).toThrow('ENAMETOOLONG')
    rmSync(base, { recursive: true })
  })

  test.runIf(process.platform === 'linux')('is refused where the system makes none, and the answer comes at once', () => {
    expect(() => makeFolder('/proc/1/x/y', 'here')).toThrow(/^here: .*(ENOENT|no permission|not permitted)/)
  })
})

test('no path at all is an error of the caller', () => {
  for (const path of [undefined, '', 3]) expect(() => placeOf(path as string)).toThrow('a path must be given')
})
