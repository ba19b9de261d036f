/** @file Checkpoints: every bit matters, and nothing that happens while one is written loses the last. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { KindredError } from '../base/index.ts'
import { checkpointName, folderStore, hasCheckpoint, previousName, sweepParts } from '../files/index.ts'
import { decodeCheckpoint, encodeCheckpoint, loadCheckpoint, memoryStore, type Checkpoint } from './checkpoint.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'kindred-checkpoint-'))
const saveCheckpoint = (run: string, checkpoint: Checkpoint): void => folderStore(run).save(encodeCheckpoint(checkpoint))
const content = (step: number, size = 1000) => ({
  header: { step, words: 'zwölf ✓' },
  arrays: new Map([
    ['state/a', Float32Array.from({ length: size }, (_, i) => Math.sin(i + step))],
    ['b', new Float32Array(0)],
    ['c', Float32Array.of(Number.NaN, -0, 1e-40)],
  ]),
})

test('what is written is what is read, bit by bit, and the same content gives the same bytes', () => {
  const { header, arrays } = decodeCheckpoint(encodeCheckpoint(content(3)), 'x')
  expect(header).toEqual(content(3).header)
  expect([...arrays.keys()]).toEqual(['state/a', 'b', 'c'])
  for (const [name, a] of content(3).arrays) expect(Buffer.from(arrays.get(name)!.buffer).equals(Buffer.from(a.buffer))).toBe(true)
  expect(encodeCheckpoint(content(3))).toEqual(encodeCheckpoint(content(3)))
})

test('any cut and any changed byte is found', () => {
  const bytes = encodeCheckpoint(content(1, 40))
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = bytes.slice()
      changed[at] ^= change
      for (const bad of [changed, bytes.subarray(0, at)]) {
        let error: unknown
        try {
          decodeCheckpoint(bad, 'run/x')
        } catch (e) {
          error = e
        }
        expect(error).toBeInstanceOf(KindredError)
        expect(['corrupt', 'unsupported']).toContain((error as KindredError).code)
      }
    }),
  )
})

test('the one before is kept, and used when the last is damaged', async () => {
  const run = folder()
  const store = folderStore(run)
  await expect(loadCheckpoint(store)).rejects.toThrow(`${run} must hold a checkpoint`)
  saveCheckpoint(run, content(1))
  expect(hasCheckpoint(run)).toBe(true)
  saveCheckpoint(run, content(2))
  saveCheckpoint(run, content(3))
  expect(await loadCheckpoint(store)).toMatchObject({ header: { step: 3 } })
  expect(decodeCheckpoint(readFileSync(join(run, previousName)), 'x').header).toMatchObject({ step: 2 })
  for (const damage of [() => writeFileSync(join(run, checkpointName), 'half'), () => rmSync(join(run, checkpointName))]) {
    damage()
    const loaded = await loadCheckpoint(store)
    expect(loaded).toMatchObject({ header: { step: 2 }, name: join(run, previousName) })
    expect(loaded.warning).toMatch(/(must be a whole checkpoint|must exist).*Going on from the checkpoint before it/)
  }
  writeFileSync(join(run, previousName), '')
  await expect(loadCheckpoint(store)).rejects.toMatchObject({ code: 'corrupt', fix: 'Begin anew.' })
})

test('in memory, too', async () => {
  const store = memoryStore()
  await expect(loadCheckpoint(store)).rejects.toThrow('memory must hold a checkpoint')
  for (const step of [1, 2, 3]) await store.save(encodeCheckpoint(content(step)), { 'history.json': `[${step}]` })
  expect(await loadCheckpoint(store)).toMatchObject({ header: { step: 3 }, warning: undefined })
  expect(store.notes).toEqual({ 'history.json': '[3]' })
  await store.save(new Uint8Array(70), {})
  expect(await loadCheckpoint(store)).toMatchObject({ header: { step: 3 }, name: 'checkpoint before' })
})

test('a disk that is full while writing leaves the last checkpoint as it was', async () => {
  const run = folder()
  saveCheckpoint(run, content(1))
  const full = (path: string) => {
    throw new KindredError('io', 'write', `there must be room on the disk for ${path}`, 'a full disk (ENOSPC)')
  }
  expect(() => folderStore(run, full).save(encodeCheckpoint(content(2)))).toThrow('room on the disk')
  expect(await loadCheckpoint(folderStore(run))).toMatchObject({ header: { step: 1 } })
  expect(readdirSync(run).filter((n) => n.endsWith('.part'))).toEqual([])
})

const support = new URL('../../test/support/', import.meta.url).pathname
/** Runs TypeScript in the very process that is started, so that it is that one which is killed. */
const loader = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href

