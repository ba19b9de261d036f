/** @file Which npm packages are installed beside this one. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { missingParts, parts, type Part, type PartName } from '../base/index.ts'

/** Where code is looked for: never in the folder the user happens to stand in, whose packages may be anybody's. */
const here = import.meta.url

/** The version of an npm package that this one can load, or undefined when it is not installed. */
export function installedVersion(name: string): string | undefined {
  for (let folder = dirname(fileURLToPath(here)); ; folder = dirname(folder)) {
    const file = join(folder, 'node_modules', name, 'package.json')
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
    if (dirname(folder) === folder) break
  }
  try {
    createRequire(here).resolve(name) // stores other than node_modules
    return 'unknown'
  } catch {
    return undefined
  }
}

/** Whether all packages of a part are there; such as hold data alone may also lie in the user's project. */
export function hasPart(name: PartName): boolean {
  const { packages, data }: Part = parts[name]
  return Object.keys(packages).every((p) => installedVersion(p) !== undefined || (data === true && resolves(p)))
}

/** Throws unless the parts are installed; one command brings all that are missing. @throws KindredError `not-found` */
export function needParts(where: string, names: readonly PartName[]): void {
  const missing = names.filter((name) => !hasPart(name))
  if (missing.length > 0) throw missingParts(where, missing)
}

function resolves(name: string): boolean {
  try {
    createRequire(pathToFileURL(join(process.cwd(), 'package.json'))).resolve(`${name}/package.json`)
    return true
  } catch {
    return false
  }
}
