/** @file Room `models`: trained models as ONNX files, and what loads and runs them. */
export { exportEmbedder, load, saveEmbedder, type Embedder, type EmbedderCard, type ExportOptions, type LoadOptions } from './embedder.ts'
export { finiteVectors } from './finite-vectors.ts'
export { ofFile } from './of-file.ts'
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
