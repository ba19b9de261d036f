/**
 * @file VGG16 (Simonyan & Zisserman 2015, configuration D) and VGG-Face (Parkhi et al. 2015), which is the same network with 2,622 people for 1,000 classes.
 *
 * Thirteen 3x3 convolutions in five blocks, each block closed by a 2x2 pool, then three dense layers. "The final layer removed" is not one thing in
 * today's tools, so the layer is named: {@link VggLayer}.
 */
import { checkChoice, checkOptions, ensure } from '../../base/index.ts'
import * as T from '../../tensor/index.ts'
import { conv2d, dense, flatten, globalAveragePool, maxPool, relu, sequential, type Layer } from '../layers.ts'

/**
 * Where the network is cut.
 *
 * - `fc7`: 4,096 numbers before their ReLU: keras_vggface's `model.get_layer('fc7')`
 * - `fc7/relu`: the same after it, so never negative: keras_vggface's `fc7/relu`, and DeepFace today (which then scales them to length 1)
 * - `fc8`: 2,622 (or 1,000) logits before the softmax: what the well-known blog and DeepFace of old took
 * - `pool5/avg`, `pool5/max`: 512 numbers, mean or maximum of each channel of the last pool: keras_vggface's and Keras' `include_top=False, pooling='avg' |
 * 'max'`
 */
export type VggLayer = (typeof vggLayers)[number]
export const vggLayers = ['fc7', 'fc7/relu', 'fc8', 'pool5/avg', 'pool5/max'] as const

/** Options of {@link vgg16}. */
export interface VggOptions {
  /** Where to cut. Default `fc7/relu`. */
  readonly layer?: VggLayer
  /** Outputs of fc8. Default 2622 (VGG-Face); ImageNet has 1000. */
  readonly classes?: number
  /** Channels of the first block; all other widths follow (2, 4, 8, 8 and 64 times it). Default 64, as published; tests take 4. */
  readonly width?: number
}

/** The convolutions of each block. */
const blocks = [2, 2, 3, 3, 3] as const

/** One layer with weights: its published name, its shape as kept here ([out, in, 3, 3] or [out, in]). */
export interface VggLayerSpec {
  readonly name: string
  readonly shape: readonly number[]
}

/** The sixteen layers with weights, in order, for images of 224 x 224. */
export function vggLayerSpecs({ classes = 2622, width = 64 }: Pick<VggOptions, 'classes' | 'width'> = {}): VggLayerSpec[] {
  const specs: VggLayerSpec[] = []
  let channels = 3
  blocks.forEach((convolutions, b) => {
    for (let c = 1; c <= convolutions; c++) {
      const filters = width * Math.min(8, 2 ** b)
      specs.push({ name: `conv${b + 1}_${c}`, shape: [filters, channels, 3, 3] })
      channels = filters
    }
  })
  const units = 64 * width
  return [
    ...specs,
    { name: 'fc6', shape: [units, channels * 49] },
    { name: 'fc7', shape: [units, units] },
    { name: 'fc8', shape: [classes, units] },
  ]
}

/**
 * The network up to `layer`; images [n, 3, 224, 224], prepared as the weights want them -> [n, 4096 | 2622 | 512].
 *
 * Weights are called `conv1_1.weight`, `conv1_1.bias`, ..., `fc8.bias`; fc6 reads the last pool channel by channel (c*49 + y*7 + x), as PyTorch does.
 * Dropout, which does nothing when embedding, is left out.
 * cost: 15.5 billion multiplications an image
 */
export function vgg16(options: VggOptions = {}): Layer {
  checkOptions('vgg16', options, ['layer', 'classes', 'width'])
  const { layer = 'fc7/relu', classes = 2622, width = 64 } = options
  checkChoice('vgg16', 'layer', layer, vggLayers)
  ensure(Number.isInteger(width) && width > 0, 'vgg16', 'width must be a positive integer', width)
  ensure(Number.isInteger(classes) && classes > 0, 'vgg16', 'classes must be a positive integer', classes)
  const parts: Record<string, Layer> = {}
  blocks.forEach((convolutions, b) => {
    for (let c = 1; c <= convolutions; c++) {
      parts[`conv${b + 1}_${c}`] = conv2d(width * Math.min(8, 2 ** b), 3, { padding: 1 })
      parts[`relu${b + 1}_${c}`] = relu()
    }
    parts[`pool${b + 1}`] = maxPool(2)
  })
  if (layer === 'pool5/avg') return sequential({ ...parts, avg: globalAveragePool() })
  if (layer === 'pool5/max') return sequential({ ...parts, max: (x) => T.max(x, { axes: [2, 3] }) })
  Object.assign(parts, { flatten: flatten(), fc6: dense(64 * width), relu6: relu(), fc7: dense(64 * width) })
  if (layer === 'fc7') return sequential(parts)
  parts.relu7 = relu()
  return sequential(layer === 'fc8' ? { ...parts, fc8: dense(classes) } : parts)
}
