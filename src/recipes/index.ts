/** @file Room `recipes`: the stories as readable code. */
export { rejectionFromJson, rejectionToJson, type RejectionFile, type RejectionInput } from './digits/rejection-file.ts'
export { outlierTraining, preset, presetNames, type Preset, type PresetName, type PresetOptions } from './presets.ts'
export { digitsPage, type DigitsReport, type FigureName, type NeighbourFigures, type RejectionResult } from './report/index.ts'
