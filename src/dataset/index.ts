/** @file Room `dataset`: labelled images as values: cut, joined, split, warped. No files. */
export { affineAugmenter, type AugmentOptions, type Augmenter } from './augment.ts'
export { concat, imageAt, indicesByClass, makeDataset, stratifiedSplit, subset, take, type Dataset, type DatasetParts } from './dataset.ts'
