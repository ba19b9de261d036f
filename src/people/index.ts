/** @file Room `people`: faces that have names, or are given some: embed a folder, search, verify, group, thresholds. Node only. */
export { askEachOther, type Asked } from './ask-each-other.ts'
export { calibrateThreshold, type CalibrateThresholdOptions } from './calibrate-threshold.ts'
export type { ChosenRadius } from './choose-radius.ts'
export {
  embedFolder,
  embedPhoto,
  embedRecords,
  type EmbedFolderOptions,
  type EmbeddedFaces,
  type EmbeddedPhoto,
  type FoundFaces,
} from './embed-folder.ts'
export type { FaceDistances, FaceRetrieval, Range } from './face-figures.ts'
export { forgetFaces, forgetPhotos } from './forget-faces.ts'
export { addToGallery, galleryLine, type AddedToGallery } from './gallery-items.ts'
export { groupFaces, type FaceGroup, type FaceGroups, type GroupOptions } from './group.ts'
export { contradictionLines, type Contradictions, type MixedGroup, type TwiceInPhoto } from './group-contradictions.ts'
export { networkChoiceNames } from './face-networks.ts'
export { radiusLine, type UsedRadius } from './group-radius.ts'
export { groupTitles } from './group-sheets.ts'
export { oddsLine, suggestForGroups, suggestionPicture, type GroupSuggestOptions, type Suggestion } from './group-suggestions.ts'
export { facePairs, judgeDistances } from './judge-distances.ts'
export { keptFolder } from './known-faces.ts'
export { hereLine, type DistanceHere, type PairShare, type RowPair } from './labelled-pairs.ts'
export {
  countPhotos,
  findTips,
  ignoredFiles,
  ignoredLines,
  missedLines,
  missedPhotos,
  notReadPhotos,
  type IgnoredFiles,
  type MissedPhoto,
  type PhotoCounts,
} from './missed-photos.ts'
export { measureRetrieval, whyNoRetrieval } from './measure-retrieval.ts'
export { checkFaceModelName, faceModelNames, openFaceModel, type OpenFaceModelOptions } from './open-face-model.ts'
export { cropPicture, neighbourRows, some, thumbnails, type ShownNeighbours } from './pictures.ts'
export { precisionFigure } from './precision-figure.ts'
export { publishedLine, type PublishedDistance } from './published.ts'
export {
  nameWarnings,
  peopleIn,
  peopleOf,
  unmatchedLine,
  type ContestedPhoto,
  type Disagreement,
  type RegionFindings,
} from './people-of.ts'
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
  keepSuggestions,
  suggestInFolder,
  type FolderSuggestions,
  type SplitFolder,
  type SuggestInFolderOptions,
} from './suggest-in-folder.ts'
export { oddsOfHistogram, oddsOfPairs, suggestPairs, type PairOdds, type SuggestedPair, type SuggestOptions } from './suggest-pairs.ts'
export {
  answeredSuggestions,
  readSuggestions,
  writeSuggestions,
  type FaceByContent,
  type SuggestedSide,
  type SuggestionLine,
} from './suggestion-file.ts'
export {
  readThreshold,
  saveThreshold,
  strangersLine,
  thresholdLine,
  type SavedThreshold,
  type ThresholdChoice,
  type UsedThreshold,
} from './threshold-file.ts'
export { verifyPhotos, type FacePair, type FaceVerification, type VerifyOptions } from './verify.ts'
export { degradations, degradeCrop, degradeCrops, learntDegradations, type Degradation, type DegradedCrops } from './learn/degrade-crops.ts'
export { copyHead, galleryHeadPath, headPath } from './learn/head-file.ts'
export { confirmedPeople } from './learn/confirmed-people.ts'
export { inLearnedSpace, learnedOnGone, learnFolder, type LearnedFolder, type LearnFolderOptions } from './learn/learn-folder.ts'
export type { BeforeAfter, JudgedQuestions } from './learn/judge-head.ts'
export { learnHead, leastToLearn, type HeadJudgement, type LearnedHead, type LearnHeadOptions } from './learn/learn-head.ts'
export type { WrittenSidecars } from './write-regions.ts'
