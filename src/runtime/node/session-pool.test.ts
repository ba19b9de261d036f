/** @file Runs that overlap on worker threads: the same numbers, the same errors, and threads that end. */
import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { KindredError, rng } from '../../base/index.ts'
import { conv2d, input, matmul, relu, sum } from '../../tensor/index.ts'
import { compile, floats, nodeRuntime, type HostTensor } from '../index.ts'
import { loadNative } from './load-native.ts'
import { ortRuntime, type OrtModule } from '../runtime.ts'
import { sessionPool } from './session-pool.ts'

/** A runtime with nothing added. */
const plain = (ort: OrtModule, options: Record<string, unknown> = {}) =>
  ortRuntime(ort, 'cpu', 2, options, {
    library: { name: 'onnxruntime-node', version: '' },
    unavailable: (reason) => new KindredError('unsupported', 'test', 'it must run', reason),
  })
const stream = rng(7).fork('session-pool')
const normals = (n: number) => Float32Array.from({ length: n }, () => stream.normal())
const weights = { w: normals(16 * 3 * 9), v: normals(64 * 64) }
/** A convolution and a product, large enough to be divided among threads. */
const outputs = () => ({
  y: relu(conv2d(input('x', ['N', 3, 64, 64]), input('w', [16, 3, 3, 3]))),
  z: sum(matmul(input('m', [64, 64]), input('v', [64, 64])), { axes: [1] }),
})
const feeds = (n: number): Record<string, HostTensor> => ({
  x: floats(normals(n * 3 * 64 * 64), [n, 3, 64, 64]),
  m: floats(normals(64 * 64), [64, 64]),
})

test('overlapping runs give the bits of runs one by one, whatever the threads, and leave what was fed alone', async () => {
  const single = await compile(await nodeRuntime({ threads: 2 }), outputs(), { weights })
  const several = await compile(await nodeRuntime({ threads: 2 }), outputs(), { weights, independent: true })
  expect([single.concurrency, several.concurrency]).toEqual([1, 4])
  expect(several.inputs).toEqual(single.inputs)
  const fed = [1, 2, 3, 1, 2, 3, 1, 2].map(feeds)
  const copies = structuredClone(fed)
  const results = await Promise.all(fed.map((f) => several.run(f)))
  expect(fed).toEqual(copies)
  for (const [i, f] of fed.entries()) expect(results[i]).toEqual(await single.run(f))
  expect(Object.keys(await several.run(fed[0], ['z']))).toEqual(['z'])
  await single.dispose()
  await several.dispose()
})

test('the calling thread is free while a run goes on, and two runs go on at once', async () => {
  const program = await compile(await nodeRuntime({ threads: 2 }), outputs(), { weights, independent: true })
  const large = feeds(96)
  await Promise.all([program.run(large), program.run(large)])
  let turns = 0
  const turn = setInterval(() => turns++, 1)
  const ends: string[] = []
  // The second is begun later, and has a hundredth of the work: behind the first it would end last.
  await Promise.all([program.run(large).then(() => ends.push('large')), program.run(feeds(1)).then(() => ends.push('small'))])
  clearInterval(turn)
  expect(ends).toEqual(['small', 'large'])
  expect(turns).toBeGreaterThan(0)
  await program.dispose()
})

describe('errors are those of a single session', () => {
  test('a model that is none', async () => {
    const runtime = await nodeRuntime({ threads: 2 })
    await expect(runtime.load(Uint8Array.of(1, 2, 3), { independent: true, checked: true })).rejects.toMatchObject({
      code: 'corrupt',
      where: 'runtime',
    })
  })

  test('feeds that are missing or do not fit, and runs after the end', async () => {
    const program = await compile(await nodeRuntime({ threads: 2 }), outputs(), { weights, independent: true })
    await expect(program.run({})).rejects.toMatchObject({ code: 'shape' })
    await expect(program.run({ ...feeds(1), m: floats(new Float32Array(6), [2, 3]) })).rejects.toMatchObject({ code: 'shape' })
    expect((await program.run(feeds(1))).y.shape).toEqual([1, 16, 62, 62])
    await program.dispose()
    await expect(program.run(feeds(1))).rejects.toMatchObject({ code: 'usage' })
  })

  test('a program disposed of while runs wait: each run ends, with its numbers or with an error', async () => {
    const program = await compile(await nodeRuntime({ threads: 2 }), outputs(), { weights, independent: true })
    const runs = Promise.allSettled(Array.from({ length: 6 }, () => program.run(feeds(8))))
    await program.dispose()
    expect((await runs).length).toBe(6)
  })

  test('a thread that cannot load the runtime', async () => {
    const pool = plain(sessionPool('/nowhere/onnxruntime-node', 2))
    await expect(compile(pool, outputs(), { weights, independent: true })).rejects.toMatchObject({
      code: 'io',
      got: expect.stringContaining('/nowhere'),
    })
  })
})

