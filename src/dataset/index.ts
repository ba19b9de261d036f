/** @file Room `dataset`: labelled images as values: read from any source, cut, joined, split, warped. No files; runs in a browser. */
export { affineAugmenter, type AugmentOptions, type Augmenter } from './augment.ts'
export { concat, stratifiedSplit, subset, take, type SplitOptions } from './cut.ts'
export { checkRead, imageBytes, indicesByClass, sourceHash, type Channels, type ImageSource, type ReadOptions } from './image-source.ts'
export { trainingSplit, type TrainingSplitOptions } from './training-split.ts'
export { checkLabels, checkShape, imageAt, inMemory, inMemoryOf, type Dataset, type DatasetParts } from './in-memory.ts'