/** Runs a script with tsx until it ends or `stop` says so of what it printed. */
function child(
  command: string,
  args: string[],
  stop: (printed: string) => boolean,
): Promise<{ printed: string; errors: string; code: number | null }> {
  return new Promise((resolve) => {
    const process_ = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { printed: '', errors: '' }
    process_.stdout.on('data', (d: Buffer) => {
      said.printed += d.toString()
      if (stop(said.printed)) process_.kill('SIGKILL')
    })
    process_.stderr.on('data', (d: Buffer) => (said.errors += d.toString()))
    process_.on('close', (code) => resolve({ ...said, code }))
  })
}

test.skipIf(process.platform === 'win32')(
  'a real write that the system cuts short (file size limit) is an io error and leaves the last checkpoint',
  { timeout: 60_000 },
  async () => {
    const run = folder()
    saveCheckpoint(run, content(1))
    const script = join(folder(), 'big.mts')
    writeFileSync(
      script,
      `
import { folderStore } from ${JSON.stringify(new URL('../files/index.ts', import.meta.url).href)}
import { encodeCheckpoint } from ${JSON.stringify(new URL('./checkpoint.ts', import.meta.url).href)}
try {
  folderStore(${JSON.stringify(run)}).save(encodeCheckpoint({ header: {}, arrays: new Map([['a', new Float32Array(1e6)]]) }))
} catch (e) { process.stdout.write(e.code + ' ' + e.message) }
`,
    )
    const { printed, errors } = await child(
      'bash',
      ['-c', `ulimit -f 64; exec ${process.execPath} --import ${loader} ${script}`],
      () => false,
    )
    expect(`${printed}${errors}`).toMatch(/^io .*EFBIG/)
    expect(await loadCheckpoint(folderStore(run))).toMatchObject({ header: { step: 1 } })
    expect(readdirSync(run).filter((n) => n.endsWith('.part'))).toEqual([])
  },
)

test('a checkpoint whose hash holds and whose content does not is not taken: the one before is', async () => {
  const run = folder()
  const schema = z.object({ step: z.int() })
  const good = (step: number) => ({ header: { step }, arrays: new Map([['w', Float32Array.of(step, 2)]]) })
  saveCheckpoint(run, good(1))
  const path = join(run, checkpointName)
  const wrong: Record<string, Uint8Array> = {
    'no JSON': sealed('{"header":{"step":2},"arrays":[["w",2]', 8),
    'step must be': encodeCheckpoint({ header: { step: 'x' }, arrays: new Map() }),
    'must hold finite numbers': encodeCheckpoint({ header: { step: 2 }, arrays: new Map([['w', Float32Array.of(NaN)]]) }),
    'arrays of 3 numbers': sealed('{"header":{"step":2},"arrays":[["w",3]]}', 8),
    'arrays[0][1]': sealed('{"header":{"step":2},"arrays":[["w",-1]]}', 8),
  }
  for (const [words, bytes] of Object.entries(wrong)) {
    saveCheckpoint(run, good(1))
    saveCheckpoint(run, good(1))
    writeFileSync(path, bytes)
    const { header, warning } = await loadCheckpoint(folderStore(run), schema)
    expect(header).toEqual({ step: 1 })
    expect(warning).toContain(words === 'no JSON' ? 'it must hold JSON' : words)
  }
  rmSync(run, { recursive: true })
})

/** A file with such a header text, zeros for numbers and a hash that holds. */
function sealed(header: string, numbers: number): Uint8Array {
  const body = Buffer.alloc(16 + header.length + numbers)
  body.write('KINDREDC')
  body.writeUInt32LE(1, 8)
  body.writeUInt32LE(header.length, 12)
  body.write(header, 16)
  return Buffer.concat([body, createHash('sha256').update(body).digest()])
}

test('a run killed with -9 at four moments always leaves a checkpoint that can be read and resumed', { timeout: 240_000 }, async () => {
  const run = folder()
  let reached = 0
  for (const [k, steps] of [2, 5, 4, 7].entries()) {
    const wanted = reached + steps
    // the kill comes while the child is on its way from one checkpoint to the next: a step, an evaluation and two files each
    const { printed, errors } = await child(
      process.execPath,
      ['--import', loader, join(support, 'train-child.ts'), run, k === 0 ? 'fresh' : 'resume'],
      (p) => p.includes(`step ${wanted}\n`),
    )
    expect(`${errors}${printed}`).toContain(`step ${wanted}`)
    const { header, warning } = await loadCheckpoint<{ step: number; history: unknown[] }>(folderStore(run))
    expect(warning).toBeUndefined()
    expect(header.step).toBeGreaterThanOrEqual(wanted - 1) // the epoch told of may not have been saved yet
    expect(header.history.length).toBe(header.step)
    reached = header.step
  }
  // what a killed writer left behind goes at the next start
  linkSync(join(run, checkpointName), join(run, `.${checkpointName}.4194304.0000000f.part`))
  linkSync(join(run, checkpointName), join(run, `.${checkpointName}.${process.ppid}.0000000f.part`))
  sweepParts(run)
  expect(readdirSync(run).filter((n) => n.endsWith('.part'))).toEqual([`.${checkpointName}.${process.ppid}.0000000f.part`])
  rmSync(run, { recursive: true })
})
