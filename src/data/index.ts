/** @file Room `data`: labelled images from files: IDX, a folder per class, a manifest; and what room `dataset` makes of any of them. Node only. */
export {
  concat,
  imageAt,
  indicesByClass,
  inMemory,
  inMemoryOf,
  stratifiedSplit,
  subset,
  take,
  trainingSplit,
  type Channels,
  type Dataset,
  type DatasetParts,
  type ImageSource,
  type ReadOptions,
  type TrainingSplitOptions,
} from '../dataset/index.ts'
export { formatIdx, parseIdx, parseIdxLabels, type Idx } from './idx.ts'
export { idx, readIdxLabels, readLabelNames, type IdxOptions } from './idx-source.ts'
export { imageFolder } from './image-folder.ts'
export { manifest, type ManifestOptions } from './manifest.ts'
export { type LeftOut, type PictureOptions, type PictureSource } from './picture-source.ts'
