/** @file Room `recipes`: the stories as readable code. */
export { digits, rejectionFromJson, rejectionToJson, type DigitsOptions, type RejectionFile, type RejectionInput } from './digits/index.ts'
export { embedFolder, embedPhoto, faceModelNames, openFaceModel, type EmbeddedFaces, type EmbeddedPhoto, type EmbedFolderOptions, type OpenFaceModelOptions } from './faces/index.ts'
export { outlierTraining, preset, presetNames, type Preset, type PresetName, type PresetOptions } from './presets.ts'
export { digitsPage, type DigitsReport, type FigureName, type NeighbourFigures, type RejectionResult } from './report/index.ts'
export { bestMargin, defaultMargins, sweep, writeSweep, type SweepEntry, type SweepOptions, type SweepReport, type SweepResult } from './sweep.ts'
