/** @file A run's memory in a folder: the newest checkpoint, the one before it, and notes for people beside them. */
import { copyFileSync, existsSync, linkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { renameOver, sweepParts, writeFileAtomic } from './atomic.ts'
import { ioError, readBytes } from './read.ts'

/** The files of a run folder. */
export const checkpointName = 'checkpoint.kindred'
export const previousName = 'checkpoint.previous.kindred'

/** What `trainEmbedder` keeps its checkpoints in; see `Store` in room `train`. */
export interface FolderStore {
  /** The folder, for messages. */
  readonly place: string
  /** The newest checkpoint, then the one before it; none in an empty folder. */
  load(): readonly { readonly name: string; read(): Uint8Array }[]
  /** Writes a checkpoint, and each note into a file of its name. */
  save(bytes: Uint8Array, notes?: Readonly<Record<string, string>>): void
}

/** How bytes reach the disk; replaced in tests by one that fails. */
export type Write = (path: string, bytes: Uint8Array) => void

/**
 * Keeps checkpoints in a folder, which need not exist.
 *
 * Files are written beside and renamed, and the last checkpoint is kept as `checkpoint.previous.kindred`: at every moment one of the two is whole.
 * `save` throws KindredError `io` when the disk is full or refuses; the old checkpoint is then still there.
 */
export function folderStore(folder: string, write: Write = writeFileAtomic): FolderStore {
  const [path, previous] = [join(folder, checkpointName), join(folder, previousName)]
  sweepParts(folder)
  return {
    place: folder,
    load() {
      if (!hasCheckpoint(folder)) return []
      return (existsSync(previous) ? [path, previous] : [path]).map((name) => ({ name, read: () => readBytes(name, 'resume') }))
    },
    save(bytes, notes = {}) {
      if (existsSync(path)) keepPrevious(folder, path)
      write(path, bytes)
      for (const [name, text] of Object.entries(notes)) writeFileAtomic(join(folder, name), text)
    },
  }
}

/** Whether a folder holds a checkpoint, readable or not. */
export function hasCheckpoint(folder: string): boolean {
  return existsSync(join(folder, checkpointName)) || existsSync(join(folder, previousName))
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
