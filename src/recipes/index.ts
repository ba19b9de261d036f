/** @file Room `recipes`: the stories as readable code. */
export { digits, rejectionFromJson, rejectionToJson, type DigitsOptions, type RejectionFile, type RejectionInput } from './digits/index.ts'
export { addToGallery, checkFaceModelName, compare, embedFolder, embedPhoto, faceModelNames, faces, galleryRecipe, openFaceModel, samplePhotos, vggLayers, type CompareOptions, type EmbeddedFaces, type EmbeddedPhoto, type EmbedFolderOptions, type FacesOptions, type OpenFaceModelOptions } from './faces/index.ts'
export { outlierTraining, preset, presetNames, type Preset, type PresetName, type PresetOptions } from './presets.ts'
export { comparePage, digitsPage, facesPage, type CompareReport, type DigitsReport, type FaceDistances, type FaceRetrieval, type FacesFigure, type FacesReport, type FigureName, type NeighbourFigures, type RejectionResult } from './report/index.ts'
export { bestMargin, defaultMargins, sweep, writeSweep, type SweepEntry, type SweepOptions, type SweepReport, type SweepResult } from './sweep.ts'
