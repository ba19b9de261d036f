/**
 * @file The layers: each a function from options to a network part. Images are [n, channels, height, width].
 */
import { checkOptions, ensure, KindredError } from '../base/index.ts'
import { l2Normalize as unitLength } from '../distances/index.ts'
import * as T from '../tensor/index.ts'
import { numeric, type Tensor } from '../tensor/index.ts'
import { kaimingUniform, ones, uniformWithin, zeros, type Initialiser } from './initialisers.ts'
import type { Scope } from './scope.ts'

/** A network or a part of one: builds its output from its input, with weights from the scope. */
export type Layer = (x: Tensor, scope: Scope) => Tensor

/** Parts one after the other; the keys name their weights. Keys that look like integers would be reordered by JavaScript and are refused. */
export function sequential(parts: Readonly<Record<string, Layer>>): Layer {
  for (const key of Object.keys(parts))
    ensure(!/^\d+$/.test(key), 'sequential', 'part names must not be integers', key, 'Name it, e.g. conv1.')
  return (x, scope) => Object.entries(parts).reduce((value, [name, part]) => part(value, scope.child(name)), x)
}

/** y = f(x) + shortcut(x), as in a residual network (He et al. 2016). */
export function residual(body: Layer, shortcut: Layer = (x) => x): Layer {
  return (x, scope) => T.add(body(x, scope.child('body')), shortcut(x, scope.child('shortcut')))
}

/** Options of {@link conv2d}. */
export interface Conv2dOptions extends T.ConvOptions {
  readonly bias?: boolean
  readonly initialiser?: Initialiser
  readonly biasInitialiser?: Initialiser
}

/**
 * A 2-D convolution with trained kernels `weight` [filters, channels/groups, k, k] and `bias` [filters].
 *
 * Initialised as PyTorch's Conv2d: kernels U(+-1/sqrt(fanIn)), bias likewise.
 */
export function conv2d(filters: number, kernel: number, options: Conv2dOptions = {}): Layer {
  checkOptions('conv2d', options, ['stride', 'padding', 'dilation', 'groups', 'bias', 'initialiser', 'biasInitialiser'])
  ensure(
    Number.isInteger(filters) && filters > 0 && Number.isInteger(kernel) && kernel > 0,
    'conv2d',
    'filters and kernel must be positive integers',
    [filters, kernel],
  )
  const { bias = true, initialiser = kaimingUniform(), groups = 1 } = options
  return (x, scope) => {
    const shape = [filters, numeric(x.shape[1], 'conv2d') / groups, kernel, kernel]
    const w = scope.parameter('weight', shape, initialiser)
    const b = bias
      ? scope.parameter('bias', [filters], options.biasInitialiser ?? uniformWithin(1 / Math.sqrt(shape[1] * kernel * kernel)))
      : undefined
    return T.conv2d(x, w, b, options)
  }
}

/** Options of {@link dense}. */
export interface DenseOptions {
  readonly bias?: boolean
  readonly initialiser?: Initialiser
  readonly biasInitialiser?: Initialiser
}

/**
 * y = x W^T + b with `weight` [units, features] and `bias` [units]; [n, features] -> [n, units]. Initialised as PyTorch's Linear.
 */
export function dense(units: number, options: DenseOptions = {}): Layer {
  checkOptions('dense', options, ['bias', 'initialiser', 'biasInitialiser'])
  ensure(Number.isInteger(units) && units > 0, 'dense', 'units must be a positive integer', units)
  const { bias = true, initialiser = kaimingUniform() } = options
  return (x, scope) => {
    const features = numeric(x.shape[1], 'dense')
    const w = scope.parameter('weight', [units, features], initialiser)
    const y = T.matmul(x, w, { transB: true })
    return bias ? T.add(y, scope.parameter('bias', [units], options.biasInitialiser ?? uniformWithin(1 / Math.sqrt(features)))) : y
  }
}

/** Options of {@link batchNorm}. */
export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number
  /** Weight of the new batch in the running statistics. Default 0.1, as PyTorch. */
  readonly momentum?: number
}

/**
 * Batch normalisation over all axes but the channels (Ioffe & Szegedy 2015): gamma (x - mean) / sqrt(var + epsilon) + beta.
 *
 * In training with the batch's own mean and biased variance; running statistics keep the unbiased variance, as PyTorch does.
 * Weights: `weight` (gamma), `bias` (beta), buffers `running_mean`, `running_var`, each [channels].
 */
export function batchNorm(options: BatchNormOptions = {}): Layer {
  checkOptions('batchNorm', options, ['epsilon', 'momentum'])
  const { epsilon = 1e-5, momentum = 0.1 } = options
  return (x, scope) => {
    const channels = numeric(x.shape[1], 'batchNorm')
    const wide = (t: Tensor) => T.reshape(t, [channels, ...x.shape.slice(2).map(() => 1)])
    const gamma = scope.parameter('weight', [channels], ones)
    const beta = scope.parameter('bias', [channels], zeros)
    const runningMean = scope.buffer('running_mean', [channels], zeros)
    const runningVar = scope.buffer('running_var', [channels], ones)
    if (!scope.training) {
      const scale = T.div(gamma, T.sqrt(T.add(runningVar, epsilon)))
      return T.add(T.mul(x, wide(scale)), wide(T.sub(beta, T.mul(runningMean, scale))))
    }
    const axes = x.shape.flatMap((_, i) => (i === 1 ? [] : [i]))
    const mean = T.mean(x, { axes })
    const centred = T.sub(x, wide(mean))
    const variance = T.mean(T.square(centred), { axes })
    const count = axes.reduce((n, a) => n * numeric(x.shape[a], 'batchNorm'), 1)
    const blend = (old: Tensor, now: Tensor) => T.add(T.mul(old, 1 - momentum), T.mul(T.stopGradient(now), momentum))
    scope.update('running_mean', blend(runningMean, mean))
    scope.update('running_var', blend(runningVar, T.mul(variance, count / Math.max(1, count - 1))))
    return T.add(T.mul(centred, wide(T.div(gamma, T.sqrt(T.add(variance, epsilon))))), wide(beta))
  }
}

