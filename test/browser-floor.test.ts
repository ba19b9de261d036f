/** @file The rooms of the browser floor, bundled from the built package as a stranger's project would. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { build as viteBuild, type Rolldown } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserProject, bundle, floor, wholeRoom } from './support/browser-project.ts'

const project = mkdtempSync(join(tmpdir(), 'kindred-bundles-'))
let installed: string
beforeAll(() => {
  installed = browserProject(project)
}, 120_000)
afterAll(() => rmSync(project, { recursive: true, force: true }))

/** What JavaScript alone has, and the few things of the web that rooms use when they are loaded. */
const page = () => createContext({ TextEncoder, TextDecoder, URL })

describe('esbuild', () => {
  test.each(floor)('%s', async (room) => {
    const { code, files } = await bundle(project, wholeRoom(room), { external: ['onnxruntime-web/wasm'], format: 'iife' })
    expect(files.filter((file) => file.includes('/node/'))).toEqual([])
    expect(files.filter((file) => file.includes('zod/v4/locales') && !file.endsWith('/en.js'))).toEqual([])
    const loaded = page()
    runInContext(code, loaded)
    const here = (await import(`../src/${room}/index.ts`)) as object
    expect(Object.keys(loaded.room as object).sort()).toEqual(Object.keys(here).sort())
  })

  test('of a room only what is used comes along', async () => {
    const [all, one] = await Promise.all(
      [wholeRoom('runtime'), `import { floats } from 'kindred/runtime'\nglobalThis.floats = floats\n`].map((program) =>
        bundle(project, program, { external: ['onnxruntime-web/wasm'] }),
      ),
    )
    expect(one.code).toContain('the data must fill its shape')
    expect(one.code.length).toBeLessThan(all.code.length / 5)
  })

  test('a room above the floor is refused', async () => {
    await expect(bundle(project, wholeRoom('files'))).rejects.toThrow('Could not resolve "node:fs"')
  })
})

describe('Vite', () => {
  test.each(floor)('%s', async (room) => {
    const entry = join(project, `${room}.js`)
    writeFileSync(entry, wholeRoom(room))
    const warnings: string[] = []
    const made = await viteBuild({
      root: project,
      configFile: false,
      logLevel: 'silent',
      build: {
        write: false,
        minify: false,
        rolldownOptions: { input: entry, external: ['onnxruntime-web/wasm'], onLog: (_, { message }) => warnings.push(message) },
      },
    })
    const { output } = made as Rolldown.RolldownOutput
    const modules = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []))
    expect(modules.some((id) => id.includes(`kindred/dist/${room}/`))).toBe(true)
    // Vite puts an empty module where one of Node's is imported, and says so
    expect(modules.filter((id) => id.includes('__vite-browser-external') || id.includes('/node/'))).toEqual([])
    expect(warnings).toEqual([])
  })
})

test('a file that stands in for another in a browser exports the same names', async () => {
  const { browser } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { browser: Record<string, string> }
  expect(Object.keys(browser).length).toBeGreaterThan(0)
  for (const pair of Object.entries(browser)) {
    const [inNode, inBrowser] = await Promise.all(
      pair.map(async (file) => Object.keys((await import(join(installed, file))) as object).sort()),
    )
    expect(inBrowser, pair.join(' -> ')).toEqual(inNode)
  }
})
