/**
 * @file `trainEmbedder`: from images to an embedder, out of parts.
 *
 * The parts: `options` (checked), `batches` (sampler, outliers, warps), `step` (the graph of one step), `evaluation` (figures of an epoch), `run` (the loop),
 * `run-memory` and `checkpoint` (what survives), `fingerprint` (what must be the same on resuming), `trained-embedder` (the result).
 */
import { ensure } from '../base/index.ts'
import { Scope } from '../nn/index.ts'
import { encodeModel, toOnnx } from '../onnx/index.ts'
import { defaultRuntime } from '../runtime/index.ts'
import { input } from '../tensor/index.ts'
import { Evaluation } from './evaluation.ts'
import { checkSame, fingerprint } from './fingerprint.ts'
import { imageShape } from './network-embedder.ts'
import { settle, type Settings, type TrainEmbedderOptions } from './options.ts'
import { loadRun } from './run-memory.ts'
import { Run } from './run.ts'
import { Stepper, trainStep, type StepGraph } from './step.ts'
import { trainedEmbedder, type TrainEmbedderResult } from './trained-embedder.ts'

/**
 * Trains a network to embed labelled images so that alike ones lie close together.
 *
 * Each step minimises the objective over a batch; each epoch ends with an evaluation, a line of history and, with a store, a
 * checkpoint. The weights of the epoch that `keep` picks are returned.
 *
 * @returns the weights kept, which embed images and become a model file, the history, and in words whether the embedding has collapsed
 * @throws KindredError `usage` for options that cannot work, `interrupted` when `signal` fires (after saving), `collapsed` when the loss is no
 *   number any more, `mismatch` when a resumed run has other options, `corrupt`, `not-found` or `io` as the store gives cause
 * Cost: one pass of network and gradient a step, one pass over validation images and kNN references an epoch
 * @example
 * const trained = await trainEmbedder({
 *   source, validation, network: studentNetwork(),
 *   objective: objective({ loss: tripletMarginLoss({ margin: 0.4 }), miner: semiHard() }),
 *   batches: mPerClass({ classes: 10, perClass: 10 }),
 * })
 * trained.save('model.onnx')
 */
export async function trainEmbedder(options: TrainEmbedderOptions): Promise<TrainEmbedderResult> {
  const settings = settle(options)
  const runtime = options.runtime ?? (await defaultRuntime())
  const graph = stepGraph(settings)
  const words = fingerprint(settings, { network: networkBytes(settings), step: encodeModel(toOnnx(graph.outputs)) })
  const saved = settings.resume ? await loadRun(settings.store!) : undefined
  if (saved?.warning !== undefined) settings.progress.warn(saved.warning)
  if (saved !== undefined) checkSame(saved, words, settings, runtime)
  const evaluation = await Evaluation.create({ ...settings, outliers: settings.validationOutliers, runtime })
  try {
    const { seed, weights } = settings
    const stepper = await Stepper.create(
      runtime,
      graph,
      saved === undefined ? { seed, weights } : { state: { step: saved.step, arrays: saved.state } },
      { ahead: true },
    )
    try {
      const outcome = await new Run({ settings, runtime, words, stepper, evaluation, saved }).finish()
      return trainedEmbedder(settings, runtime, evaluation.embedder.dim, words, outcome)
    } finally {
      await stepper.dispose()
    }
  } finally {
    await evaluation.dispose()
  }
}

function stepGraph({ network, objective, source, images, labelled, optimizer, averageDecay }: Settings): StepGraph {
  return trainStep({
    objective: (scope) => {
      const embeddings = network(input('images', imageShape(images, source), 'uint8'), scope)
      for (const { name } of scope.weights)
        ensure(
          !name.startsWith('loss.'),
          'trainEmbedder',
          'no part of the network may be called loss: that name is for weights of the loss',
          name,
          'Rename it.',
        )
      return objective.build({ embeddings, labels: input('labels', [images], 'int64'), labelled, scope: scope.child('loss') })
    },
    optimizer,
    averageDecay,
  })
}

function networkBytes({ network, source }: Settings): Uint8Array {
  return encodeModel(toOnnx({ embedding: network(input('images', imageShape('N', source), 'uint8'), new Scope()) }))
}
