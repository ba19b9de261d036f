/**
 * @file PGlite, made to fail aloud. As it comes, version 0.5 takes a write that the disk refused for one that it can do without, answers a statement that ended
 * the
 * WebAssembly program as if it had succeeded, and spins for ever at the next. Here the first such refusal ends the database: nothing is written or asked after
 * it, and the statement on its way fails with the reason. What was acknowledged before lies in PostgreSQL's log and comes back at the next opening.
 */
import type { PGlite } from '@electric-sql/pglite'

/** A started PGlite and what became of it. */
export interface Engine {
  readonly pglite: PGlite
  /** Why it ended; undefined while it runs. */
  readonly ended: unknown
}

/** Refusals after which nobody can say what is on the disk. */
const fatal = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EFBIG', 'ESTALE', 'ENODEV', 'ENXIO'])
/** Emscripten's number of EIO. */
const ioRefused = 29
/** How PGlite's program says that a statement failed: no end, but a jump to the next one. */
const jump = 100

/** The parts of Emscripten's module that are watched; every function is reached through it. */
interface Module {
  FS: {
    ErrnoError: new (errno: number) => Error
    filesystems: { NODEFS: { convertNodeCode(error: NodeJS.ErrnoException): number; stream_ops: { write: Write } } }
  }
  onRuntimeInitialized(): void
  _PostgresMainLoopOnce(): void
  stackRestore(pointer: unknown): void
  _PostgresSendReadyForQueryIfNecessary(): unknown
  _pgl_pq_flush(): unknown
}
type Write = (stream: unknown, buffer: unknown, offset: number, length: number, position: number) => number

/**
 * Starts PGlite with pgvector on a folder.
 *
 * @param beforeWrite called before each write; what it throws ends the database
 * @throws what PGlite throws, or why it ended
 */
export async function startEngine(folder: string, beforeWrite: () => void): Promise<Engine> {
  const [{ PGlite }, { NodeFS }, { vector }] = await Promise.all([
    import('@electric-sql/pglite'),
    import('@electric-sql/pglite/nodefs'),
    import('@electric-sql/pglite-pgvector'),
  ])
  let ended: unknown
  const end = (reason: unknown): void => void (ended ??= reason)
  class WatchedFiles extends NodeFS {
    override async init(
      ...[pglite, options]: Parameters<InstanceType<typeof NodeFS>['init']>
    ): ReturnType<InstanceType<typeof NodeFS>['init']> {
      watchStatements(pglite, () => ended)
      const made = await super.init(pglite, options)
      ;(made.emscriptenOpts.preRun as ((module: unknown) => void)[]).push((module) =>
        watchModule(module as Module, beforeWrite, end, () => ended),
      )
      return made
    }
  }
  try {
    const pglite = await PGlite.create({ fs: new WatchedFiles(folder), extensions: { vector } })
    await pglite.query('select 1')
    return {
      pglite,
      get ended() {
        return ended
      },
    }
  } catch (error) {
    throw ended ?? error
  }
}

/** No statement enters a program that has ended, and none that ended it counts as answered. */
function watchStatements(pglite: PGlite, ended: () => unknown): void {
  const run = pglite.execProtocolRawSync.bind(pglite)
  pglite.execProtocolRawSync = (message) => {
    if (ended() !== undefined) throw ended()
    const answer = run(message)
    if (ended() !== undefined) throw ended()
    return answer
  }
}

function watchModule(module: Module, beforeWrite: () => void, end: (reason: unknown) => void, ended: () => unknown): void {
  const { FS } = module
  const files = FS.filesystems.NODEFS
  const { write } = files.stream_ops
  files.stream_ops.write = (stream, buffer, offset, length, position) => {
    if (ended() === undefined) {
      try {
        beforeWrite()
      } catch (error) {
        end(error)
      }
    }
    if (ended() !== undefined) throw new FS.ErrnoError(ioRefused)
    const written = write(stream, buffer, offset, length, position)
    if (written < length) end(Object.assign(new Error(`only ${written} of ${length} bytes could be written`), { code: 'ENOSPC' }))
    return written
  }
  const { convertNodeCode } = files
  files.convertNodeCode = (error) => {
    if (fatal.has(error.code ?? '')) end(error)
    return convertNodeCode(error)
  }
  const { onRuntimeInitialized } = module
  module.onRuntimeInitialized = () => {
    watchLoop(module, end, ended)
    onRuntimeInitialized()
  }
}

/** PGlite repeats its loop until a message is used up, and takes no notice of exceptions: here one that is no failed statement ends the loop, too. */
function watchLoop(module: Module, end: (reason: unknown) => void, ended: () => unknown): void {
  const { _PostgresMainLoopOnce: once, stackRestore } = module
  module._PostgresMainLoopOnce = () => {
    if (ended() !== undefined) throw ended()
    try {
      once()
    } catch (error) {
      if ((error as { status?: number } | undefined)?.status !== jump) end(error)
      throw error
    }
  }
  module.stackRestore = (pointer) => {
    stackRestore(pointer)
    if (ended() !== undefined) throw ended()
  }
  for (const name of ['_PostgresSendReadyForQueryIfNecessary', '_pgl_pq_flush'] as const) {
    const call = module[name]
    module[name] = () => (ended() === undefined ? call() : 0)
  }
}
