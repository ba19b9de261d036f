/**
 * @file The networks of the digits story: from 8-bit images [n, 28, 28] to embeddings [n, dim].
 */
import { checkOptions, ensure } from '../../base/index.ts'
import { concat, mul, numeric, type Tensor } from '../../tensor/index.ts'
import { kaimingNormal, lecunNormal, zeros } from '../initialisers.ts'
import { conv2d, dense, flatten, greyPixels, l2Normalize, maxPool, relu, sequential, tap, type Layer } from '../layers.ts'
import type { Scope } from '../scope.ts'

// Both mark the 128 numbers before the embedding as `features`: distances there tell outliers better than distances in the embedding.

/** Options of both digit networks. */
export interface DigitNetworkOptions {
  /** Length of the embedding. Default 10. */
  readonly dim?: number
  /** Scale embeddings to length 1. */
  readonly normalise?: boolean
}

/**
 * The student's network: conv 3x3 (32) - pool - conv 3x3 (64) - pool - dense 128 - dense `dim`.
 *
 * ReLU stands behind each pool: it commutes with max, and touches a quarter of the numbers there.
 */
export function studentNetwork(options: DigitNetworkOptions = {}): Layer {
  checkOptions('studentNetwork', options, ['dim', 'normalise'])
  const { dim = 10, normalise = false } = options
  return sequential({
    pixels: greyPixels(),
    conv1: conv2d(32, 3, { padding: 1 }),
    pool1: maxPool(2),
    relu1: relu(),
    conv2: conv2d(64, 3, { padding: 1 }),
    pool2: maxPool(2),
    relu2: relu(),
    flatten: flatten(),
    dense1: dense(128),
    relu3: relu(),
    features: tap('features'),
    embedding: dense(dim),
    ...(normalise ? { unit: l2Normalize() } : {}),
  })
}

// He's initialisation with zero biases, gain 1 for the last layer, as in the measurements behind this network.
const he = { initialiser: kaimingNormal, biasInitialiser: zeros }

/** Rows and columns of zeros [top, left, bottom, right] that make images [n, c, h, w] at least `size` high and wide. */
function frameTo(size: number, x: Tensor): readonly [number, number, number, number] {
  const [v, h] = [2, 3].map((axis) => Math.max(0, size - numeric(x.shape[axis], 'digitNetwork')))
  return [v >> 1, h >> 1, v - (v >> 1), h - (h >> 1)]
}

/** From pixels [n, 1, h, w] to 128 features: 28 -> 12 -> 5 -> 3 -> 1 pixels a side. */
const pyramid = (): Record<string, Layer> => ({
  // smaller images are framed to the least that the pyramid needs
  conv1: (x, scope) => conv2d(32, 5, { stride: 2, padding: frameTo(28, x), ...he })(x, scope),
  relu1: relu(),
  conv2: conv2d(64, 4, { stride: 2, ...he }),
  relu2: relu(),
  conv3: conv2d(128, 3, he),
  relu3: relu(),
  conv4: conv2d(128, 3, he),
  relu4: relu(),
  flatten: flatten(),
  dense1: dense(128, he),
  relu5: relu(),
})

const embedding = (dim: number): Layer => dense(dim, { initialiser: lecunNormal, biasInitialiser: zeros })

/**
 * The default network: a pyramid of convolutions without padding, the first two with strides, so that no pooling is needed:
 * conv 5x5/2 (32) - conv 4x4/2 (64) - conv 3x3 (128) - conv 3x3 (128) - dense 128 - dense `dim`, unit length. Images below 28x28 get a frame of 0.
 */
export function digitNetwork(options: DigitNetworkOptions = {}): Layer {
  checkOptions('digitNetwork', options, ['dim', 'normalise'])
  const { dim = 10, normalise = true } = options
  return sequential({
    pixels: greyPixels(),
    ...pyramid(),
    features: tap('features'),
    embedding: embedding(dim),
    ...(normalise ? { unit: l2Normalize() } : {}),
  })
}

/** Options of {@link digitEnsemble}. */
export interface DigitEnsembleOptions {
  /** Length of each member's embedding. Default 10. */
  readonly dim?: number
  /** How many. Default 3. */
  readonly members?: number
}

/**
 * Several of {@link digitNetwork} in one, which begin from different weights: their unit embeddings side by side, divided by sqrt(members), so that all
 * together have length 1 and the squared distance is the mean of the members'. Features are the members' side by side.
 */
export function digitEnsemble(options: DigitEnsembleOptions = {}): Layer {
  checkOptions('digitEnsemble', options, ['dim', 'members'])
  const { dim = 10, members = 3 } = options
  ensure(Number.isInteger(members) && members > 0, 'digitEnsemble', 'members must be a whole number above 0', members)
  const [body, head] = [sequential(pyramid()), sequential({ embedding: embedding(dim), unit: l2Normalize() })]
  const scopes = (scope: Scope) => Array.from({ length: members }, (_, i) => scope.child(`member${i + 1}`))
  return (x, scope) => {
    const pixels = greyPixels()(x, scope)
    const features = scopes(scope).map((own) => body(pixels, own))
    scope.tap('features', concat(features, 1))
    const embeddings = scopes(scope).map((own, i) => head(features[i], own))
    return mul(concat(embeddings, 1), 1 / Math.sqrt(members))
  }
}
