/**
 * @file The face recognition network of dlib: a residual network with 29 convolutions, from a 150 x 150 face to 128 numbers.
 *
 * Paper: He et al., Deep residual learning (2016), with half the filters. Source: dlib's dnn_face_recognition_ex.cpp (King 2017), as in
 * @vladmandic/face-api 1.7.15, src/faceRecognitionNet. dlib's affine layers are folded into the convolutions.
 */
import * as T from '../../tensor/index.ts'
import { averagePool2, conv2d, dense, globalAveragePool, type Layer } from '../layers.ts'

const means = [122.782, 117.001, 104.298]

/** Filters of the residual blocks; `down` halves the image. */
const blocks: readonly { name: string; filters: number; down: boolean }[] = [
  ...[1, 2, 3].map((i) => ({ name: `conv32_${i}`, filters: 32, down: false })),
  { name: 'conv64_down', filters: 64, down: true },
  ...[1, 2, 3].map((i) => ({ name: `conv64_${i}`, filters: 64, down: false })),
  { name: 'conv128_down', filters: 128, down: true },
  ...[1, 2].map((i) => ({ name: `conv128_${i}`, filters: 128, down: false })),
  { name: 'conv256_down', filters: 256, down: true },
  ...[1, 2].map((i) => ({ name: `conv256_${i}`, filters: 256, down: false })),
  { name: 'conv256_down_out', filters: 256, down: true },
]

/**
 * Faces [n, 3, 150, 150], RGB 0..255, to [n, 128]; the same person lies within 0.6 by Euclidean distance (dlib's threshold).
 *
 * Weights: `conv32_down`, then `BLOCK.conv1` and `BLOCK.conv2` of each block (`weight` and `bias`), and `fc` without bias.
 */
export function dlibResnet(): Layer {
  return (image, scope) => {
    let x = T.mul(T.sub(image, T.constant(means, [3, 1, 1])), 1 / 255)
    x = T.relu(conv2d(32, 7, { stride: 2 })(x, scope.child('conv32_down')))
    x = T.maxPool2d(x, { kernel: 3, stride: 2 })
    for (const { name, filters, down } of blocks) {
      const at = scope.child(name)
      let y = T.relu(conv2d(filters, 3, down ? { stride: 2 } : { padding: 1 })(x, at.child('conv1')))
      y = conv2d(filters, 3, { padding: 1 })(y, at.child('conv2'))
      x = T.relu(T.add(...sameSize(y, down ? averagePool2()(x, at) : x)))
    }
    return dense(128, { bias: false })(globalAveragePool()(x, scope), scope.child('fc'))
  }
}

/** Both padded with zeros at the end of channels, rows and columns until they agree. */
function sameSize(a: T.Tensor, b: T.Tensor): [T.Tensor, T.Tensor] {
  for (const axis of [1, 2, 3]) {
    const [p, q] = [T.numeric(a.shape[axis], 'dlibResnet'), T.numeric(b.shape[axis], 'dlibResnet')]
    if (p < q) a = T.pad(a, axis, 0, q - p)
    if (q < p) b = T.pad(b, axis, 0, p - q)
  }
  return [a, b]
}
