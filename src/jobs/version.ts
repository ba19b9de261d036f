/** @file Which versions made a result. */
import { readFileSync } from 'node:fs'
import type { Runtime } from '../runtime/index.ts'

/** The package's version. */
export function version(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version
}

/** What made a result: kindred, Node, and the package that computed. */
export function versions({ library }: Runtime): Record<string, string> {
  return { kindred: version(), node: process.version.slice(1), [library.name]: library.version }
}
