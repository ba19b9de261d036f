/** @file Room `vectors`: embeddings on disk. Node only. */
export { npyBytes } from './npy.ts'
export { readVectors, writeVectors, type VectorFormat, type Vectors } from './vectors.ts'
