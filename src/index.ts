/**
 * @file kindred: learn embeddings in which alike images lie close together, and put them to work.
 *
 * This door opens what most programs need; each room has a door of its own, `kindred/metrics`, `kindred/openset`, ...
 */
export { KindredError, rng, silent, type ErrorCode, type Progress, type Rng } from './base/index.ts'
export { decodeImage, loadDigitImage, loadMnist, readVectors, stratifiedSplit, subset, take, writeVectors, type Dataset } from './data/index.ts'
export { load, saveEmbedder, type Embedder, type EmbedderCard } from './models/index.ts'
export { engineSearch, nearest, neighbourSearch } from './neighbours/index.ts'
export { project } from './projection/index.ts'
export { digits, preset, sweep } from './recipes/index.ts'
export { defaultRuntime, nodeRuntime, webRuntime, type Runtime } from './runtime/index.ts'
export { headLogits, trainEmbedder, trainSoftmaxHead, type SoftmaxHead, type TrainEmbedderOptions, type TrainEmbedderResult } from './train/index.ts'
