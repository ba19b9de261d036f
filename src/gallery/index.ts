/** @file Room `gallery`: images, labels and embeddings in PostgreSQL + pgvector, embedded in a folder or on a server. Node only. */
export { checkPlace, isAddress } from './address.ts'
export { Gallery } from './gallery.ts'
export { openGallery } from './open-gallery.ts'
export { contentOfItem, itemId } from './item-id.ts'
export type {
  AddOptions,
  Filter,
  Found,
  GalleryOptions,
  IndexOptions,
  Item,
  ItemEntry,
  Json,
  Neighbour,
  PutCounts,
  PutOptions,
  SearchOptions,
  StoredItem,
  VectorBatch,
} from './types.ts'
