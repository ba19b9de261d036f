/** @file Room `faces`: detect, align, embed. Node only. */
export { alignFace, cropToPhoto, dlibTemplate, fitSimilarity, uprightBox, warp, type FaceTemplate, type Similarity } from './align.ts'
export type { BoxFinder, ScoredBox } from './box-finders.ts'
export { cropFolder, readCrops, type CropOptions, type CropResult, type CropSummary } from './crop-folder.ts'
export { holdsCrops, readCropRecords, type CropRecord, type QuarantineRecord } from './crop-records.ts'
export { faceApiFolder, faceApiWeights, type FaceApiModel, type NamedWeights } from './face-api-weights.ts'
export {
  faceModel,
  faceModelOf,
  networkModel,
  onnxModel,
  type FaceEmbedOptions,
  type FaceModel,
  type FaceModelOptions,
  type FaceModelParts,
  type NetworkModelParts,
} from './face-model.ts'
export {
  detectorNames,
  findFaces,
  findFacesIn,
  findOptionNames,
  findOptionsOf,
  openDetector,
  type DetectorName,
  type DetectorOptions,
  type Face,
  type FaceDetector,
  looksNames,
  type FindCall,
  type FindOptions,
  type LooksName,
} from './find-faces.ts'
export type { GroupedBox } from './group-rectangles.ts'
export { haarDetector, type HaarDetector, type HaarOptions } from './haar.ts'
export { imageNetwork, type ImageNetwork } from './image-network.ts'
export { checkPhotoFolder, labelOf, photoFiles, type PhotoFiles } from './photo-files.ts'
export { faceRecipeSchema, readOnnxRecipe, recipeFileSchema, type FaceRecipe, type OnnxRecipe, type Preprocessing } from './recipe.ts'
export { lookNames, type Look } from './sight.ts'
export { yunetFile } from './yunet-weights.ts'
export { readTfjsWeights, type TfjsWeight } from './tfjs-weights.ts'
export {
  areaOfBox,
  boxOfArea,
  readPhotoRegions,
  readSidecar,
  sidecarsOf,
  storedSize,
  uprightSize,
  xmpText,
  type FaceRegion,
  type PhotoRegions,
  type StoredSize,
  type UprightBox,
} from './photo-regions.ts'
export { readXmpRegions, writeXmpRegions, type NamedArea, type StoredArea, type XmpRegions } from './xmp-regions.ts'
