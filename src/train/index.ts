/** @file Room `train`: the training step as a graph, the loop around it, checkpoints. */
export { minings, type BatchSize, type Mining } from './batches.ts'
export {
  checkpointName,
  decodeCheckpoint,
  encodeCheckpoint,
  hasCheckpoint,
  loadCheckpoint,
  previousName,
  saveCheckpoint,
  type Checkpoint,
  type LoadedCheckpoint,
} from './checkpoint.ts'
export { collapseInWords, type CollapseSigns } from './collapse.ts'
export { spreadOf, type Weights } from './evaluation.ts'
export type { EpochRecord, EpochTools, KeepRule, TrainEmbedderOptions } from './options.ts'
export { Stepper, trainStep, type Objective, type StepGraph, type TrainState, type TrainStepOptions } from './step.ts'
export { trainEmbedder, type TrainEmbedderResult } from './train-embedder.ts'
export {
  headFromJson,
  headLogits,
  headToJson,
  predictions,
  trainSoftmaxHead,
  type SoftmaxHead,
  type SoftmaxHeadOptions,
} from './softmax-head.ts'
