/**
 * @file Fetches files into a cache folder: resumed where it broke off, checked by a checksum, renamed into place only when whole.
 *
 * A file under way lies beside its target as `NAME.part` and is kept when the connection breaks or the user stops; the next try asks
 * for the rest by HTTP Range (RFC 9110, section 14). Nothing unverified ever has the final name.
 */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync, openSync, closeSync, writeSync, fsyncSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkOptions, ensure, KindredError, silent, type Progress } from '../base/index.ts'
import { makeFolder, renameOver, writeFileAtomic } from './atomic.ts'
import { ioError, sha256File } from './read.ts'

/** A file to fetch, and how to know that it is the right one: at least one checksum, or `pin` where its publisher names none. */
export interface RemoteFile {
  /** Name in the cache folder. */
  name: string
  /** The same file at one or more places, tried in order. */
  urls: readonly string[]
  /** SHA-256, hex. */
  sha256?: string
  /** MD5, hex (guards against accidents, not against malice). */
  md5?: string
  /**
   * No checksum is published: believe the first download, and write its SHA-256 to `NAME.sha256` beside it. From then on that must hold,
   * for the cached file and for every further download. Ignored where a checksum is given.
   */
  pin?: boolean
  /** Length in bytes, if known. */
  size?: number
}

/** Settings of {@link download}. */
export interface DownloadOptions {
  /** Tries per mirror (default 4). */
  tries?: number
  /** Wait before the second try, doubled for each further one, milliseconds (default 500). */
  backoff?: number
  /** Longest silence of a server, milliseconds (default 30 000). */
  timeout?: number
  progress?: Progress
  signal?: AbortSignal
}

/** A try that failed; `final` when trying the same place again is pointless. */
class Failed extends Error {
  readonly final: boolean
  constructor(message: string, final: boolean) {
    super(message)
    this.final = final
  }
}

/**
 * Makes sure that every file lies, whole and verified, in `folder`; fetches what is missing.
 *
 * @param files what to fetch; a cached file whose checksum still holds is not fetched again
 * @param folder the cache folder, made if missing
 * @returns the paths, in the order of `files`
 * @throws KindredError `io` when no mirror gave the file (each mirror's trouble is named), `corrupt` when the checksum differs (both are named),
 *   `interrupted` when `signal` fires; the `.part` file stays for the next time except after a wrong checksum
 * cost: one pass over the network and one over the disk for the checksum
 */
export async function download(files: readonly RemoteFile[], folder: string, options: DownloadOptions = {}): Promise<string[]> {
  checkOptions('download', options, ['tries', 'backoff', 'timeout', 'progress', 'signal'])
  for (const file of files) {
    ensure(
      file.sha256 !== undefined || file.md5 !== undefined || file.pin === true,
      `download ${file.name}`,
      'a checksum must be given',
      'none',
      'Pass sha256 or md5, or pin: true to believe the first download.',
    )
    ensure(file.urls.length > 0, `download ${file.name}`, 'at least one URL must be given', 'none')
    ensure(!/[\\/]|^\.\.?$|^$/.test(file.name), 'download', 'name must be a plain file name', file.name)
  }
  makeFolder(folder, 'download')
  const paths: string[] = []
  for (const file of files) paths.push(await fetchPinned(file, join(folder, file.name), options))
  return paths
}

/** With the checksum pinned earlier, if that is all there is; pins it after a first download. */
async function fetchPinned(file: RemoteFile, path: string, options: DownloadOptions): Promise<string> {
  if (file.sha256 !== undefined || file.md5 !== undefined) return fetchOne(file, path, options)
  const note = `${path}.sha256`
  if (existsSync(note)) {
    const pinned = readFileSync(note, 'utf8').trim()
    if (!/^[0-9a-f]{64}$/.test(pinned))
      throw new KindredError(
        'corrupt',
        `download ${file.name}`,
        `${note} must hold a SHA-256 in hex`,
        pinned.slice(0, 80),
        'Delete it to believe the next download.',
      )
    return fetchOne({ ...file, sha256: pinned }, path, options)
  }
  await fetchOne(file, path, options)
  const first = await sha256File(path)
  writeFileAtomic(note, `${first}\n`)
  options.progress?.warn(`${file.name}: its publisher names no checksum; ${first} is what came, and from now on must`)
  return path
}

async function fetchOne(file: RemoteFile, path: string, options: DownloadOptions): Promise<string> {
  if (existsSync(path)) {
    if ((await wrongChecksum(file, path)) === undefined) return path
    options.progress?.warn(`${path} has a wrong checksum and is fetched again`)
    rmSync(path, { force: true })
  }
  const { tries = 4, backoff = 500, progress = silent } = options
  const part = `${path}.part`
  const troubles: string[] = []
  let wrong: string | undefined
  for (const url of file.urls) {
    for (let attempt = 1; attempt <= tries; attempt++) {
      if (attempt > 1) await pause(backoff * 2 ** (attempt - 2), options.signal)
      const resumed = sizeOf(part) > 0
      try {
        await stream(file, url, part, options)
      } catch (error) {
        if (options.signal?.aborted) throw interrupted(file.name, part, options.signal.reason)
        if (error instanceof KindredError) throw error
        const message = error instanceof Error ? describe(error) : String(error)
        progress.log(`${url}: ${message}`)
        troubles.push(`${url}: ${message} (try ${attempt} of ${tries})`)
        if (error instanceof Failed && error.final) break
        continue
      }
      wrong = await wrongChecksum(file, part)
      if (wrong === undefined) {
        renameOver(part, path)
        return path
      }
      rmSync(part, { force: true }) // a bad start would spoil every further try
      troubles.push(`${url}: ${wrong}`)
      if (!resumed) break // fetched whole and still wrong: this mirror has another file
    }
  }
  const last = troubles.at(-1)
  if (wrong !== undefined)
    throw new KindredError(
      'corrupt',
      `download ${file.name}`,
      `the checksum must hold`,
      troubles.filter((t) => t.includes('must be')).join('; '),
      'The server holds another file, or something in between changes it. Fetch it by hand and pass the file or its folder.',
    )
  throw new KindredError(
    'io',
    `download ${file.name}`,
    'one of its servers must deliver it',
    troubles.length > 1 ? `${last}; before that ${troubles.slice(0, -1).join('; ')}` : last,
    'Check the network, or fetch it by hand and pass the file or its folder.',
  )
}

