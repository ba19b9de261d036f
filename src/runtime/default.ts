/** @file Which runtime runs where none is named: native code where it loads, else WebAssembly, which is always there. */
import { availableParallelism } from 'node:os'
import { checkChoice, checkOptions, installCommand, KindredError } from '../base/index.ts'
import { findNative, loadNative, nativeIsOffered } from './load-native.ts'
import { nodeRuntime } from './node.ts'
import type { Runtime } from './runtime.ts'
import { webRuntime } from './web.ts'

export const runtimeKinds = ['auto', 'native', 'wasm'] as const
export type RuntimeKind = (typeof runtimeKinds)[number]

/** Options of {@link defaultRuntime}. */
export interface DefaultRuntimeOptions {
  /** `auto` (default): native code where it loads, else WebAssembly. */
  readonly kind?: RuntimeKind
  /** Threads; all cores by default. */
  readonly threads?: number
  /** Told once, in words, when WebAssembly runs where native code could. */
  readonly note?: (message: string) => void
}

/** A runtime that was chosen, and why. */
export interface RuntimeChoice {
  readonly kind: 'native' | 'wasm'
  readonly why: string
  /** How native code could be had, or what keeps it from loading. */
  readonly hint?: string
}

/** Decides between native code and WebAssembly as `auto` does. The native runtime is loaded to see whether it does. */
export async function chooseRuntime(): Promise<RuntimeChoice> {
  const found = findNative()
  if (found === undefined) {
    if (!nativeIsOffered()) return { kind: 'wasm', why: `there is no native code for ${process.platform}-${process.arch}` }
    return { kind: 'wasm', why: 'onnxruntime-node is not installed', hint: `Native code is 4 to 6 times as fast: ${installCommand(['native'])}` }
  }
  try {
    await loadNative(found)
    return { kind: 'native', why: `${found.name} ${found.version} is installed` }
  } catch (error) {
    if (!(error instanceof KindredError)) throw error
    return { kind: 'wasm', why: `${found.name} ${found.version} is installed but does not run here`, hint: error.message }
  }
}

/**
 * The runtime that everything uses which is given none.
 *
 * @throws KindredError `usage` for a misspelt option; with kind `native` what {@link nodeRuntime} throws
 */
export async function defaultRuntime(options: DefaultRuntimeOptions = {}): Promise<Runtime> {
  checkOptions('defaultRuntime', options, ['kind', 'threads', 'note'])
  const { kind = 'auto', threads, note } = options
  checkChoice('defaultRuntime', 'kind', kind, runtimeKinds)
  if (kind === 'native') return nodeRuntime({ threads })
  if (kind === 'auto') {
    const choice = await chooseRuntime()
    if (choice.kind === 'native') return nodeRuntime({ threads })
    if (choice.hint !== undefined) note?.(`Networks run as WebAssembly: ${choice.why}. ${choice.hint}`)
  }
  return webRuntime({ threads: threads ?? availableParallelism() })
}
