/**
 * @file A run's memory on disk: one binary file, and the one before it.
 *
 * Layout, little-endian: `KINDREDC`, uint32 version, uint32 length of the header, the header (JSON), the arrays (float32, in the
 * header's order), SHA-256 of all that. Files are written beside and renamed, and the last one is kept as `checkpoint.previous`, so that a
 * crash at any moment leaves one that can be read.
 */
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, linkSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { checkAs, KindredError, nonFiniteAt, parseJsonAs, type Schema } from '../base/index.ts'
import { ioError, readBytes, renameOver, writeFileAtomic } from '../files/index.ts'

/** Named arrays, and anything that survives JSON. */
export interface Checkpoint<Header = unknown> {
  readonly header: Header
  readonly arrays: ReadonlyMap<string, Float32Array>
}

/** The files of a run folder. */
export const checkpointName = 'checkpoint.kindred'
export const previousName = 'checkpoint.previous.kindred'

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
 * @throws KindredError `corrupt` when the file is cut short, changed, or no checkpoint, or its content is not what the format says; `unsupported` for another version
 */
export function decodeCheckpoint<Header = unknown>(bytes: Uint8Array, path: string, schema?: Schema<Header>): Checkpoint<Header> {
  const previous = join(dirname(path), previousName)
  const fix =
    basename(path) === checkpointName && existsSync(previous) ? `Resume from ${previousName} beside it, or begin anew.` : 'Begin anew.'
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
  if (!digest(bytes.subarray(0, end)).equals(bytes.subarray(end)))
    throw corrupt('bytes that do not match their SHA-256 (cut short or changed)')
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

/** How bytes reach the disk; replaced in tests by one that fails. */
export type Write = (path: string, bytes: Uint8Array) => void

/**
 * Writes a folder's checkpoint and keeps the one before.
 *
 * At every moment either `checkpoint.kindred` or `checkpoint.previous.kindred` is whole.
 * @throws KindredError `io` when the disk is full or refuses; the old checkpoint is then still there
 */
export function saveCheckpoint(folder: string, checkpoint: Checkpoint, write: Write = writeFileAtomic): void {
  const path = join(folder, checkpointName)
  const bytes = encodeCheckpoint(checkpoint)
  if (existsSync(path)) keepPrevious(folder, path)
  write(path, bytes)
}

/** Gives the current file a second name: never is there a moment without it. */
function keepPrevious(folder: string, path: string): void {
  const previous = join(folder, previousName)
  const part = join(folder, `.${previousName}.${process.pid}.00000000.part`)
  try {
    rmSync(part, { force: true })
    try {
      linkSync(path, part)
    } catch {
      copyFileSync(path, part) // file systems without hard links
    }
    renameOver(part, previous)
  } catch (error) {
    rmSync(part, { force: true })
    throw ioError('checkpoint', previous, error)
  }
}

/** A checkpoint read from a folder, and in words why it was not the newest file, if so. */
export interface LoadedCheckpoint<Header> extends Checkpoint<Header> {
  readonly path: string
  readonly warning?: string
}

/**
 * Reads a run folder's last checkpoint; where that is damaged, the one before it.
 *
 * @param schema what a header must be, as in {@link decodeCheckpoint}
 * @throws KindredError `not-found` when the folder has none, `corrupt` when neither can be read
 */
export function loadCheckpoint<Header = unknown>(folder: string, schema?: Schema<Header>): LoadedCheckpoint<Header> {
  const [path, previous] = [join(folder, checkpointName), join(folder, previousName)]
  if (!existsSync(path) && !existsSync(previous))
    throw new KindredError('not-found', 'resume', `${folder} must hold a checkpoint`, 'none', 'Start the run without --resume.')
  try {
    return { ...decodeCheckpoint(readBytes(path, 'resume'), path, schema), path }
  } catch (error) {
    if (!(error instanceof KindredError) || !existsSync(previous)) throw error
    return {
      ...decodeCheckpoint(readBytes(previous, 'resume'), previous, schema),
      path: previous,
      warning: `${error.message} Going on from the checkpoint before it.`,
    }
  }
}

/** Whether a folder holds a checkpoint, readable or not. */
export function hasCheckpoint(folder: string): boolean {
  return existsSync(join(folder, checkpointName)) || existsSync(join(folder, previousName))
}

function digest(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
