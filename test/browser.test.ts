/** @file The browser floor at work in Chromium: training, embedding, classifying and mapping in a page, with the numbers of the native runtime. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Rolldown } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { take } from '../src/dataset/index.ts'
import { loadMnist } from '../src/digits/index.ts'
import { browserProject, bundle } from './support/browser-project.ts'
import { chromiumPath, visit, type Served } from './support/chromium.ts'

if (chromiumPath === undefined)
  console.warn('Chromium is not installed: the browser floor is bundled, but not run in a browser. Run: apt-get install chromium')

const inChromium = test.skipIf(chromiumPath === undefined)

interface Learnt {
  readonly runtime: string
  readonly threads: number
  readonly losses: readonly number[]
  readonly embeddings: readonly number[]
  readonly probabilities: readonly number[]
  readonly accuracy: number
  readonly steps: number
  readonly early: readonly number[]
  readonly trustworthiness: number
}
interface Program {
  learn(pixels: Uint8Array, labels: Uint8Array, tested: number, options?: object): Promise<Learnt>
  mapOf(embeddings: readonly number[]): Promise<Pick<Learnt, 'early' | 'trustworthiness'>>
}

const root = join(import.meta.dirname, '..')
const project = mkdtempSync(join(tmpdir(), 'kindred-browser-'))
const tested = 200
const wasm = readFileSync(join(root, 'node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm'))
let inNode: Program
let pixels: Uint8Array
let labels: Uint8Array

beforeAll(async () => {
  browserProject(project)
  symlinkSync(join(root, 'node_modules/onnxruntime-node'), join(project, 'node_modules/onnxruntime-node'))
  for (const name of ['learn.mjs', 'sum.mjs']) copyFileSync(join(root, 'test/browser', name), join(project, name))
  inNode = (await import(/* @vite-ignore */ pathToFileURL(join(project, 'learn.mjs')).href)) as Program
  const digits = take(await loadMnist({ split: 'test' }), 1000 + tested, { seed: 1 })
  pixels = digits.images
  labels = Uint8Array.from(digits.labels)
}, 120_000)
afterAll(() => rmSync(project, { recursive: true, force: true }))

/** The greatest difference, as a share of the greatest number. */
function apart(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length)
  const largest = b.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
  return a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0) / largest
}

inChromium('40 steps, embeddings, classes and a map, all in a page', { timeout: 240_000 }, async () => {
  const { code } = await bundle(
    project,
    `
    import { learn } from './learn.mjs'
    const get = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer())
    globalThis.run = async () => learn(await get('/pixels'), await get('/labels'), ${tested})`,
    { minify: true },
  )
  const binary = 'application/octet-stream'
  const { result, requests, hosts } = await visit<Learnt>({
    '/page.js': { type: 'text/javascript', content: code },
    '/ort-wasm-simd-threaded.wasm': { type: 'application/wasm', content: wasm },
    '/pixels': { type: binary, content: pixels },
    '/labels': { type: binary, content: labels },
  })
  expect(requests.map((address) => new URL(address).pathname).sort()).toEqual([
    '/',
    '/labels',
    '/ort-wasm-simd-threaded.wasm',
    '/page.js',
    '/pixels',
  ])
  expect(requests.filter((address) => new URL(address).hostname !== '127.0.0.1')).toEqual([])
  expect(hosts.filter((host) => host !== '~notfound')).toEqual(['127.0.0.1'])

  // The same WebAssembly gives the same bits; Math.exp of the softmax differs in its last one between browsers and Node.
  expect(result).toMatchObject({ runtime: 'wasm', threads: 1, steps: 40 })
  const inWasm = await inNode.learn(pixels, labels, tested, { kind: 'wasm', threads: 1 })
  expect(apart(result.losses, inWasm.losses)).toBe(0)
  expect(apart(result.embeddings, inWasm.embeddings)).toBe(0)
  expect(apart(result.probabilities, inWasm.probabilities)).toBeLessThan(1e-12)

  // Native code adds up in another order: 6e-8 apart in one sum; 40 steps leave 2e-7 in the losses, 3e-6 in the embeddings, 1e-6 in the probabilities.
  const native = await inNode.learn(pixels, labels, tested, { kind: 'native', threads: 1 })
  expect(native.runtime).toBe('cpu')
  expect(apart(result.losses, native.losses)).toBeLessThan(2e-6)
  expect(apart(result.embeddings, native.embeddings)).toBeLessThan(3e-5)
  expect(apart(result.probabilities, native.probabilities)).toBeLessThan(3e-5)
  expect(result.accuracy).toBeGreaterThan(0.65) // .1 by chance; one network of 40 steps
  expect(Math.abs(result.accuracy - native.accuracy)).toBeLessThanOrEqual(1 / tested)

  // Math.exp again: after t-SNE's first steps the maps are still the same, at its end equally good.
  const map = await inNode.mapOf(result.embeddings)
  expect(apart(result.early, map.early)).toBeLessThan(1e-6)
  expect(result.trustworthiness).toBeGreaterThan(0.95)
  expect(Math.abs(result.trustworthiness - map.trustworthiness)).toBeLessThan(0.02)
})

inChromium('the WebAssembly file is where a page says it is; without it the error says what to do', { timeout: 60_000 }, async () => {
  const { code } = await bundle(project, `import { sum } from './sum.mjs'\nglobalThis.run = () => sum(globalThis.options)`)
  const ask = async (options: object, files = {}) => {
    const page = { type: 'text/javascript', content: `globalThis.options = ${JSON.stringify(options)}\n${code}` }
    return (await visit({ '/page.js': page, ...files })).result
  }
  const served = { type: 'application/wasm', content: wasm }
  expect(await ask({ wasm: '/static/ort.wasm' }, { '/static/ort.wasm': served })).toEqual([2, 3])
  expect(await ask({})).toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(
      /wasm must work here.*The page must be able to fetch ort-wasm-simd-threaded\.wasm .* webRuntime\(\{ wasm: address \}\)/s,
    ),
  })
  expect(await ask({ kind: 'native' })).toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('native code must run here, got a browser'),
  })
})

inChromium(
  'what Vite builds runs as it is: it has copied the WebAssembly file and knows where, and threads work',
  { timeout: 60_000 },
  async () => {
    const entry = join(project, 'page.js')
    writeFileSync(
      entry,
      `import { sum } from './sum.mjs'\nglobalThis.run = async () => [crossOriginIsolated, await sum({ threads: 2 }), await sum()]`,
    )
    const made = await build({
      root: project,
      configFile: false,
      logLevel: 'silent',
      build: { write: false, rolldownOptions: { input: entry, output: { entryFileNames: 'page.js' } } },
    })
    const files = (made as Rolldown.RolldownOutput).output.map((file): [string, Served] =>
      file.type === 'chunk'
        ? [`/${file.fileName}`, { type: 'text/javascript', content: file.code }]
        : [`/${file.fileName}`, { type: 'application/wasm', content: file.source }],
    )
    const { result, requests } = await visit(Object.fromEntries(files))
    expect(result).toEqual([true, [2, 3], [2, 3]])
    expect(requests.filter((address) => address.endsWith('.wasm'))).toHaveLength(1)
  },
)
