/** @file Readers of foreign weight files: Keras HDF5, PyTorch state dicts, ONNX. */
export { openWeights } from './open-weights.ts'
export { readLayer, vggFile, type VggFile, type VggTop } from './vgg-weights.ts'
export type { KernelOrder, StoredArray, StoredLayer, WeightFile } from './weight-file.ts'
