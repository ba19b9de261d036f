/** @file Which runtime runs where none is named: native code where it loads, else WebAssembly, which is always there; in a browser WebAssembly. */
import { checkChoice, checkOptions } from '../base/index.ts'
import { availableThreads, chooseRuntime, nodeRuntime } from './node/index.ts'
import type { Runtime } from './runtime.ts'
import { webRuntime, type WebRuntimeOptions } from './web.ts'

export const runtimeKinds = ['auto', 'native', 'wasm'] as const
export type RuntimeKind = (typeof runtimeKinds)[number]

/** Options of {@link defaultRuntime}. */
export interface DefaultRuntimeOptions {
  /** `auto` (default): native code where it loads, else WebAssembly. */
  readonly kind?: RuntimeKind
  /** Threads; all cores by default, 1 in a page, see {@link WebRuntimeOptions}. */
  readonly threads?: number
  /** Told once, in words, when WebAssembly runs where native code could. */
  readonly note?: (message: string) => void
  /** Where the WebAssembly file comes from, as in {@link WebRuntimeOptions}. */
  readonly wasm?: WebRuntimeOptions['wasm']
}

/** A runtime that was chosen, and why. */
export interface RuntimeChoice {
  readonly kind: 'native' | 'wasm'
  readonly why: string
  /** How native code could be had, or what keeps it from loading. */
  readonly hint?: string
}

/**
 * The runtime that everything uses which is given none. In a browser it is {@link webRuntime}.
 *
 * @throws KindredError `usage` for a misspelt option; with kind `native` what {@link nodeRuntime} throws
 */
export async function defaultRuntime(options: DefaultRuntimeOptions = {}): Promise<Runtime> {
  checkOptions('defaultRuntime', options, ['kind', 'threads', 'note', 'wasm'])
  const { kind = 'auto', threads, note, wasm } = options
  checkChoice('defaultRuntime', 'kind', kind, runtimeKinds)
  if (kind === 'native') return nodeRuntime({ threads })
  if (kind === 'auto') {
    const choice = await chooseRuntime()
    if (choice.kind === 'native') return nodeRuntime({ threads })
    if (choice.hint !== undefined) note?.(`Networks run as WebAssembly: ${choice.why}. ${choice.hint}`)
  }
  return webRuntime({ threads: threads ?? availableThreads(), wasm })
}
