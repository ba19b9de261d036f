/** @file VGG-Face and VGG16 as face models: loose aligned crops of 224 pixels, weights from a file or by download. */
import { join } from 'node:path'
import sharp from 'sharp'
import { checkChoice, silent, type Progress } from '../base/index.ts'
import { defaultCacheFolder } from '../files/index.ts'
import { faceModelOf, type FaceModel, type FaceTemplate } from '../faces/index.ts'
import { loadVgg, type LoadVggOptions, type VggModel } from '../models/index.ts'
import { vggLayers } from '../nn/index.ts'
import type { Runtime } from '../runtime/index.ts'

/** VGG-Face was trained on loosely cut faces, hair and chin included; dlib's padding of 0.25 would cut those off. */
export const vggTemplate: FaceTemplate = { name: 'similarity', size: 224, padding: 0.4 }

/** Settings of {@link vggModel}. */
export interface VggModelOptions {
  readonly runtime: Runtime
  /** The `id` of the detector that finds the faces, for the recipe. */
  readonly detector: string
  /** A weights file; without it the published one is fetched once and kept. */
  readonly weights?: string
  /** Where the network is cut. Default `fc7/relu`: "the final layer removed". */
  readonly layer?: string
  readonly progress?: Progress
  readonly signal?: AbortSignal
  /** Channels of the first block, for tests with narrow networks. Default 64. */
  readonly width?: number
  /** Outputs of fc8, where they are not the published ones. */
  readonly classes?: number
}

/** Opens VGG-Face (research only) or VGG16 with vectors of length 1. */
export async function vggModel(name: VggModel, options: VggModelOptions): Promise<FaceModel> {
  const { runtime, detector, weights, layer, progress = silent, signal, width, classes } = options
  if (layer !== undefined) checkChoice('face model', 'layer', layer, vggLayers)
  const download = {
    download: name === 'vgg-face' ? ('keras-vggface' as const) : ('keras-vgg16' as const),
    folder: join(defaultCacheFolder(), 'vgg'),
    progress,
    signal,
  }
  const settings: LoadVggOptions = {
    model: name,
    normalise: true,
    runtime,
    progress,
    layer,
    width,
    classes,
  }
  const vgg = await loadVgg(weights ?? download, settings)
  const { recipe } = vgg
  progress.log(recipe.model.licence)
  return faceModelOf({
    name: `${name} ${recipe.layer}`,
    dim: vgg.dim,
    template: vggTemplate,
    recipe: {
      model: { name: `${name} ${recipe.layer}`, hash: vgg.hash },
      preprocessing: {
        size: 224,
        layout: 'NCHW',
        channels: recipe.input.channelOrder === 'rgb' ? 'RGB' : 'BGR',
        mean: recipe.input.mean,
        scale: recipe.input.scale,
        output: recipe.layer,
        pooling: 'none',
        normalise: recipe.normalised,
        flip: false,
      },
      alignment: vggTemplate,
      detector,
    },
    embed: async (crops, side) => vgg.embed(side === 224 ? crops : await resized(crops, side)),
    dispose: () => vgg.dispose(),
  })
}

async function resized(crops: Uint8Array, side: number): Promise<Uint8Array> {
  const each = side * side * 3
  const parts: Buffer[] = []
  for (let at = 0; at < crops.length; at += each)
    parts.push(
      await sharp(crops.subarray(at, at + each), { raw: { width: side, height: side, channels: 3 } })
        .resize(224, 224)
        .raw()
        .toBuffer(),
    )
  return new Uint8Array(Buffer.concat(parts))
}
