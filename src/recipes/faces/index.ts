/** @file The faces story and its parts. */
export { embedFolder, embedPhoto, embedRecords, peopleOf, type EmbeddedFaces, type EmbeddedPhoto, type EmbedFolderOptions, type EmbedRecordsOptions, type FoundFaces } from './embed-folder.ts'
export { checkFaceModelName, faceModelNames, openFaceModel, type OpenFaceModelOptions } from './open-face-model.ts'
export { faces } from './faces.ts'
export { addToGallery, galleryRecipe, type AddedToGallery, type AddToGalleryOptions } from './gallery-items.ts'
export { samplePhotos } from './sample-photos.ts'
export type { FacesOptions } from './run.ts'
export { vggLayers } from '../../nn/index.ts'
export { compare, type CompareOptions } from './compare.ts'