test('threads end with the last program, and start again with the next', async () => {
  const threads = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length
  const pool = plain(sessionPool((await loadNative()).entry, 2))
  const before = threads()
  for (let round = 0; round < 2; round++) {
    const [a, b] = [await compile(pool, outputs(), { weights }), await compile(pool, outputs(), { weights })]
    await Promise.all([a.run(feeds(1)), b.run(feeds(1))])
    await a.dispose()
    expect((await b.run(feeds(1))).y.shape).toEqual([1, 16, 62, 62])
    await b.dispose()
    expect(threads()).toBe(before)
  }
  const early = await compile(pool, outputs(), { weights })
  const ending = early.dispose()
  const late = await compile(pool, outputs(), { weights }) // while the threads of the other end
  expect((await late.run(feeds(1))).y.shape).toEqual([1, 16, 62, 62])
  await Promise.all([ending, early.dispose(), late.dispose()])
  expect(threads()).toBe(before)
})

/** A process of its own with a program of two threads, fed by `feed(n)` in runs that `n` makes longer. */
function inProcess(code: string): { status: number | null; signal: string | null; stdout: string; stderr: string } {
  const here = (name: string) => JSON.stringify(new URL(name, import.meta.url).href)
  const start = `
    import { matmul, input } from ${here('../../tensor/index.ts')}
    import { compile, floats, nodeRuntime } from ${here('../index.ts')}
    const y = matmul(input('x', ['N', 400]), input('w', [400, 400]))
    const weights = { w: new Float32Array(160_000).fill(0.5) }
    const program = await compile(await nodeRuntime({ threads: 2 }), { y }, { weights, independent: true })
    const feed = (n) => ({ x: floats(new Float32Array(n * 400).fill(2), [n, 400]) })\n`
  return spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', start + code], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
    timeout: 30_000,
  })
}

describe('a process ends well', { timeout: 40_000 }, () => {
  test('with a program open', () => {
    const ended = inProcess(
      `console.log((await Promise.all([1, 2, 3].map((n) => program.run(feed(n))))).map(({ y }) => y.data.length + ' x ' + y.data[0]).join())`,
    )
    expect(ended).toMatchObject({ stderr: '', stdout: '400 x 400,800 x 400,1200 x 400\n', status: 0 })
  })

  test.each([
    ['process.exit(3)', 3],
    ['setTimeout(() => process.exit(3), 20)', 3],
    ['throw new Error("stop")', 1],
  ])('in the middle of runs: %s', (end, status) => {
    const ended = inProcess(`for (let i = 0; i < 5; i++) program.run(feed(20_000)).catch(() => {})\n${end}`)
    expect(ended).toMatchObject({ status, signal: null })
    expect(ended.stderr).not.toContain('terminate called')
  })
})

test('threads of the native runtime sleep soon after their work', async () => {
  const idle = async (options: Record<string, unknown>) => {
    const own = await nodeRuntime({ threads: 2 })
    const runtime = Object.keys(options).length === 0 ? own : plain((await loadNative()).ort, options)
    const program = await compile(runtime, outputs(), { weights })
    const fed = feeds(1)
    let used = 0
    for (let i = 0; i < 12; i++) {
      await program.run(fed)
      const before = process.cpuUsage()
      await sleep(30)
      const { user, system } = process.cpuUsage(before)
      used += (user + system) / 1000
    }
    await program.dispose()
    return used
  }
  const untold = await idle({ intraOpNumThreads: 2, executionMode: 'sequential' })
  const own = await idle({})
  expect(own).toBeLessThan(untold / 3)
})
