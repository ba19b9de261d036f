/**
 * @file SSD with MobileNetV1, the face detector of face-api: a photo to 5118 boxes and their scores in one pass.
 *
 * Papers: Howard et al., MobileNets (2017); Liu et al., SSD (2016). Layout, strides and box code as in @vladmandic/face-api 1.7.15,
 * src/ssdMobilenetv1, which follows TensorFlow's object detection API. Batch normalisation is folded into the convolutions.
 */
import * as T from '../../tensor/index.ts'
import { conv2d, depthwiseConv2d, relu6, sameConv2d, type Layer } from '../layers.ts'

/** Number of boxes for the network's 512 x 512 input: 3 at each place of the largest grid, 6 on the others. */
export const ssdMobilenetAnchors = 3 * 32 * 32 + 6 * (16 * 16 + 8 * 8 + 4 * 4 + 2 * 2 + 1)

/** Filters of the 13 pairs of depthwise and pointwise convolutions. */
const filters = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024]
const halving = [2, 4, 6, 12]
/** The extra layers behind, 1x1 and 3x3/2 in turn. */
const extra = [256, 512, 128, 256, 128, 256, 64, 128]

/**
 * Photos [n, 3, 512, 512], RGB 0..255, to [n, 5118, 5]: top, left, bottom, right (0..1 of the square) and the score of being a face.
 *
 * Weights: `conv0`, `depthwise1..13`, `pointwise1..13`, `extra0..7`, `box0..5`, `class0..5` (each `weight` and `bias`), and `anchors` [5118, 4]
 * (top, left, bottom, right).
 */
export function ssdMobilenet(): Layer {
  const step =
    (layer: Layer): Layer =>
    (x, scope) =>
      relu6()(layer(x, scope), scope)
  return (image, scope) => {
    const sources: T.Tensor[] = []
    let x = step(sameConv2d(32, 3, 2))(T.sub(T.mul(image, 1 / 127.5), 1), scope.child('conv0'))
    filters.forEach((count, i) => {
      x = step(depthwiseConv2d(3, { stride: halving.includes(i + 1) ? 2 : 1 }))(x, scope.child(`depthwise${i + 1}`))
      x = step(conv2d(count, 1))(x, scope.child(`pointwise${i + 1}`))
      if (i + 1 === 11) sources.push(x)
    })
    sources.push(x)
    extra.forEach((count, i) => {
      x = step(i % 2 === 0 ? conv2d(count, 1) : sameConv2d(count, 3, 2))(x, scope.child(`extra${i}`))
      if (i % 2 === 1) sources.push(x)
    })
    const rows = (name: string, width: number) =>
      T.concat(
        sources.map((source, i) => {
          const perPlace = i === 0 ? 3 : 6
          const y = conv2d(perPlace * width, 1)(source, scope.child(`${name}${i}`))
          return T.reshape(T.transpose(y, [0, 2, 3, 1]), [
            y.shape[0],
            T.numeric(y.shape[2], 'ssd') * T.numeric(y.shape[3], 'ssd') * perPlace,
            width,
          ])
        }),
        1,
      )
    const score = T.sigmoid(T.slice(rows('class', 3), 2, 1, 2))
    return T.concat(
      [
        decoded(
          rows('box', 4),
          scope.parameter('anchors', [ssdMobilenetAnchors, 4], (shape) => new Float32Array(shape[0] * 4)),
        ),
        score,
      ],
      2,
    )
  }
}

/** Box code: centre offsets in tenths of the anchor's size, logarithms of size ratios in fifths. Both in order y, x, height, width. */
function decoded(code: T.Tensor, anchors: T.Tensor): T.Tensor {
  const size = T.sub(T.slice(anchors, 1, 2, 4), T.slice(anchors, 1, 0, 2))
  const centre = T.add(T.slice(anchors, 1, 0, 2), T.mul(size, 0.5))
  const half = T.mul(T.mul(T.exp(T.mul(T.slice(code, 2, 2, 4), 0.2)), size), 0.5)
  const middle = T.add(T.mul(T.mul(T.slice(code, 2, 0, 2), 0.1), size), centre)
  return T.concat([T.sub(middle, half), T.add(middle, half)], 2)
}
