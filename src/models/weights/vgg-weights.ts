/**
 * @file Any weights file as the weights of `vgg16` in room nn: every shape checked, kernels brought into one order.
 */
import { KindredError } from '../../base/index.ts'
import { vggLayerSpecs, type VggLayerSpec } from '../../nn/index.ts'
import { count, type StoredArray, type StoredLayer, type WeightFile } from './weight-file.ts'

/** How the three layers behind the convolutions are kept. */
export type VggTop = 'dense' | 'convolution' | 'none'

/** The file's layers under their published names. */
export interface VggFile {
  readonly top: VggTop
  /** The width of fc8, where there is one. */
  readonly classes: number | undefined
  /** By name: conv1_1, ..., conv5_3, fc6, fc7, fc8. */
  readonly layers: ReadonlyMap<string, { readonly spec: VggLayerSpec; readonly stored: StoredLayer }>
}

/**
 * Matches a file's layers with the network's, in order, and checks all shapes; reads no numbers.
 *
 * @throws KindredError `mismatch` naming the dataset, the shape it must have and the shape it has
 */
export function vggFile(file: WeightFile, { classes, width }: { classes: number; width: number }): VggFile {
  const found = file.layers
  const specs = vggLayerSpecs({ classes, width })
  if (found.length !== 16 && found.length !== 13)
    throw new KindredError(
      'mismatch',
      file.path,
      'a VGG16 must have 16 layers with weights, or 13 without its dense top',
      `${found.length}: ${found
        .slice(0, 20)
        .map((l) => l.name)
        .join(', ')}`,
      found.length === 19 ? 'This looks like VGG19.' : undefined,
    )
  const layers = new Map<string, { spec: VggLayerSpec; stored: StoredLayer }>()
  found.forEach((stored, i) => {
    const spec = specs[i]
    const allowed = shapesOf(spec, file.order)
    if (!allowed.some((shape) => same(shape, stored.kernel.shape))) throw wrongShape(file, spec, stored.kernel, allowed, classes)
    if (!same(stored.bias.shape, [spec.shape[0]])) throw wrongShape(file, spec, stored.bias, [[spec.shape[0]]], classes)
    layers.set(spec.name, { spec, stored })
  })
  return {
    top: found.length === 13 ? 'none' : found[13].kernel.shape.length === 4 ? 'convolution' : 'dense',
    classes: found[15]?.bias.shape[0],
    layers,
  }
}

/** The shapes in which a kernel may come: dense layers also as convolutions over the whole image. */
function shapesOf({ name, shape: [out, inputs, ...kernel] }: VggLayerSpec, order: WeightFile['order']): number[][] {
  const keras = order === 'inputs-first'
  if (kernel.length > 0) return [keras ? [...kernel, inputs, out] : [out, inputs, ...kernel]]
  const side = name === 'fc6' ? 7 : 1
  const channels = inputs / (side * side)
  return keras
    ? [
        [inputs, out],
        [side, side, channels, out],
      ]
    : [
        [out, inputs],
        [out, channels, side, side],
      ]
}

const same = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((d, i) => d === b[i])

function wrongShape(file: WeightFile, spec: VggLayerSpec, array: StoredArray, allowed: readonly number[][], classes: number): KindredError {
  const got = `[${array.shape.join(', ')}]`
  const people = spec.name === 'fc8' ? array.shape[file.order === 'inputs-first' ? array.shape.length - 1 : 0] : 0
  const fix =
    people === 1000 && classes !== 1000
      ? "1000 classes are ImageNet's: pass model 'vgg16'."
      : people === 2622 && classes !== 2622
        ? "2622 people are VGG-Face's: pass model 'vgg-face'."
        : undefined
  return new KindredError(
    'mismatch',
    `${file.path}, dataset ${array.name}`,
    `${spec.name} must have shape ${allowed.map((s) => `[${s.join(', ')}]`).join(' or ')}`,
    got,
    fix,
  )
}

/**
 * Reads one layer: kernel [out, in, 3, 3] or [out, in] (fc6 channel by channel), and bias.
 *
 * @throws KindredError as the file's reader
 * cost: one pass over the file's numbers; memory for the result and one block of some megabytes
 */
export function readLayer(
  file: WeightFile,
  { spec, stored }: { spec: VggLayerSpec; stored: StoredLayer },
): { weight: Float32Array; bias: Float32Array } {
  const size = count(spec.shape)
  const [outputs] = spec.shape
  const positions = spec.name === 'fc6' ? 49 : count(spec.shape.slice(2))
  const weight =
    file.order === 'outputs-first' ? stored.kernel.read() : outputsFirst(stored.kernel, positions, size / outputs / positions, outputs)
  return { weight, bias: stored.bias.read() }
}

/**
 * A kernel [positions, channels, outputs] (Keras, whatever its rank) as [outputs, channels, positions] (PyTorch): out[o][c][p] = in[p][c][o].
 *
 * Some channels at a time: what is read for them fits into the processor's cache, and each output is written in one run. The rows of the block are 16 numbers
 * longer than need be, so that they do not all fall on the same cache lines.
 */
export function outputsFirst(kernel: Pick<StoredArray, 'read'>, positions: number, channels: number, outputs: number): Float32Array {
  const out = new Float32Array(positions * channels * outputs)
  const stride = outputs + 16
  const step = Math.max(1, Math.floor(400 / positions))
  const block = new Float32Array(step * positions * stride)
  for (let c0 = 0; c0 < channels; c0 += step) {
    const n = Math.min(step, channels - c0)
    for (let p = 0; p < positions; p++) {
      const rows = kernel.read((p * channels + c0) * outputs, (p * channels + c0 + n) * outputs)
      for (let c = 0; c < n; c++) block.set(rows.subarray(c * outputs, (c + 1) * outputs), (c * positions + p) * stride)
    }
    const run = n * positions
    for (let o = 0; o < outputs; o++) {
      const to = (o * channels + c0) * positions
      for (let i = 0, from = o; i < run; i++, from += stride) out[to + i] = block[from]
    }
  }
  return out
}
