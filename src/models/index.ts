/** @file Room `models`: models from files: those that kindred wrote, and foreign weights. */
export { load, saveEmbedder, type LoadOptions } from './load.ts'
export {
  exportEmbedder,
  type EmbedOptions,
  type Embedder,
  type EmbedderCard,
  type ExportOptions,
  type TrainedEmbedder,
} from '../embedder/index.ts'
export { loadVgg, type ChannelCheck, type LoadVggOptions, type VggDownload, type VggEmbedder, type VggRecipe } from './vgg.ts'
export {
  vggFiles,
  vggLicences,
  vggPreprocessings,
  type VggFileName,
  type VggModel,
  type VggPreprocessing,
  type VggPreprocessingName,
  type VggRemoteFile,
} from './vgg-files.ts'
export { openWeights, type KernelOrder, type StoredArray, type StoredLayer, type WeightFile } from './weights/index.ts'