/** Zeroes a share of the numbers in training and scales the rest by 1/(1-rate) (Srivastava et al. 2014); does nothing when embedding. */
export function dropout(rate: number): Layer {
  ensure(rate >= 0 && rate < 1, 'dropout', 'rate must lie in [0, 1)', rate)
  return (x, scope) => {
    if (!scope.training || rate === 0) return x
    const keep = T.greaterEqual(scope.random(x.shape.map((d) => numeric(d, 'dropout'))), rate)
    return T.where(keep, T.mul(x, 1 / (1 - rate)), 0)
  }
}

/** Passes x on and marks it as `name`, so that an exported model can put it out too (penultimate features, say). */
export const tap =
  (name: string): Layer =>
  (x, scope) =>
    scope.tap(name, x)
/** max(x, 0) */
export const relu = (): Layer => (x) => T.relu(x)
/** min(max(x, 0), 6), as in MobileNet (Howard et al. 2017). */
export const relu6 = (): Layer => (x) => T.minimum(T.relu(x), 6)
/** The largest value of each window. */
export function maxPool(kernel = 2, options: Omit<T.PoolOptions, 'kernel'> = {}): Layer {
  checkOptions('maxPool', options, ['stride', 'padding'])
  return (x, scope) => (scope.training ? T.maxPool2dByPhases : T.maxPool2d)(x, { ...options, kernel })
}
/** The mean of each channel: [n, c, h, w] -> [n, c]. */
export const globalAveragePool = (): Layer => (x) => T.mean(x, { axes: [2, 3] })
/** All axes after the first merged into one. */
export const flatten = (): Layer => (x) => T.flatten(x)
/** Rows scaled to length 1: x / sqrt(|x|^2 + 1e-12). */
export const l2Normalize = (): Layer => unitLength
/** 8-bit grey images [n, h, w] -> float32 [n, 1, h, w] in 0..1. */
export const greyPixels = (): Layer => (x) => {
  checkPixels('greyPixels', '[n, height, width]', 3, x, 'Images of several channels are for colourPixels.')
  return T.mul(T.reshape(T.cast(x, 'float32'), [x.shape[0], 1, x.shape[1], x.shape[2]]), 1 / 255)
}
/** 8-bit colour images [n, h, w, c] -> float32 [n, c, h, w] in 0..1. */
export const colourPixels = (): Layer => (x) => {
  checkPixels('colourPixels', '[n, height, width, channels]', 4, x, 'Images of one channel are for greyPixels.')
  return T.mul(T.transpose(T.cast(x, 'float32'), [0, 3, 1, 2]), 1 / 255)
}

function checkPixels(where: string, shape: string, rank: number, x: Tensor, fix: string): void {
  if (x.rank !== rank) throw new KindredError('shape', where, `images must be ${shape}`, T.showType(x), fix)
}

/**
 * TensorFlow's padding 'same' for a window that moves by `stride`: output ceil(size / stride), odd rests go to the bottom and the right.
 *
 * @returns [top, left, bottom, right] for an image [n, c, height, width]
 */
export function samePadding(x: Tensor, kernel: number, stride: number): readonly [number, number, number, number] {
  const [v, h] = [2, 3].map((axis) => {
    const size = numeric(x.shape[axis], 'samePadding')
    return Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size)
  })
  return [v >> 1, h >> 1, v - (v >> 1), h - (h >> 1)]
}

/** {@link conv2d} with {@link samePadding}. */
export const sameConv2d =
  (filters: number, kernel: number, stride = 1): Layer =>
  (x, scope) =>
    conv2d(filters, kernel, { stride, padding: samePadding(x, kernel, stride) })(x, scope)

/** A convolution of each channel on its own, with {@link samePadding}. */
export function depthwiseConv2d(kernel: number, options: { stride?: number; bias?: boolean } = {}): Layer {
  checkOptions('depthwiseConv2d', options, ['stride', 'bias'])
  const { stride = 1, bias = true } = options
  return (x, scope) => {
    const channels = numeric(x.shape[1], 'depthwiseConv2d')
    return conv2d(channels, kernel, { stride, bias, groups: channels, padding: samePadding(x, kernel, stride) })(x, scope)
  }
}

/**
 * The mean of each 2x2 window, without overlap; an odd last row or column is dropped. A convolution with fixed kernels, as the engine has no average pooling.
 */
export const averagePool2 = (): Layer => (x) => {
  const channels = numeric(x.shape[1], 'averagePool2')
  return T.conv2d(x, T.constant(new Float32Array(channels * 4).fill(0.25), [channels, 1, 2, 2]), undefined, { stride: 2, groups: channels })
}
