/**
 * @file kindred: learn embeddings in which alike images lie close together, and put them to work.
 *
 * This door opens what most programs need; each room has a door of its own, `kindred/metrics`, `kindred/openset`, ...
 */
export { KindredError, rng, silent, type ErrorCode, type Progress, type Rng } from './base/index.ts'
export { decodeImage } from './images/index.ts'
export { loadDigitImage, loadMnist } from './digits/index.ts'
export { readVectors, writeVectors } from './vectors/index.ts'
export { stratifiedSplit, subset, take, type Dataset } from './dataset/index.ts'
export { load, saveEmbedder, type Embedder, type EmbedderCard, type TrainedEmbedder } from './models/index.ts'
export { folderStore } from './files/index.ts'
export { softNegativeTripletLoss, tripletMarginLoss } from './losses/index.ts'
export { batchHard, semiHard } from './miners/index.ts'
export { mPerClass, randomTriplets } from './samplers/index.ts'
export { engineSearch, nearest, neighbourSearch } from './neighbours/index.ts'
export { project } from './projection/index.ts'
export { digits, sweep } from './stories/index.ts'
export { preset } from './digits/index.ts'
export { defaultRuntime, nodeRuntime, webRuntime, type Runtime } from './runtime/index.ts'
export {
  headLogits,
  objective,
  trainEmbedder,
  trainSoftmaxHead,
  type SoftmaxHead,
  type TrainEmbedderOptions,
  type TrainEmbedderResult,
} from './train/index.ts'
