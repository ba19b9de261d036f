/** @file Which versions made a result. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** The package's version. */
export function version(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version
}

/** What made a result: kindred, Node, ONNX Runtime. */
export function versions(): Record<string, string> {
  const runtime = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }
  return { kindred: version(), node: process.version.slice(1), 'onnxruntime-node': runtime.version }
}
