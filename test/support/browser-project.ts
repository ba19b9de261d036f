/** @file A stranger's project for the browser: the built package in its node_modules, and bundles of programs that import its doors. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { build, type BuildOptions } from 'esbuild'

const root = resolve(import.meta.dirname, '../..')

/** The rooms that run in a browser, by scripts/rooms.mjs. */
export const { floor } = (await import(new URL('../../scripts/rooms.mjs', import.meta.url).href)) as { floor: readonly string[] }

/** The program that takes a room whole. */
export const wholeRoom = (room: string): string => `import * as room from 'kindred/${room}'\nglobalThis.room = room\n`

/**
 * Makes the project in an empty folder: the package as it is published, its dependencies and onnxruntime-web.
 *
 * @returns the folder of the package in it
 */
export function browserProject(folder: string): string {
  const installed = join(folder, 'node_modules/kindred')
  mkdirSync(installed, { recursive: true })
  copyFileSync(join(root, 'package.json'), join(installed, 'package.json'))
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), join(installed, 'dist')], { cwd: root, stdio: 'inherit' })
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
  for (const name of [...Object.keys(dependencies), 'onnxruntime-web']) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), link)
  }
  writeFileSync(join(folder, 'package.json'), '{ "name": "stranger", "private": true, "type": "module" }')
  return installed
}

/** Bundles a program of the project for the browser by esbuild, with no setting that helps; says which files came along. */
export async function bundle(
  folder: string,
  program: string,
  options: BuildOptions = {},
): Promise<{ code: string; files: readonly string[] }> {
  const { outputFiles, metafile, warnings } = await build({
    stdin: { contents: program, resolveDir: folder, sourcefile: 'program.js' },
    bundle: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    metafile: true,
    logLevel: 'silent',
    absWorkingDir: folder,
    ...options,
  })
  if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join('\n'))
  const [output] = Object.values(metafile!.outputs)
  return { code: outputFiles![0].text, files: Object.keys(output.inputs).filter((file) => output.inputs[file].bytesInOutput > 0) }
}
