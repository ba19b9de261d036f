/** @file Model files: reads and writes what room `embedder` makes. */
import { fileURLToPath } from 'node:url'
import { checkOptions, ensure } from '../base/index.ts'
import { exportEmbedder, openEmbedder, type ExportOptions, type TrainedEmbedder } from '../embedder/index.ts'
import { readBytes, writeFileAtomic } from '../files/index.ts'
import type { Runtime } from '../runtime/index.ts'

/** `exportEmbedder` into a file, atomically. */
export function saveEmbedder(path: string, options: ExportOptions): void {
  writeFileAtomic(path, exportEmbedder(options))
}

/** Options of {@link load}. */
export interface LoadOptions {
  readonly runtime?: Runtime
  /** Images a run; bounds memory. Default 250. */
  readonly chunk?: number
}

/**
 * Loads a model file.
 *
 * @param source a path, a `file:` URL, or the file's bytes
 * @throws KindredError `not-found`, `corrupt` (changed since it was written, weights that are no numbers, ...), `limit`, or `unsupported` for an ONNX model that kindred
 *   did not write
 * @example
 * const model = await load('model.onnx')
 * const vectors = await model.embed(pixels) // Uint8Array [n, 28, 28] -> Float32Array [n, 10]
 */
export async function load(source: string | URL | Uint8Array | ArrayBuffer, options: LoadOptions = {}): Promise<TrainedEmbedder> {
  checkOptions('load', options, ['runtime', 'chunk'])
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) return openEmbedder(source, options)
  if (source instanceof URL) ensure(source.protocol === 'file:', 'load', 'a URL must name a file (file:)', source.protocol)
  const path = source instanceof URL ? fileURLToPath(source) : source
  ensure(typeof path === 'string', 'load', 'the model must be a path, a file: URL, a Uint8Array or an ArrayBuffer', path)
  return openEmbedder(readBytes(path, 'load'), { ...options, name: path })
}
