/** @file What verb `doctor` finds: what runs on this machine, what is missing, and the one command that brings it. */
import { accessSync, constants, existsSync, lstatSync, readdirSync } from 'node:fs'
import { availableParallelism, cpus, freemem, totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { installCommand, limits, parts, type Limits, type Part, type PartName } from '../base/index.ts'
import { defaultCacheFolder, hasPart, installedVersion } from '../files/index.ts'
import {
  chooseRuntime,
  compile,
  cudaTrouble,
  defaultRuntime,
  findNative,
  floats,
  loadNative,
  nativeIsOffered,
  nodeRuntime,
  type Runtime,
  type RuntimeKind,
} from '../runtime/index.ts'
import { add, input } from '../tensor/index.ts'
import { version } from './version.ts'

/** What is found. */
export interface Diagnosis {
  readonly kindred: string
  readonly node: string
  readonly platform: string
  /** `works` is a graph run to its end. */
  readonly runtime: {
    readonly kind: 'native' | 'wasm'
    readonly package: string
    readonly version: string
    readonly threads: number
    readonly why: string
    readonly works: boolean
    readonly error?: string
    readonly faster?: string
  }
  readonly gpu: {
    readonly driver: boolean
    readonly providers: readonly { readonly name: string; readonly works: boolean; readonly why: string }[]
  }
  readonly pictures: { readonly sharp: string; readonly works: boolean; readonly error?: string }
  readonly parts: readonly {
    readonly name: PartName
    readonly installed: boolean
    readonly packages: Readonly<Record<string, string | null>>
    readonly gives: string
    readonly command?: string
  }[]
  readonly cache: { readonly folder: string; readonly bytes: number; readonly writable: boolean }
  readonly folder: { readonly folder: string; readonly writable: boolean }
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number }
  readonly limits: Limits
  readonly processors: { readonly count: number; readonly model: string }
}

/** Looks at this machine. Nothing is fetched and nothing is sent. */
export async function diagnose(kind: RuntimeKind = 'auto', threads?: number): Promise<Diagnosis> {
  return {
    kindred: version(),
    node: process.version.slice(1),
    platform: `${process.platform}-${process.arch}`,
    runtime: await runtimeFound(kind, threads),
    gpu: await gpuFound(),
    pictures: await picturesFound(),
    parts: (Object.keys(parts) as PartName[]).map(partFound),
    cache: { folder: defaultCacheFolder(), bytes: bytesBelow(defaultCacheFolder()), writable: writable(defaultCacheFolder()) },
    folder: { folder: process.cwd(), writable: writable(process.cwd()) },
    memory: {
      totalBytes: process.constrainedMemory() > 0 ? Math.min(process.constrainedMemory(), totalmem()) : totalmem(),
      freeBytes: freemem(),
    },
    limits: limits(),
    processors: { count: availableParallelism(), model: cpus()[0]?.model.trim() ?? 'unknown' },
  }
}

async function runtimeFound(kind: RuntimeKind, threads?: number): Promise<Diagnosis['runtime']> {
  const choice = kind === 'auto' ? await chooseRuntime() : { kind, why: `as asked for`, hint: undefined }
  const none = {
    package: '',
    version: '',
    threads: threads ?? availableParallelism(),
    kind: choice.kind,
    why: choice.why,
    faster: choice.hint,
  }
  try {
    const runtime = await defaultRuntime({ kind: choice.kind, threads })
    const about = { ...none, package: runtime.library.name, version: runtime.library.version, threads: runtime.threads }
    const error = await trouble(runtime)
    return { ...about, works: error === undefined, error }
  } catch (error) {
    return { ...none, works: false, error: message(error) }
  }
}

/** Runs a graph of one addition; what went wrong, if anything did. */
async function trouble(runtime: Runtime): Promise<string | undefined> {
  try {
    const program = await compile(runtime, { y: add(input('x', [2]), 1) })
    const { y } = await program.run({ x: floats([1, 2]) })
    await program.dispose()
    return String(y.data) === '2,3' ? undefined : `1 + [1, 2] gave ${String(y.data)}`
  } catch (error) {
    return message(error)
  }
}

async function gpuFound(): Promise<Diagnosis['gpu']> {
  const driver = existsSync('/proc/driver/nvidia/version') || existsSync('/dev/dxg')
  const found = findNative()
  if (found === undefined) return { driver, providers: [] }
  let names: string[]
  try {
    names = ((await loadNative(found)).ort.listSupportedBackends?.() ?? []).map((backend) => backend.name).filter((name) => name !== 'cpu')
  } catch {
    return { driver, providers: [] }
  }
  return {
    driver,
    providers: await Promise.all(
      names.map(async (name) => {
        if (name !== 'cuda') return { name, works: false, why: 'kindred does not use it' }
        const missing = cudaTrouble(found.libraries)
        const error =
          missing === undefined ? await nodeRuntime({ device: 'cuda' }).then(trouble, message) : `${missing.missing}. ${missing.fix}`
        return { name, works: error === undefined, why: error ?? "nodeRuntime({ device: 'cuda' })" }
      }),
    ),
  }
}

async function picturesFound(): Promise<Diagnosis['pictures']> {
  try {
    const { default: sharp } = await import('sharp')
    await sharp({ create: { width: 1, height: 1, channels: 3, background: '#fff' } })
      .png()
      .toBuffer()
    return { sharp: sharp.versions.sharp ?? 'unknown', works: true }
  } catch (error) {
    return { sharp: installedVersion('sharp') ?? 'not installed', works: false, error: message(error) }
  }
}

function partFound(name: PartName): Diagnosis['parts'][number] {
  const { packages, gives }: Part = parts[name]
  const installed = hasPart(name) || (name === 'native' && findNative() !== undefined)
  const offered = name !== 'native' || nativeIsOffered()
  return {
    name,
    installed,
    packages: Object.fromEntries(Object.keys(packages).map((p) => [p, installedVersion(p) ?? null])),
    gives,
    command: installed || !offered ? undefined : installCommand([name]),
  }
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Whether files can be written in a folder, or it can be made. */
function writable(folder: string): boolean {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(at)) {
      try {
        accessSync(at, constants.W_OK | constants.X_OK)
        return true
      } catch {
        return false
      }
    }
    if (dirname(at) === at) return false
  }
}

function bytesBelow(folder: string): number {
  try {
    return readdirSync(folder, { withFileTypes: true }).reduce(
      (sum, entry) =>
        sum + (entry.isDirectory() ? bytesBelow(join(folder, entry.name)) : entry.isFile() ? lstatSync(join(folder, entry.name)).size : 0),
      0,
    )
  } catch {
    return 0
  }
}
