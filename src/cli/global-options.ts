/** @file The options that every command takes. */
import { InvalidArgumentError, type Command } from 'commander'
import { nearestName, type Limits } from '../base/index.ts'
import { runtimeKinds } from '../jobs/index.ts'
import type { RuntimeKind } from '../runtime/index.ts'
import { limitOption } from './limit-option.ts'

/** What they hold. */
export interface GlobalOptions {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly threads?: number
  readonly runtime?: RuntimeKind
  readonly limit?: Partial<Limits>
}

const mostThreads = 1024

function threads(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!Number.isSafeInteger(value) || value < 1 || value > mostThreads)
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${mostThreads}.`)
  return value
}

function runtime(text: string): RuntimeKind {
  const kind = runtimeKinds.find((name) => name === text)
  if (kind !== undefined) return kind
  const near = nearestName(text, runtimeKinds)
  throw new InvalidArgumentError(`It must be one of ${runtimeKinds.join(', ')}.${near === undefined ? '' : ` Did you mean ${near}?`}`)
}

/** Adds them to the program. */
export function addGlobalOptions(program: Command): void {
  program
    .option('--json', 'result and progress as JSON')
    .option('--quiet', 'say nothing but results and warnings')
    .option('--threads <n>', 'threads for networks (default: all cores)', threads)
    .option(
      '--runtime <name>',
      'native, wasm or auto: native code where it is installed and loads, else WebAssembly (default: auto)',
      runtime,
    )
    .option(
      '--limit <name=value>',
      'change a limit on what is read, e.g. imagePixels=300M; again for another (kindred --help lists them)',
      limitOption,
    )
}
