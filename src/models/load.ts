/** @file Model files: reads and writes what room `embedder` makes. */
import { checkOptions } from '../base/index.ts'
import { exportEmbedder, openEmbedder, type ExportOptions, type TrainedEmbedder } from '../embedder/index.ts'
import { pathOrBytes, readBytes, writeFileAtomic, type FileSource } from '../files/index.ts'
import type { Runtime } from '../runtime/index.ts'

/** `exportEmbedder` into a file, atomically. */
export function saveEmbedder(path: string, options: ExportOptions): void {
  writeFileAtomic(path, exportEmbedder(options))
}

/** Options of {@link load}. */
export interface LoadOptions {
  readonly runtime?: Runtime
  /** Images a run; bounds memory. Default: 250, fewer where images are large. */
  readonly chunk?: number
}

/**
 * Loads a model file.
 *
 * @param source a path, a `file:` URL, or the file's bytes
 * @throws KindredError `not-found`, `corrupt` (changed since it was written, weights that are no numbers, ...), `limit`, or `unsupported` for an ONNX model
 *   that kindred did not write
 * @example
 * const model = await load('model.onnx')
 * const vectors = await model.embed(pixels) // Uint8Array [n, 28, 28] -> Float32Array [n, 10]
 */
export async function load(source: FileSource, options: LoadOptions = {}): Promise<TrainedEmbedder> {
  checkOptions('load', options, ['runtime', 'chunk'])
  const file = pathOrBytes(source, 'load')
  return typeof file === 'string' ? openEmbedder(readBytes(file, 'load'), { ...options, name: file }) : openEmbedder(file, options)
}
