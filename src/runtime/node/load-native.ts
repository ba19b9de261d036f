/**
 * @file The one place that loads the native runtime, with its telemetry switched off first.
 *
 * Since version 1.29 onnxruntime-node's libraries for Linux and macOS send events to Microsoft (1DS) and keep a device number and a queue of events in the home
 * folder, unless `ORT_DISABLE_TELEMETRY` (1.29, 1.30) or `ORT_TELEMETRY_DISABLED` (later ones) is 1 in the process's environment before they are loaded.
 * Source: microsoft/onnxruntime, pull requests 27379 and 29843. On Windows the library hands its events to the system (ETW) and reads neither.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { KindredError, missingParts, parts } from '../../base/index.ts'
import type { OrtModule } from '../runtime.ts'

/** onnxruntime-node, or this platform's part of it as a package of its own (`npm run platform-package` cuts one). */
const packages = ['onnxruntime-node', `kindred-onnxruntime-${process.platform}-${process.arch}`] as const

/** The platforms that onnxruntime-node has libraries for. Those for Linux need the GNU C library. */
const platforms: readonly string[] = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64']

/** A native runtime that is installed; it may yet fail to load. */
export interface NativePackage {
  readonly name: string
  readonly version: string
  /** The package's entry. */
  readonly entry: string
  /** The folder of this platform's libraries, which may be missing. */
  readonly libraries: string
}

/** A native runtime that has been loaded. */
export interface NativeRuntime extends NativePackage {
  readonly ort: OrtModule & { listSupportedBackends?(): readonly { readonly name: string; readonly bundled: boolean }[] }
}

/** The native runtime that is installed, if any. */
export function findNative(): NativePackage | undefined {
  const require = createRequire(import.meta.url)
  for (const name of packages) {
    try {
      const folder = dirname(require.resolve(`${name}/package.json`))
      const { version } = require(join(folder, 'package.json')) as { version: string }
      return { name, version, entry: require.resolve(name), libraries: join(folder, 'bin/napi-v6', process.platform, process.arch) }
    } catch {
      // the next one
    }
  }
  return undefined
}

/** Whether one command would bring native code to this machine. */
export const nativeIsOffered = (): boolean =>
  findNative() === undefined && platforms.includes(`${process.platform}-${process.arch}`) && !isMusl()

/**
 * Loads the native runtime.
 *
 * @throws KindredError `not-found` when none is installed, `unsupported` when it has no libraries for this platform or they do not load, or in a worker thread
 *   where its telemetry cannot be switched off
 */
export async function loadNative(found: NativePackage | undefined = findNative()): Promise<NativeRuntime> {
  const anywhere = 'WebAssembly runs everywhere: webRuntime(), or `runtime` wasm.'
  if (found === undefined) {
    if (nativeIsOffered()) throw missingParts('runtime', ['native'])
    throw new KindredError(
      'unsupported',
      'runtime',
      'there must be native libraries for this platform',
      `${process.platform}-${process.arch}${isMusl() ? ' without the GNU C library' : ''}, for which onnxruntime-node has none`,
      anywhere,
    )
  }
  if (!existsSync(join(found.libraries, 'onnxruntime_binding.node')))
    throw new KindredError(
      'unsupported',
      'runtime',
      `${found.name} must have libraries for this platform`,
      `none for ${process.platform}-${process.arch}`,
      anywhere,
    )
  switchTelemetryOff()
  try {
    return { ...found, ort: createRequire(import.meta.url)(found.entry) as NativeRuntime['ort'] }
  } catch (error) {
    throw new KindredError(
      'unsupported',
      'runtime',
      `the libraries of ${found.name} ${found.version} must load`,
      error instanceof Error ? error.message : String(error),
      `${anywhere} Or install what the message misses.`,
      { cause: error },
    )
  }
}

const switches = ['ORT_DISABLE_TELEMETRY', 'ORT_TELEMETRY_DISABLED'] as const

/** Whatever the environment said before: nobody is phoned. */
function switchTelemetryOff(): void {
  for (const name of switches) process.env[name] = '1'
  // A worker thread has a copy of the environment, unless it shares its parent's; the library reads that of the process.
  if (isMainThread || switches.every((name) => report().environmentVariables[name] === '1')) return
  throw new KindredError(
    'unsupported',
    'runtime',
    "the native runtime's telemetry must be switched off before it is loaded",
    'a worker thread with an environment of its own, in a process that has ORT_DISABLE_TELEMETRY and ORT_TELEMETRY_DISABLED unset',
    'Start the worker with { env: SHARE_ENV }, or call nodeRuntime() in the main thread first.',
  )
}

/** What Node says of its process: the environment that native code sees, and the C library. */
function report(): { readonly environmentVariables: Record<string, string>; readonly header: { readonly glibcVersionRuntime?: string } } {
  const node = process.report as typeof process.report & { excludeNetwork: boolean }
  const before = node.excludeNetwork
  node.excludeNetwork = true // it would look up the names of open connections
  try {
    return node.getReport() as ReturnType<typeof report>
  } finally {
    node.excludeNetwork = before
  }
}

const isMusl = (): boolean => process.platform === 'linux' && report().header.glibcVersionRuntime === undefined

/**
 * What keeps CUDA from working, as far as files show; undefined where nothing does.
 *
 * @param libraries the folder of onnxruntime-node's libraries
 * @param load whether to load them, too, to learn what they miss: for when something has failed
 */
export function cudaTrouble(libraries: string, load = false): { readonly missing: string; readonly fix: string } | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return {
      missing: `none of onnxruntime-node's CUDA libraries is for ${process.platform}-${process.arch}`,
      fix: "Leave device: 'cuda' out.",
    }
  const fetchThem =
    `Run: ONNXRUNTIME_NODE_INSTALL=cuda12 node ${join(libraries, '../../../../script/install.js')} (from nuget.org), or copy them from the ` +
    `Python package onnxruntime-gpu ${parts.native.packages['onnxruntime-node'].slice(1)}.`
  for (const path of ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'].map((name) => join(libraries, name))) {
    if (!existsSync(path)) return { missing: `${path} is missing: onnxruntime-node does not carry it`, fix: fetchThem }
    if (!load) continue
    try {
      process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_LAZY)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      // A library that loads is still no module of Node's.
      if (!message.includes('did not self-register'))
        return { missing: message, fix: "Install NVIDIA's driver, CUDA and cuDNN 9, and let the loader find them (LD_LIBRARY_PATH)." }
    }
  }
  return undefined
}
