/**
 * @file The tiny face detector of face-api: Tiny YOLO v2 with depthwise separable convolutions, 190 KB of weights.
 *
 * Paper: Redmon & Farhadi, YOLO9000 (2017). Layout as in @vladmandic/face-api 1.7.15, src/tinyFaceDetector and src/tinyYolov2.
 */
import * as T from '../../tensor/index.ts'
import { conv2d, depthwiseConv2d, samePadding, type Layer } from '../layers.ts'

/** Width and height of the five boxes at each place, in cells of the grid. */
export const tinyFaceAnchors: readonly (readonly [number, number])[] = [
  [1.603231, 2.094468],
  [6.041143, 7.080126],
  [2.882459, 3.518061],
  [4.266906, 5.178857],
  [9.041765, 10.66308],
]

const means = [117.001, 114.697, 97.404]

/**
 * Photos [n, 3, s, s], RGB 0..255, s a multiple of 32, to [n, s/32, s/32, 25]: five times x, y, width, height and score of a box, all before sigmoid or exp.
 *
 * Weights: `conv0`, `depthwise1..5` (no bias), `pointwise1..5`, `conv8`.
 */
export function tinyFace(): Layer {
  const leaky = (x: T.Tensor) => T.maximum(x, T.mul(x, Math.fround(0.1)))
  const pool = (x: T.Tensor, stride: number) => T.maxPool2d(x, { kernel: 2, stride, padding: samePadding(x, 2, stride) })
  return (image, scope) => {
    const centred = T.mul(T.sub(image, T.constant(means, [3, 1, 1])), 1 / 255)
    let x = leaky(conv2d(16, 3)(centred, scope.child('conv0')))
    for (let i = 1; i <= 5; i++) {
      x = depthwiseConv2d(3, { bias: false })(pool(x, 2), scope.child(`depthwise${i}`))
      x = leaky(conv2d(16 * 2 ** i, 1)(x, scope.child(`pointwise${i}`)))
    }
    return T.transpose(conv2d(25, 1)(pool(x, 1), scope.child('conv8')), [0, 2, 3, 1])
  }
}
