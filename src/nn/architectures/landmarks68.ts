/**
 * @file The 68-point landmark network of face-api: four densely connected blocks of depthwise separable convolutions.
 *
 * Layout as in @vladmandic/face-api 1.7.15, src/faceFeatureExtractor (denseBlock4) and src/faceLandmarkNet; the points are those of the iBUG 300-W scheme.
 */
import * as T from '../../tensor/index.ts'
import { conv2d, dense, depthwiseConv2d, globalAveragePool, sameConv2d, type Layer } from '../layers.ts'

const means = [122.782, 117.001, 104.298]

/** A depthwise and a pointwise convolution; only the second has a bias. */
const separable =
  (filters: number, stride = 1): Layer =>
  (x, scope) =>
    conv2d(filters, 1)(depthwiseConv2d(3, { stride, bias: false })(x, scope.child('depthwise')), scope.child('pointwise'))

/**
 * Faces [n, 3, 112, 112], RGB 0..255, to [n, 136]: x and y of 68 points in 0..1 of the square.
 *
 * Weights: `dense0..3.conv0..3.depthwise` and `.pointwise` (the very first is one ordinary convolution, `dense0.conv0`), and `fc`.
 */
export function landmarks68(): Layer {
  const block =
    (filters: number, first: Layer): Layer =>
    (x, scope) => {
      const sums: T.Tensor[] = [T.relu(first(x, scope.child('conv0')))]
      for (let i = 1; i <= 3; i++) {
        const input = i === 1 ? sums[0] : T.relu(sums.reduceRight((rest, t) => T.add(t, rest)))
        sums.push(separable(filters)(input, scope.child(`conv${i}`)))
      }
      return T.relu(sums.reduceRight((rest, t) => T.add(t, rest)))
    }
  return (image, scope) => {
    let x = T.mul(T.sub(image, T.constant(means, [3, 1, 1])), 1 / 255)
    ;[32, 64, 128, 256].forEach((filters, i) => {
      x = block(filters, i === 0 ? sameConv2d(filters, 3, 2) : separable(filters, 2))(x, scope.child(`dense${i}`))
    })
    return dense(136)(globalAveragePool()(x, scope), scope.child('fc'))
  }
}
