/** @file Room `data`: images with labels from files: IDX, and what room `dataset` makes of images in memory. Node only. */
export {
  concat,
  imageAt,
  indicesByClass,
  makeDataset,
  stratifiedSplit,
  subset,
  take,
  type Dataset,
  type DatasetParts,
} from '../dataset/index.ts'
export { formatIdx, parseIdx, readIdxPair, type Idx } from './idx.ts'
