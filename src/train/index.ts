/** @file Room `train`: objectives, the training step as a graph, the loop around it, checkpoints, the softmax head, the projection head. */
export type { Augmentation } from './batches.ts'
export {
  decodeCheckpoint,
  encodeCheckpoint,
  loadCheckpoint,
  memoryStore,
  type Checkpoint,
  type LoadedCheckpoint,
  type Store,
  type Stored,
} from './checkpoint.ts'
export { classify, type Classified } from './classify.ts'
export { collapseInWords, isShrunk, orderSurvives, type CollapseSigns } from './collapse.ts'
export type { EpochRecord, KeepRule } from './epoch.ts'
export { spreadOf } from './evaluation.ts'
export type { Weights } from './network-embedder.ts'
export { objective, type Objective, type ObjectiveBatch, type ObjectiveOptions, type ObjectiveParts } from './objective.ts'
export { objectiveOfParts } from './objective-of-parts.ts'
export type { EpochTools, Looks, TrainEmbedderOptions } from './options.ts'
export {
  longestProjected,
  projectionFromOnnx,
  projectionToOnnx,
  projectVectors,
  trainProjectionHead,
  type ProjectionHead,
  type ProjectionHeadOptions,
  type ProjectionStep,
} from './projection-head.ts'
export {
  headFromJson,
  headLogits,
  headToJson,
  predictions,
  trainSoftmaxHead,
  type SoftmaxHead,
  type SoftmaxHeadOptions,
} from './softmax-head.ts'
export { Stepper, trainStep, type StepGraph, type StepObjective, type TrainState, type TrainStepOptions } from './step.ts'
export { sumOfObjectives, type WeightedObjective } from './sum-of-objectives.ts'
export { trainEmbedder } from './train-embedder.ts'
export type { TrainEmbedderResult } from './trained-embedder.ts'
