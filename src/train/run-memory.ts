/** @file What a checkpoint of a training run holds. */
import * as z from 'zod'
import { batchStateSchema, type BatchState } from './batches.ts'
import { encodeCheckpoint, loadCheckpoint, type Store } from './checkpoint.ts'
import { epochSchema, sumsSchema, type EpochRecord, type EpochSums } from './epoch.ts'
import type { Weights } from './network-embedder.ts'

/** What a checkpoint holds beside arrays. */
interface RunHeader {
  readonly kind: 'train-embedder'
  readonly options: Readonly<Record<string, string>>
  readonly rates: string
  readonly runtime: string
  readonly step: number
  readonly epoch: EpochSums
  readonly history: readonly EpochRecord[]
  readonly bestEpoch: number
  readonly batches: BatchState
  /** Spread of validation embeddings before the first step; missing in checkpoints of earlier versions. */
  readonly initialSpread?: number
}

/** A run as far as it is done. */
export interface RunMemory extends Omit<RunHeader, 'kind'> {
  /** Weights, optimiser slots, averages: what goes from step to step. */
  readonly state: ReadonlyMap<string, Float32Array>
  /** The weights kept so far. */
  readonly best: Weights
}

const count = z.int().nonnegative()
const headerSchema: z.ZodType<RunHeader> = z
  .object({
    kind: z.literal('train-embedder'),
    options: z.record(z.string(), z.string()),
    rates: z.string(),
    runtime: z.string(),
    step: count,
    epoch: sumsSchema,
    history: z
      .array(epochSchema)
      .refine((history) => history.every(({ epoch }, i) => epoch === i + 1), 'expected the epochs 1, 2, ... in order'),
    bestEpoch: count,
    batches: batchStateSchema,
    initialSpread: z.number().nonnegative().optional(),
  })
  .refine(
    ({ history, bestEpoch, step, epoch }) =>
      bestEpoch <= history.length && bestEpoch > 0 === history.length > 0 && step === (history.at(-1)?.step ?? 0) + epoch.steps,
    'expected steps, epochs and best epoch that fit each other',
  )

const statePrefix = 'state/'
const bestPrefix = 'best/'

/** Keeps a run, and its history as `history.json` for people. @throws KindredError `io` as the store gives cause */
export async function saveRun(store: Store, { state, best, ...header }: RunMemory): Promise<void> {
  const arrays = new Map([...withPrefix(state, statePrefix), ...withPrefix(best, bestPrefix)])
  await store.save(encodeCheckpoint({ header: { kind: 'train-embedder', ...header }, arrays }), {
    'history.json': `${JSON.stringify(header.history, null, 2)}\n`,
  })
}

/** Reads the run that a store keeps. @throws KindredError `not-found` or `corrupt`; a warning says when it is the checkpoint before the newest */
export async function loadRun(store: Store): Promise<RunMemory & { readonly warning?: string }> {
  const { header, arrays, warning } = await loadCheckpoint(store, headerSchema)
  return { ...header, state: withoutPrefix(arrays, statePrefix), best: withoutPrefix(arrays, bestPrefix), warning }
}

function withPrefix(arrays: Weights, prefix: string): [string, Float32Array][] {
  return [...arrays].map(([name, a]) => [`${prefix}${name}`, a])
}

function withoutPrefix(arrays: Weights, prefix: string): Map<string, Float32Array> {
  return new Map([...arrays].filter(([name]) => name.startsWith(prefix)).map(([name, a]) => [name.slice(prefix.length), a]))
}
