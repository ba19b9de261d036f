/** @file Room `nn`: layers, first values of weights, and ready networks. A network is a function `(x, scope) => y`. */
export { digitNetwork, studentNetwork, type DigitNetworkOptions } from './architectures/digits.ts'
export { vgg16, vggLayers, vggLayerSpecs, type VggLayer, type VggLayerSpec, type VggOptions } from './architectures/vgg.ts'
export { constantValue, kaimingNormal, kaimingUniform, lecunNormal, normalWith, ones, uniformWithin, xavierUniform, zeros, type Initialiser } from './initialisers.ts'
export {
  batchNorm, conv2d, dense, dropout, flatten, globalAveragePool, greyPixels, l2Normalise, maxPool, relu, residual, sequential, tap,
  type BatchNormOptions, type Conv2dOptions, type DenseOptions, type Layer,
} from './layers.ts'
export { initialWeights, Scope, type ScopeOptions, type WeightSpec } from './scope.ts'
