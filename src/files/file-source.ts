/** @file What stands for a file: its path, its address, or its bytes. */
import { fileURLToPath } from 'node:url'
import { ensure } from '../base/index.ts'

/** A file by its path or `file:` URL, or its bytes. */
export type FileSource = string | URL | Uint8Array | ArrayBuffer

/** A {@link FileSource} as a path or bytes. @throws KindredError `usage` for anything else, and for URLs of other kinds */
export function pathOrBytes(source: FileSource, where: string): string | Uint8Array {
  if (typeof source === 'string' || source instanceof Uint8Array) return source
  if (source instanceof ArrayBuffer) return new Uint8Array(source)
  ensure(source instanceof URL, where, 'the file must be a path, a file: URL, a Uint8Array or an ArrayBuffer', source)
  ensure(source.protocol === 'file:', where, 'a URL must name a file (file:)', source.protocol)
  return fileURLToPath(source)
}
