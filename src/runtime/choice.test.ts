/** @file Which runtime runs, and what is said where one cannot. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { KindredError } from '../base/index.ts'
import { encodeModel, toOnnx } from '../onnx/index.ts'
import { add, input } from '../tensor/index.ts'
import {
  chooseRuntime,
  compile,
  cudaTrouble,
  defaultRuntime,
  findNative,
  floats,
  loadNative,
  nodeRuntime,
  webRuntime,
  type WebModule,
} from './index.ts'
import * as browser from './browser.ts'
import { ortRuntime } from './runtime.ts'

const place = mkdtempSync(join(tmpdir(), 'kindred-choice-'))
afterAll(() => rmSync(place, { recursive: true }))

const refused = async (work: Promise<unknown>): Promise<{ code: string; message: string }> =>
  work.then(
    () => expect.unreachable('it must be refused'),
    (error: unknown) => (error instanceof KindredError ? { code: error.code, message: error.message } : Promise.reject(error)),
  )
const y = { y: add(input('x', [2]), 1) }

describe('options', () => {
  test.each([
    [() => nodeRuntime({ thread: 2 } as never), 'Did you mean "threads"?'],
    [() => nodeRuntime({ device: 'cudaa' as never }), 'Did you mean "cuda"?'],
    [() => nodeRuntime({ threads: 0 }), 'threads must be a positive integer, got 0'],
    [() => webRuntime({ treads: 2 } as never), 'Did you mean "threads"?'],
    [() => webRuntime({ device: 'wsam' as never }), 'Did you mean "wasm"?'],
    [() => defaultRuntime({ kind: 'naitve' as never }), 'Did you mean "native"?'],
    [() => defaultRuntime({ device: 'cuda' } as never), 'options must be among kind, threads, note, wasm'],
  ])('misspelt: %s', async (call, message) => {
    expect(await refused(call())).toMatchObject({ code: 'usage', message: expect.stringContaining(message) })
  })
})

test('native code where it is installed, WebAssembly where it is asked for; each names its package', async () => {
  expect(await chooseRuntime()).toMatchObject({ kind: 'native', why: expect.stringMatching(/^onnxruntime-node 1\.30\.\d+ is installed$/) })
  const notes: string[] = []
  expect(await defaultRuntime({ threads: 1, note: (message) => notes.push(message) })).toMatchObject({
    name: 'cpu',
    threads: 1,
    library: { name: 'onnxruntime-node' },
  })
  expect(await defaultRuntime({ kind: 'wasm', threads: 1, note: (message) => notes.push(message) })).toMatchObject({
    name: 'wasm',
    threads: 1,
    library: { name: 'onnxruntime-web', version: findNative()!.version },
  })
  expect(notes).toEqual([])
})

describe('what is missing is told apart from a bad model', () => {
  test('no libraries for the platform', async () => {
    expect(
      await refused(
        loadNative({ name: 'onnxruntime-node', version: '1.30.0', entry: join(place, 'index.js'), libraries: join(place, 'none') }),
      ),
    ).toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(
        new RegExp(
          `must have libraries for this platform, got none for ${process.platform}-${process.arch}\\. WebAssembly runs everywhere`,
        ),
      ),
    })
  })

  test('libraries that do not load', async () => {
    const libraries = join(place, 'broken')
    mkdirSync(libraries)
    writeFileSync(join(libraries, 'onnxruntime_binding.node'), 'no library')
    const entry = join(place, 'broken.cjs')
    writeFileSync(entry, `require(${JSON.stringify(join(libraries, 'onnxruntime_binding.node'))})`)
    expect(await refused(loadNative({ name: 'onnxruntime-node', version: '1.30.0', entry, libraries }))).toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/libraries of onnxruntime-node 1\.30\.0 must load, got .*onnxruntime_binding\.node.*`runtime` wasm/),
    })
  })

  test.runIf(process.platform === 'linux' && process.arch === 'x64')(
    'CUDA: the file that is missing, or what the loader says',
    async () => {
      expect(cudaTrouble(place)).toMatchObject({
        missing: expect.stringContaining('libonnxruntime_providers_shared.so'),
        fix: expect.stringContaining('ONNXRUNTIME_NODE_INSTALL=cuda12 node'),
      })
      writeFileSync(join(place, 'libonnxruntime_providers_shared.so'), '')
      expect(cudaTrouble(place)!.missing).toContain('libonnxruntime_providers_cuda.so')
      writeFileSync(join(place, 'libonnxruntime_providers_cuda.so'), '')
      expect(cudaTrouble(place)).toBeUndefined()
      expect(cudaTrouble(place, true)).toMatchObject({
        missing: expect.stringContaining('libonnxruntime_providers_shared.so: file too short'),
        fix: expect.stringContaining('LD_LIBRARY_PATH'),
      })
      if (existsSync(join(findNative()!.libraries, 'libonnxruntime_providers_cuda.so'))) return
      expect(await refused(nodeRuntime({ device: 'cuda' }))).toMatchObject({
        code: 'unsupported',
        message: expect.stringMatching(
          /CUDA must work on this machine, got .*libonnxruntime_providers_shared\.so is missing.*Run: ONNXRUNTIME_NODE_INSTALL=cuda12 node/,
        ),
      })
    },
  )

  test('a device that fails for every model, and a model that is bad on a device that works', async () => {
    const { ort, name, version } = await loadNative()
    const about = {
      library: { name, version },
      unavailable: (reason: string) => new KindredError('unsupported', 'runtime', 'the device must work', reason),
    }
    const on = (device: string) => ortRuntime(ort, device, 1, { executionProviders: [device], logSeverityLevel: 4 }, about)
    expect(await refused(compile(on('nonsense'), y))).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('the device must work, got no available backend found'),
    })
    expect(await refused(on('cpu').load(Uint8Array.of(1, 2, 3), { checked: true }))).toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('ONNX Runtime must accept the model'),
    })
    const full = ortRuntime(
      { ...ort, InferenceSession: { create: () => Promise.reject(new Error("Can't create a session. ERROR_MESSAGE: std::bad_alloc")) } },
      'wasm',
      1,
      {},
      about,
    )
    expect(await refused(compile(full, y))).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('the model must fit into memory'),
    })
    for (const runtime of [await nodeRuntime({ threads: 1 }), await nodeRuntime({ threads: 2 }), await webRuntime()]) {
      const own = toOnnx(y)
      const nan = encodeModel({
        ...own,
        initializers: { ...own.initializers, bias: { dtype: 'float32', shape: [1], data: Float32Array.of(NaN) } },
      }) // ONNX Runtime itself takes it
      for (const independent of [false, true]) {
        expect(await refused(runtime.load(nan, { independent }))).toMatchObject({
          code: 'corrupt',
          message: expect.stringContaining('tensor bias'),
        })
        await (await runtime.load(nan, { independent, checked: true })).dispose()
        await (await runtime.load(encodeModel(toOnnx(y)), { independent })).dispose()
      }
    }
    for (const runtime of [await nodeRuntime({ threads: 1 }), await webRuntime()])
      expect(await refused(runtime.load(Uint8Array.of(1, 2, 3)))).toMatchObject({ code: 'corrupt' })
  })
})

test('in a browser: WebAssembly, and native code refused with the way out', async () => {
  expect(await browser.chooseRuntime()).toEqual({ kind: 'wasm', why: 'a browser runs no native code' })
  for (const call of [browser.nodeRuntime, browser.loadNative])
    expect(await refused(call())).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('native code must run here, got a browser'),
    })
  expect(browser.availableThreads()).toBe(1)
})

test('a program ends with its block, and once however often it is asked', async () => {
  let released = 0
  const session = {
    inputNames: ['x'],
    outputNames: ['y'],
    run: () => Promise.reject(new Error('none')),
    release: async () => void released++,
  }
  const { ort } = await loadNative()
  const runtime = ortRuntime(
    { ...ort, InferenceSession: { create: async () => session } },
    'cpu',
    1,
    {},
    { library: { name: '', version: '' }, unavailable: () => new KindredError('io', '', '', '') },
  )
  {
    await using program = await compile(runtime, y)
    expect(program.inputs).toEqual(['x'])
    expect(released).toBe(0)
  }
  expect(released).toBe(1)
  const program = await compile(runtime, y)
  await Promise.all([program.dispose(), program.dispose()])
  expect(released).toBe(2)
})

test('a model is loaded from an ArrayBuffer as from bytes', async () => {
  const model = encodeModel(toOnnx(y))
  for (const runtime of [await nodeRuntime({ threads: 1 }), await nodeRuntime({ threads: 2 }), await webRuntime()]) {
    await using program = await runtime.load(model.slice().buffer, { independent: true })
    expect((await program.run({ x: floats([1, 2]) })).y.data).toEqual(Float32Array.of(2, 3))
  }
})

test("WebAssembly from bytes of one's own, or from a build of onnxruntime-web of one's own", async () => {
  const env = { wasm: {} as Record<string, unknown>, versions: { web: '9' } }
  const module = { ...(await loadNative()).ort, env } as WebModule
  const wasm = new Uint8Array(3)
  expect(await webRuntime({ module, wasm })).toMatchObject({ name: 'wasm', library: { name: 'onnxruntime-web', version: '9' } })
  expect(env.wasm.wasmBinary).toBe(wasm)
  await webRuntime({ module, wasm: new URL('https://example.org/ort.wasm') })
  expect(env.wasm.wasmPaths).toEqual({ wasm: 'https://example.org/ort.wasm' })
  expect(await refused(webRuntime({ device: 'webgpu' }))).toMatchObject({ code: 'unsupported' })
})
