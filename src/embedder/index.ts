/** @file Room `embedder`: the trained network as one ONNX file with its card, and what every model that embeds images answers. */
export { pixelRanges, type Channels, type EmbedderCard, type PixelRange } from './card.ts'
export type { EmbedOptions, Embedder, TrainedEmbedder } from './embedder.ts'
export { exportEmbedder, type ExportOptions } from './export-embedder.ts'
export { finiteVectors } from './finite-vectors.ts'
export { ofFile } from './of-file.ts'
export { openEmbedder, type OpenEmbedderOptions } from './open-embedder.ts'
export { pixelBytes, type ImageShape } from './pixels.ts'
