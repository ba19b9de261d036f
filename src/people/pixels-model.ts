/** @file The baseline without any network: what comparing the crops' own pixels is worth. */
import sharp from 'sharp'
import { dlibTemplate, faceModelOf, type FaceModel, type Preprocessing } from '../faces/index.ts'
import { sha256 } from '../base/index.ts'

const size = 32
const preprocessing: Preprocessing = {
  size,
  layout: 'NCHW',
  channels: 'RGB',
  mean: [0, 0, 0],
  scale: [1, 1, 1],
  output: 'grey pixels minus their mean',
  pooling: 'none',
  normalise: true,
  flip: false,
}

/**
 * Aligned crop, 32 x 32 grey, its mean removed, length 1: a face as 1,024 numbers that no one has learnt.
 *
 * Euclidean order of such vectors is that of Pearson's correlation: d^2 = 2 - 2 r.
 * @param detector the `id` of the detector that finds the faces, for the recipe
 */
export function pixelsModel(detector: string): FaceModel {
  const dim = size * size
  const template = dlibTemplate
  return faceModelOf({
    name: 'pixels',
    dim,
    template,
    recipe: {
      model: { name: 'pixels', hash: sha256(Buffer.from(`pixels ${size} grey, mean removed, unit length`)) },
      preprocessing,
      alignment: template,
      detector,
    },
    async embed(crops, side) {
      const each = side * side * 3
      const out = new Float32Array((crops.length / each) * dim)
      for (let i = 0; i * each < crops.length; i++) {
        const grey = await sharp(crops.subarray(i * each, (i + 1) * each), { raw: { width: side, height: side, channels: 3 } })
          .resize(size, size)
          .toColourspace('b-w')
          .raw()
          .toBuffer()
        centred(grey, out.subarray(i * dim, (i + 1) * dim))
      }
      return out
    },
    dispose: async () => {},
  })
}

/** (x - mean) / |x - mean|; zeros where all are equal. */
function centred(grey: Uint8Array, out: Float32Array): void {
  let sum = 0
  for (const v of grey) sum += v
  const mean = sum / grey.length
  let square = 0
  for (const v of grey) square += (v - mean) ** 2
  const factor = square > 0 ? 1 / Math.sqrt(square) : 0
  for (let i = 0; i < grey.length; i++) out[i] = (grey[i] - mean) * factor
}
