/** @file The faces story and its parts. */
export { embedFolder, embedPhoto, embedRecords, peopleOf, type EmbeddedFaces, type EmbeddedPhoto, type EmbedFolderOptions, type EmbedRecordsOptions, type FoundFaces } from './embed-folder.ts'
export { checkFaceModelName, faceModelNames, openFaceModel, type OpenFaceModelOptions } from './open-face-model.ts'
