/** @file Room `digits`: MNIST and its frame, digits and other characters drawn by fonts and by hand, recipes of networks for digits. Node only. */
export { loadDigitImage, loadDigitsIn, type DigitsInPicture, type DigitWay, type PictureDigit } from './digit-image.ts'
export { drawnShapes, noiseImages, twoDigits, type DrawnOptions } from './drawn-outliers.ts'
export { fontNames, testFonts, trainFonts, type HandFont } from './fonts.ts'
export { inventedCharacters } from './invented.ts'
export { findPictures, loadPictures, type LoadOptions, type PictureAnswer, type Pictures, type Skipped } from './load-pictures.ts'
export { lookAlikeOf, omniglotLookAlikes, type AlphabetLookAlikes } from './look-alikes.ts'
export { mnistFrame, type FrameOptions } from './mnist-frame.ts'
export { fashionClasses, findIdxFiles, loadMnist, mnistFiles, mnistPackageFolder, type MnistOptions, type MnistSplit } from './mnist.ts'
export { checkPictureModel, frameOf, modelPicture, type PictureModel } from './model-picture.ts'
export { alphabetsFrom, lettersFrom, omniglotLetters, type Alphabet, type LettersOptions } from './omniglot.ts'
export {
  minedObjective,
  minings,
  outlierTraining,
  preset,
  presetNames,
  trainingInWords,
  type Mining,
  type Preset,
  type PresetName,
  type PresetOptions,
  type PresetTraining,
} from './presets.ts'
export { outlierKinds, pseudoOutliers, type OutlierKind } from './pseudo-outliers.ts'
export { reframed } from './reframed.ts'
export { renderedDigits, renderedLetters, type RenderOptions } from './rendered.ts'
