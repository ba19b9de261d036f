/**
 * @file How a vector was made: model, preprocessing, alignment, detector. Vectors of different recipes must not be compared.
 */
import { z } from 'zod'
import { checkChoice, checkOptions, ensure, ensureWithin, show } from '../base/index.ts'
import type { FaceTemplate } from './align.ts'

/** From crop pixels 0..255 to what the network takes: (pixel - mean) * scale, and from what it gives to a vector. */
export interface Preprocessing {
  /** Side of the square input, pixels. */
  readonly size: number
  readonly layout: 'NCHW' | 'NHWC'
  readonly channels: 'RGB' | 'BGR'
  /** For each channel, in the order of `channels`. */
  readonly mean: readonly [number, number, number]
  readonly scale: readonly [number, number, number]
  /** Name of the network's output. */
  readonly output: string
  /** How a feature map becomes a vector: as it is (flattened), or the mean or largest value of each channel. */
  readonly pooling: 'none' | 'mean' | 'max'
  /** Vectors scaled to length 1. */
  readonly normalise: boolean
  /** The mean of the vectors of the crop and of its mirror image. */
  readonly flip: boolean
}

/** Everything that decides what a vector's numbers mean. Plain data: it survives JSON. */
export type FaceRecipe = {
  readonly model: { readonly name: string; readonly hash: string }
  readonly preprocessing: Preprocessing
  readonly alignment: FaceTemplate
  /** The detector's `id`, or `unknown`. */
  readonly detector: string
  /** What the vectors passed through after the model: a head learnt on one's own people. Its `path` says where it was last, and is no part of what it is. */
  readonly head?: { readonly name: string; readonly hash: string; readonly dim: number; readonly path?: string }
}

const three = z.tuple([z.number(), z.number(), z.number()])

/** What a recipe in JSON must be. What it holds beside that stays: recipes that differ in it are not the same. */
export const faceRecipeSchema: z.ZodType<FaceRecipe> = z.looseObject({
  model: z.looseObject({ name: z.string(), hash: z.string() }),
  preprocessing: z.looseObject({
    size: z.int().positive(),
    layout: z.enum(['NCHW', 'NHWC']),
    channels: z.enum(['RGB', 'BGR']),
    mean: three,
    scale: three,
    output: z.string(),
    pooling: z.enum(['none', 'mean', 'max']),
    normalise: z.boolean(),
    flip: z.boolean(),
  }),
  alignment: z.looseObject({ name: z.enum(['similarity', 'upright']), size: z.int().positive(), padding: z.number() }),
  detector: z.string(),
  head: z.looseObject({ name: z.string(), hash: z.string(), dim: z.int().positive(), path: z.string().optional() }).optional(),
})

/**
 * What a recipe file says about an ONNX model.
 *
 * @example { "size": 224, "channels": "RGB", "mean": 127.5, "scale": 0.00784313725, "output": "v99" }
 */
export interface OnnxRecipe {
  /** The model, relative to the recipe: needed where the recipe is named in place of the model. */
  readonly file?: string
  /** A name for people. Default: the file's name. */
  readonly name?: string
  readonly size: number
  /** Default NCHW. */
  readonly layout?: 'NCHW' | 'NHWC'
  readonly channels: 'RGB' | 'BGR'
  /** Subtracted from 0..255; one number or one for each channel. */
  readonly mean: number | readonly number[]
  /** Multiplied after that. */
  readonly scale: number | readonly number[]
  /** Needed when the model has several outputs. */
  readonly output?: string
  /** Default none. */
  readonly pooling?: 'none' | 'mean' | 'max'
  /** Default false. */
  readonly normalise?: boolean
  /** Default false. */
  readonly flip?: boolean
  /** Room around the mean face of the crops it wants. Default 0.25, dlib's. */
  readonly padding?: number
}

/** A recipe file is an object of fields; {@link readOnnxRecipe} says which, and suggests the nearest name. */
export const recipeFileSchema = z.record(z.string(), z.unknown())

/**
 * Checks what a recipe file holds.
 *
 * @returns preprocessing (without a name for the output when the file gives none) and padding
 * @throws KindredError `usage` naming the field, `limit`
 */
export function readOnnxRecipe(
  where: string,
  recipe: unknown,
): { preprocessing: Omit<Preprocessing, 'output'> & { output: string | undefined }; padding: number; name: string | undefined } {
  ensure(recipe !== null && typeof recipe === 'object' && !Array.isArray(recipe), where, 'a recipe must be an object', recipe)
  checkOptions(where, recipe, [
    'file',
    'name',
    'size',
    'layout',
    'channels',
    'mean',
    'scale',
    'output',
    'pooling',
    'normalise',
    'flip',
    'padding',
  ])
  const {
    file,
    name,
    size,
    layout = 'NCHW',
    channels,
    mean,
    scale,
    output,
    pooling = 'none',
    normalise = false,
    flip = false,
    padding = 0.25,
  } = recipe as OnnxRecipe
  for (const [field, text] of Object.entries({ file, name, output }))
    ensure(text === undefined || (typeof text === 'string' && text !== ''), where, `${field} must be a text`, text)
  ensure(Number.isInteger(size) && size > 0, where, 'size must be a positive integer (the side of the square input)', size)
  ensureWithin('imagePixels', size * size, where, 'the square input')
  checkChoice(where, 'layout', layout, ['NCHW', 'NHWC'])
  checkChoice(where, 'channels', channels, ['RGB', 'BGR'])
  checkChoice(where, 'pooling', pooling, ['none', 'mean', 'max'])
  ensure(
    typeof normalise === 'boolean' && typeof flip === 'boolean',
    where,
    'normalise and flip must be true or false',
    show([normalise, flip]),
  )
  ensure(typeof padding === 'number' && padding >= 0 && padding < 3, where, 'padding must lie in 0..3', padding)
  return {
    preprocessing: {
      size,
      layout,
      channels,
      mean: threeOf(where, 'mean', mean),
      scale: threeOf(where, 'scale', scale),
      output,
      pooling,
      normalise,
      flip,
    },
    padding,
    name,
  }
}

function threeOf(where: string, field: string, value: number | readonly number[]): [number, number, number] {
  const list = typeof value === 'number' ? [value, value, value] : value
  ensure(
    Array.isArray(list) && list.length === 3 && list.every((v) => typeof v === 'number' && Math.abs(v) <= 1e6),
    where,
    `${field} must be a number or three numbers, none beyond 1e6`,
    value ?? 'nothing',
  )
  return list as unknown as [number, number, number]
}
