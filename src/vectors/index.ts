/** @file Room `vectors`: embeddings on disk, and what made them. Node only. */
export { assertSameRecipe, canonicalJson, describeRecipe, recipeHash, sameRecipe, type Recipe } from '../recipe/index.ts'
export { npyBytes } from './npy.ts'
export { readVectors, writeVectors, type VectorFormat, type Vectors } from './vectors.ts'
