/**
 * @file A run's memory: one sealed array of bytes, and where it is kept.
 *
 * Layout, little-endian: `KINDREDC`, uint32 version, uint32 length of the header, the header (JSON), the arrays (float32, in the
 * header's order), SHA-256 of all that.
 */
import * as z from 'zod'
import { checkAs, KindredError, nonFiniteAt, parseJsonAs, sha256Pieces, type Schema } from '../base/index.ts'

/** Named arrays, and anything that survives JSON. */
export interface Checkpoint<Header = unknown> {
  readonly header: Header
  readonly arrays: ReadonlyMap<string, Float32Array>
}

const magic = 'KINDREDC'
const version = 1
const digestBytes = 32

/** A checkpoint's bytes. Same content, same bytes. Cost: one copy of the arrays and one SHA-256. */
export function encodeCheckpoint({ header, arrays }: Checkpoint): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify({ header, arrays: [...arrays].map(([name, a]) => [name, a.length]) }))
  const floats = [...arrays.values()].reduce((n, a) => n + a.length, 0)
  const bytes = new Uint8Array(16 + json.length + 4 * floats + digestBytes)
  bytes.set(new TextEncoder().encode(magic))
  const view = new DataView(bytes.buffer)
  view.setUint32(8, version, true)
  view.setUint32(12, json.length, true)
  bytes.set(json, 16)
  let at = 16 + json.length
  for (const a of arrays.values()) {
    bytes.set(new Uint8Array(a.buffer, a.byteOffset, a.byteLength), at) // every platform of Node and browsers is little-endian
    at += a.byteLength
  }
  bytes.set(digest(bytes.subarray(0, at)), at)
  return bytes
}

/**
 * Reads {@link encodeCheckpoint}'s bytes.
 *
 * @param path for messages
 * @param schema what the header must be, and then all numbers must be finite; without one the content is taken as it is
 * @throws KindredError `corrupt` when the file is cut short, changed, or no checkpoint, or its content is not what the format says; `unsupported` for another
 *   version
 */
export function decodeCheckpoint<Header = unknown>(bytes: Uint8Array, path: string, schema?: Schema<Header>): Checkpoint<Header> {
  const fix = 'Begin anew.'
  const corrupt = (got: string): KindredError => new KindredError('corrupt', path, 'it must be a whole checkpoint', got, fix)
  if (bytes.length < 16 + digestBytes) throw corrupt(`${bytes.length} bytes`)
  if (new TextDecoder().decode(bytes.subarray(0, 8)) !== magic) throw corrupt('a file that does not begin as one')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(8, true) !== version)
    throw new KindredError(
      'unsupported',
      path,
      `the checkpoint must be of version ${version}`,
      String(view.getUint32(8, true)),
      'Resume it with the version of kindred that wrote it.',
    )
  const end = bytes.length - digestBytes
  const seal = digest(bytes.subarray(0, end))
  if (!seal.every((byte, i) => byte === bytes[end + i])) throw corrupt('bytes that do not match their SHA-256 (cut short or changed)')
  let at = 16 + view.getUint32(12, true)
  if (at > end) throw corrupt(`a header of ${at - 16} bytes in a file of ${bytes.length}`)
  const content = parseJsonAs(new TextDecoder().decode(bytes.subarray(16, at)), path, contentSchema, fix)
  const floats = content.arrays.reduce((n, [, length]) => n + length, 0)
  if (at + 4 * floats !== end) throw corrupt(`arrays of ${floats} numbers in ${end - at} bytes`)
  const arrays = new Map<string, Float32Array>()
  for (const [name, length] of content.arrays) {
    const copy = new Float32Array(length)
    new Uint8Array(copy.buffer).set(bytes.subarray(at, at + 4 * length))
    const odd = schema === undefined ? -1 : nonFiniteAt(copy)
    if (odd >= 0) throw new KindredError('corrupt', path, `the array ${name} must hold finite numbers`, `${copy[odd]} at ${odd}`, fix)
    arrays.set(name, copy)
    at += 4 * length
  }
  return { header: schema === undefined ? (content.header as Header) : checkAs(content.header, `${path}, header`, schema, fix), arrays }
}

const contentSchema = z.object({ header: z.unknown(), arrays: z.array(z.tuple([z.string(), z.int().nonnegative()])) })

/** Where a run keeps its checkpoints: `folderStore` of room `files`, {@link memoryStore}, or one of your own. */
export interface Store {
  /** In words, for messages. */
  readonly place: string
  /** What is kept, the newest first; an older one is asked for where the newest is damaged. */
  load(): readonly Stored[] | Promise<readonly Stored[]>
  /** Keeps a checkpoint, and the one before it, and texts for people by their names. A crash at any moment must leave one that is whole. */
  save(bytes: Uint8Array, notes: Readonly<Record<string, string>>): void | Promise<void>
}

/** One checkpoint that is kept. */
export interface Stored {
  readonly name: string
  read(): Uint8Array | Promise<Uint8Array>
}

/** Keeps the last two checkpoints in memory, and the newest notes. */
export function memoryStore(): Store & { readonly notes: Readonly<Record<string, string>> } {
  let kept: Uint8Array[] = []
  let notes: Readonly<Record<string, string>> = {}
  return {
    place: 'memory',
    load: () => kept.map((bytes, i) => ({ name: i === 0 ? 'checkpoint' : 'checkpoint before', read: () => bytes })),
    save(bytes, more) {
      kept = [bytes.slice(), ...kept.slice(0, 1)]
      notes = { ...notes, ...more }
    },
    get notes() {
      return notes
    },
  }
}

/** A checkpoint that was kept, and in words why it is not the newest, if so. */
export interface LoadedCheckpoint<Header> extends Checkpoint<Header> {
  readonly name: string
  readonly warning?: string
}

/**
 * Reads a store's last checkpoint; where that is damaged, the one before it.
 *
 * @param schema what a header must be, as in {@link decodeCheckpoint}
 * @throws KindredError `not-found` when there is none, `corrupt` when none can be read
 */
export async function loadCheckpoint<Header = unknown>(store: Store, schema?: Schema<Header>): Promise<LoadedCheckpoint<Header>> {
  let failed: KindredError | undefined
  for (const { name, read } of await store.load()) {
    try {
      const warning = failed === undefined ? undefined : `${failed.message} Going on from the checkpoint before it.`
      return { ...decodeCheckpoint(await read(), name, schema), name, warning }
    } catch (error) {
      if (!(error instanceof KindredError)) throw error
      failed = error
    }
  }
  throw (
    failed ??
    new KindredError('not-found', 'resume', `${store.place} must hold a checkpoint`, 'none', 'Begin a run there first: leave `resume` out.')
  )
}

const digest = (bytes: Uint8Array): Uint8Array => sha256Pieces().update(bytes).digest()
