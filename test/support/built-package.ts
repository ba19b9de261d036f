/** @file The package as it is published, but built in a moment: compiled into a folder, with the clone's packages beside it. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/** Builds the package into `folder/node_modules/kindred`. @returns the path of the program */
export function builtPackage(folder: string): string {
  const home = join(folder, 'node_modules/kindred')
  mkdirSync(home, { recursive: true })
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), join(home, 'dist')], { stdio: ['ignore', 'ignore', 'inherit'] })
  copyFileSync(join(root, 'package.json'), join(home, 'package.json'))
  for (const name of ['assets', 'node_modules']) symlinkSync(join(root, name), join(home, name))
  return join(home, 'dist/cli/main.js')
}
