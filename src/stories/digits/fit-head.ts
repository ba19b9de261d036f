/** @file The softmax head of a network: trained on its frozen embeddings, with a temperature fitted on the validation digits. */
import { fitTemperature } from '../../openset/index.ts'
import { headLogits, trainSoftmaxHead, type SoftmaxHead } from '../../train/index.ts'
import type { Judged, Run } from './run.ts'

/** Trains it. */
export async function fitHead({ train, validation, runtime, options, seed }: Run, judged: Judged): Promise<SoftmaxHead> {
  const { classes } = train
  const plain = await trainSoftmaxHead({
    vectors: judged.train.embedding,
    dim: judged.dim,
    labels: train.labels,
    classes,
    seed,
    runtime,
    signal: options.signal,
  })
  const { temperature } = fitTemperature(headLogits(plain, judged.validation.embedding), classes.length, validation.labels)
  return { ...plain, temperature }
}
