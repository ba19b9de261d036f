/**
 * @file What a page loads: the browser floor bundled from the built package by esbuild, minified and compressed, room by room and together; and the page of the
 * browser test (training, embedding, a map) with ONNX Runtime, beside the same page with the default build of onnxruntime-web.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { browserProject, bundle, floor, wholeRoom } from '../test/support/browser-project.ts'
import { numberOptions, table, type Benchmark } from './peer.ts'

interface Weight {
  /** Bytes as they are, minified. */
  readonly bytes: number
  readonly gzip: number
}
const weigh = (content: string | Uint8Array): Weight => ({
  bytes: Buffer.byteLength(content),
  gzip: gzipSync(content, { level: 9 }).length,
})
const row = (what: string, { bytes, gzip }: Weight) => ({ what, 'minified kB': bytes / 1000, 'gzip kB': gzip / 1000 })

/** Runs the benchmark; it has no options. */
export const run: Benchmark = async (argv) => {
  numberOptions(argv, {})
  const root = resolve(import.meta.dirname, '..')
  const project = mkdtempSync(join(tmpdir(), 'kindred-bundle-'))
  try {
    browserProject(project)
    copyFileSync(join(root, 'test/browser/learn.mjs'), join(project, 'learn.mjs'))
    const weight = async (program: string, external = ['onnxruntime-web/wasm']) =>
      weigh((await bundle(project, program, { external, minify: true })).code)
    const rooms: Record<string, Weight> = {}
    for (const room of floor) rooms[room] = await weight(wholeRoom(room))
    const all = await weight(floor.map((room) => `export * as ${room} from 'kindred/${room}'`).join('\n'))
    const program = `import { learn } from './learn.mjs'\nglobalThis.learn = learn\n`
    const [learn, learnWithRuntime, defaultRuntime] = [
      await weight(program),
      await weight(program, []),
      await weight(`export * from 'onnxruntime-web'`, []),
    ]
    const [wasm, defaultWasm] = ['ort-wasm-simd-threaded.wasm', 'ort-wasm-simd-threaded.jsep.wasm'].map((name) =>
      weigh(readFileSync(join(root, 'node_modules/onnxruntime-web/dist', name))),
    )
    table([
      ...Object.entries(rooms).map(([room, size]) => row(room, size)),
      row('all rooms of the floor', all),
      row('a page that trains, embeds, maps', learn),
      row('the same with onnxruntime-web/wasm', learnWithRuntime),
      row('its WebAssembly', wasm),
      row("onnxruntime-web's default build", defaultRuntime),
      row('its WebAssembly', defaultWasm),
    ])
    const page = learnWithRuntime.gzip + wasm.gzip
    return {
      ratio: page / (learn.gzip + defaultRuntime.gzip + defaultWasm.gzip),
      rooms,
      all,
      learn,
      learnWithRuntime,
      wasm,
      defaultRuntime,
      defaultWasm,
    }
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
}
