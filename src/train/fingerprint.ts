/** @file A run in words, by which a resumed run knows itself again. */
import { counted, KindredError, sha256, sha256Pieces } from '../base/index.ts'
import type { Schedule } from '../optim/index.ts'
import type { Runtime } from '../runtime/index.ts'
import type { Weights } from './network-embedder.ts'
import { wordsOf } from './objective.ts'
import type { Settings } from './options.ts'

/**
 * What decides a run's bytes, each as a short text: names and options of its parts, and hashes of images and graphs, which know what the words do not say.
 * The number of epochs is none of them: a run may be made longer.
 */
export function fingerprint(s: Settings, graphs: { readonly network: Uint8Array; readonly step: Uint8Array }): Record<string, string> {
  return {
    seed: String(s.seed),
    'first weights': s.weights === undefined ? 'drawn' : hashWeights(s.weights),
    'training images': s.source.hash,
    'validation images': s.validation.hash,
    outliers: s.trainOutliers === undefined ? 'none' : `${s.outliersPerBatch} of ${s.trainOutliers.source.hash}`,
    ...s.objective.words,
    ...wordsOf('batches', s.batches),
    network: short(graphs.network),
    optimizer: `${s.optimizer.name} ${JSON.stringify(s.optimizer.scalars(3, 0.1))}`,
    averageDecay: String(s.averageDecay),
    stepsPerEpoch: String(s.stepsPerEpoch),
    augmentation: JSON.stringify(s.augmentation ?? null),
    knnReferences: String(s.knnReferences),
    keep: s.keep,
    'step graph': short(graphs.step),
  }
}

/** The learning rates of the first `steps` steps, as a hash: what a schedule has been so far. */
export function ratesSoFar(rate: Schedule, steps: number): string {
  return short(Float64Array.from({ length: steps }, (_, i) => rate(i + 1)))
}

/** The runtime and its threads, which decide the last digits. */
export const runtimeWords = ({ name, threads }: Runtime): string => `${name}, ${counted(threads, 'thread')}`

/**
 * Compares what a checkpoint says of its run with the run that wants to go on from it.
 *
 * @throws KindredError `mismatch`, naming what differs
 */
export function checkSame(
  saved: { readonly options: Readonly<Record<string, string>>; readonly rates: string; readonly runtime: string; readonly step: number },
  now: Readonly<Record<string, string>>,
  { rate, progress }: Settings,
  runtime: Runtime,
): void {
  const where = 'resume'
  for (const name of new Set([...Object.keys(now), ...Object.keys(saved.options)])) {
    const [then, is] = [saved.options[name] ?? 'nothing', now[name] ?? 'nothing']
    if (then !== is)
      throw new KindredError(
        'mismatch',
        where,
        `${name} must be that of the run, ${then}`,
        is,
        'Resume with the same options, or begin anew in another folder.',
      )
  }
  if (ratesSoFar(rate, saved.step) !== saved.rates) {
    throw new KindredError(
      'mismatch',
      where,
      'the learning-rate schedule must be that of the run',
      `other rates in the ${saved.step} steps done`,
      'Another rate, warm-up or number of epochs changes it; resume with the same.',
    )
  }
  const words = runtimeWords(runtime)
  if (words !== saved.runtime)
    progress.warn(`The run began on ${saved.runtime} and goes on with ${words}: its last digits may differ from those of an unbroken run.`)
}

function hashWeights(weights: Weights): string {
  const all = sha256Pieces()
  for (const [name, w] of weights) all.update(name).update(w)
  return all.hex().slice(0, 16)
}

const short = (data: Uint8Array | Float64Array): string => sha256(data).slice(0, 16)
