/** @file Room `gallery`: images, labels and embeddings in PostgreSQL + pgvector, embedded in a folder or on a server. Node only. */
export { checkPlace, isAddress } from './address.ts'
export { Gallery } from './gallery.ts'
export { openGallery } from './open-gallery.ts'
export { itemId, recipeHash } from './recipe.ts'
export type {
  AddOptions,
  Filter,
  Found,
  GalleryOptions,
  IndexOptions,
  Item,
  Json,
  Neighbour,
  Recipe,
  SearchOptions,
  StoredItem,
  VectorBatch,
} from './types.ts'
