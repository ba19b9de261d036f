/** @file Room `data`: images with labels from files: IDX, and what room `dataset` makes of images in memory. Node only. */
export {
  concat,
  imageAt,
  indicesByClass,
  inMemory,
  inMemoryOf,
  stratifiedSplit,
  subset,
  take,
  type Channels,
  type Dataset,
  type DatasetParts,
  type ImageSource,
} from '../dataset/index.ts'
export { formatIdx, parseIdx, readIdxPair, type Idx } from './idx.ts'