/** One request; appends to the part file, or begins it anew when the server sends the whole file. */
async function stream(file: RemoteFile, url: string, part: string, options: DownloadOptions): Promise<void> {
  const { timeout = 30_000, progress = silent } = options
  let have = sizeOf(part)
  if (file.size !== undefined && have > file.size) {
    rmSync(part)
    have = 0
  }
  if (file.size !== undefined && have === file.size) return
  const silence = new AbortController()
  let clock = setTimeout(() => silence.abort(), timeout)
  const alive = (): void => {
    clearTimeout(clock)
    clock = setTimeout(() => silence.abort(), timeout)
  }
  const signal = options.signal === undefined ? silence.signal : AbortSignal.any([silence.signal, options.signal])
  let fd: number | undefined
  try {
    // identity: a .gz file must arrive as it is, not unpacked on the way
    const response = await fetch(url, {
      signal,
      headers: { 'accept-encoding': 'identity', ...(have > 0 ? { range: `bytes=${have}-` } : {}) },
    })
    alive()
    if (response.status === 416) {
      rmSync(part, { force: true })
      throw new Failed(`has nothing after byte ${have} (HTTP 416); starting again`, false)
    }
    if (response.status !== 200 && response.status !== 206) {
      await response.body?.cancel()
      const retry = response.status >= 500 || response.status === 408 || response.status === 429
      throw new Failed(`HTTP ${response.status} ${response.statusText}`.trim(), !retry)
    }
    const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '')
    if (response.status === 206 && Number(range?.[1]) !== have) {
      await response.body?.cancel()
      rmSync(part, { force: true })
      throw new Failed(
        `asked for bytes from ${have}, got ${response.headers.get('content-range') ?? 'no Content-Range'}; starting again`,
        false,
      )
    }
    if (response.status === 200 && have > 0) {
      progress.log(`${url} ignores Range: starting again from byte 0`)
      have = 0
    }
    const length = Number(response.headers.get('content-length') ?? NaN)
    const total = Number.isFinite(length) ? have + length : Number(range?.[3] ?? NaN)
    const known = file.size ?? (Number.isFinite(total) ? total : 0)
    const task = progress.start(`download ${file.name}`, known, 'byte')
    try {
      fd = openSync(part, have > 0 ? 'a' : 'w')
      for await (const chunk of response.body ?? []) {
        alive()
        let at = 0
        while (at < chunk.length) at += writeSync(fd, chunk, at, chunk.length - at)
        have += chunk.length
        task.update(have)
      }
      fsyncSync(fd)
    } finally {
      task.end()
    }
    if (Number.isFinite(total) && have < total) throw new Failed(`body cut off after ${have} of ${total} bytes`, false)
    if (file.size !== undefined && have !== file.size) {
      if (have > file.size) rmSync(part, { force: true })
      throw new Failed(`body must be ${file.size} bytes long, got ${have}`, have > file.size)
    }
  } catch (error) {
    if (silence.signal.aborted) throw new Failed(`no byte for ${timeout} ms (timeout)`, false)
    if (error instanceof Failed || options.signal?.aborted) throw error
    if ((error as NodeJS.ErrnoException).syscall === 'write' || (error as NodeJS.ErrnoException).syscall === 'open')
      throw ioError('download', part, error)
    throw new Failed(`${describe(error as Error)} after ${sizeOf(part)} bytes`, false)
  } finally {
    clearTimeout(clock)
    if (fd !== undefined) closeSync(fd)
  }
}

/** Undefined when all given checksums hold, else a sentence that names both values. */
async function wrongChecksum(file: RemoteFile, path: string): Promise<string | undefined> {
  for (const kind of ['sha256', 'md5'] as const) {
    const expected = file[kind]?.toLowerCase()
    if (expected === undefined) continue
    const hash = createHash(kind)
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array)
    const got = hash.digest('hex')
    if (got !== expected) return `${kind} must be ${expected}, got ${got} (${sizeOf(path)} bytes)`
  }
  return undefined
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** fetch hides the reason ("fetch failed", "terminated") in `cause`. */
function describe(error: Error): string {
  const cause = error.cause as (Error & { code?: string }) | undefined
  return cause instanceof Error ? `${error.message} (${cause.code ?? cause.message})` : error.message
}

function interrupted(name: string, part: string, cause: unknown): KindredError {
  return new KindredError(
    'interrupted',
    `download ${name}`,
    'the run must not be stopped before its end',
    `a stop after ${sizeOf(part)} bytes`,
    `Run it again: it goes on from there (${dirname(part)}).`,
    { cause },
  )
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}
