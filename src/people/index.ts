/** @file Room `people`: faces that have names, or are given some: embed a folder, search, verify, group, thresholds. Node only. */
export { askEachOther, type Asked } from './ask-each-other.ts'
export {
  embedFolder,
  embedPhoto,
  embedRecords,
  peopleOf,
  type EmbedFolderOptions,
  type EmbeddedFaces,
  type EmbeddedPhoto,
  type FoundFaces,
} from './embed-folder.ts'
export type { FaceDistances, FaceRetrieval, Range } from './face-figures.ts'
export { forgetFaces, forgetPhotos } from './forget-faces.ts'
export { addToGallery } from './gallery-items.ts'
export { groupFaces, groupTitles, type FaceGroup, type FaceGroups, type GroupOptions } from './group.ts'
export { facePairs, judgeDistances } from './judge-distances.ts'
export { keptFolder } from './known-faces.ts'
export { measureRetrieval, precisionFigure, whyNoRetrieval } from './measure-retrieval.ts'
export { checkFaceModelName, faceModelNames, openFaceModel, type OpenFaceModelOptions } from './open-face-model.ts'
export { cropPicture, neighbourRows, some, thumbnails } from './pictures.ts'
export { samplePhotos } from './sample-photos.ts'
export {
  answerLine,
  searchFaces,
  searchStrip,
  type FaceAnswer,
  type FaceSearch,
  type RankedNeighbour,
  type SearchOptions,
} from './search.ts'
export {
  readThreshold,
  saveThreshold,
  strangersLine,
  thresholdLine,
  type SavedThreshold,
  type ThresholdChoice,
  type UsedThreshold,
} from './threshold-file.ts'
export {
  calibrateThreshold,
  verifyPhotos,
  type CalibrateThresholdOptions,
  type FacePair,
  type FaceVerification,
  type VerifyOptions,
} from './verify.ts'
