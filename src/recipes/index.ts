/** @file Room `recipes`: the stories as readable code. */
export { changePreset, digitPreset, digitPresets, presetNetwork, presetTraining, type DigitPreset, type DigitPresetName } from './presets.ts'
export { digitsPage, type DigitsReport, type FigureName, type NeighbourFigures, type RejectionResult } from './report/index.ts'
