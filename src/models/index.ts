/** @file Room `models`: trained models as ONNX files, and what loads and runs them. */
export { exportEmbedder, load, saveEmbedder, type Embedder, type EmbedderCard, type ExportOptions, type LoadOptions } from './embedder.ts'
