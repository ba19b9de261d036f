/** @file Room `nn`: layers, first values of weights, and ready networks. A network is a function `(x, scope) => y`. */
export { digitEnsemble, digitNetwork, studentNetwork, type DigitEnsembleOptions, type DigitNetworkOptions } from './architectures/digits.ts'
export { vgg16, vggLayers, vggLayerSpecs, type VggLayer, type VggLayerSpec, type VggOptions } from './architectures/vgg.ts'
export { dlibResnet } from './architectures/dlib-resnet.ts'
export { landmarks68 } from './architectures/landmarks68.ts'
export { ssdMobilenet, ssdMobilenetAnchors } from './architectures/ssd-mobilenet.ts'
export { tinyFace, tinyFaceAnchors } from './architectures/tiny-face.ts'
export {
  constantValue,
  kaimingNormal,
  kaimingUniform,
  lecunNormal,
  normalWith,
  ones,
  uniformWithin,
  xavierUniform,
  zeros,
  type Initialiser,
} from './initialisers.ts'
export {
  averagePool2,
  batchNorm,
  colourPixels,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  globalAveragePool,
  greyPixels,
  l2Normalize,
  maxPool,
  relu,
  relu6,
  residual,
  sameConv2d,
  samePadding,
  sequential,
  tap,
  type BatchNormOptions,
  type Conv2dOptions,
  type DenseOptions,
  type Layer,
} from './layers.ts'
export { initialWeights, Scope, type ScopeOptions, type WeightSpec } from './scope.ts'
