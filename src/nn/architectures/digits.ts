/**
 * @file The networks of the digits story: from 8-bit images [n, 28, 28] to embeddings [n, dim].
 */
import { checkOptions } from '../../base/index.ts'
import { numeric, type Tensor } from '../../tensor/index.ts'
import { kaimingNormal, lecunNormal, zeros } from '../initialisers.ts'
import { conv2d, dense, flatten, greyPixels, l2Normalize, maxPool, relu, sequential, tap, type Layer } from '../layers.ts'

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

/**
 * The default network: a pyramid of convolutions without padding, 28 -> 12 -> 5 -> 3 -> 1 pixels a side, the first two by their stride, so that no pooling is
 * needed: conv 5x5/2 (32) - conv 4x4/2 (64) - conv 3x3 (128) - conv 3x3 (128) - dense 128 - dense `dim`, unit length. Smaller images get a frame of 0.
 */
export function digitNetwork(options: DigitNetworkOptions = {}): Layer {
  checkOptions('digitNetwork', options, ['dim', 'normalise'])
  const { dim = 10, normalise = true } = options
  return sequential({
    pixels: greyPixels(),
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
    features: tap('features'),
    embedding: dense(dim, { initialiser: lecunNormal, biasInitialiser: zeros }),
    ...(normalise ? { unit: l2Normalize() } : {}),
  })
}
