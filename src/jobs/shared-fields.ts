/** @file Fields that several verbs take: each is described here once. */
import * as z from 'zod'
import { detectorNames, looksNames, presetNames, vggLayers } from './choices.ts'

/** What fixes a run. @param what it fixes */
export const seedField = (what = 'everything') => z.int().min(0).default(0).describe(`fixes ${what}`).meta({ placeholder: 'n' })

/** A model of a run. */
export const modelField = z.string().describe('model.onnx of a run').meta({ positional: true })

/** Pictures for a model. @param folders what sub-folders mean */
export const picturesField = (folders?: string) =>
  z
    .array(z.string())
    .min(1)
    .describe(`image files, or folders of them${folders === undefined ? '' : `; sub-folders ${folders}`}`)
    .meta({ positional: true })

/** Whether every digit of a picture is read. */
export const allDigitsField = z.boolean().optional().describe('every digit of a picture, in reading order, in place of the largest')

/** The softmax head of a model. */
export const headField = (why = '') =>
  z
    .string()
    .optional()
    .describe(`the softmax head${why}`)
    .meta({ placeholder: 'file', defaultText: 'head.json beside the model; head-NAME.json for model-NAME.onnx' })

const detector = z.enum(detectorNames)
const layer = z.enum(vggLayers).optional().describe('where vgg-face and vgg16 are cut')
const weights = z.string().optional()

/** The detector of a story. @param note what to know of the choices */
export const detectorField = (note = '') => detector.default('ssd').describe(`what finds the faces${note}`).meta({ placeholder: 'name' })

/** The weights of a detector from outside. */
export const detectorWeightsField = z
  .string()
  .optional()
  .describe('weights of yunet: .onnx')
  .meta({ placeholder: 'file', defaultText: 'fetch the published file once, 0.2 MB' })

/** The weights of a story's model. */
export const weightsField = weights
  .describe('weights of vgg-face or vgg16: .h5, .pth')
  .meta({ placeholder: 'file', defaultText: 'fetch the published file once, 0.6 GB' })

/** The layer of a story's model. */
export const layerField = layer.meta({ placeholder: 'name', defaultText: 'fc7/relu' })

/** Detector and model of questions about faces whose vectors are there: those that made the vectors, unless others are named. */
export const networkFields = {
  detector: detector
    .optional()
    .describe('what finds the faces')
    .meta({ placeholder: 'name', defaultText: 'that of the vectors, else ssd' }),
  detectorWeights: detectorWeightsField,
  model: z
    .string()
    .optional()
    .describe('dlib, vgg-face, vgg16, pixels, FILE.onnx or RECIPE.json')
    .meta({ placeholder: 'name', defaultText: 'that of the vectors, else dlib' }),
  weights: weights.describe('weights of vgg-face or vgg16').meta({ placeholder: 'file' }),
  layer: layer.meta({ placeholder: 'name' }),
}

/** Which faces of a photo count. */
export const facesField = (what: string, defaultText: string) =>
  z.enum(['largest', 'all']).optional().describe(what).meta({ placeholder: 'which', defaultText })

/** How often a photo is looked at. */
export const looksField = z
  .enum(looksNames)
  .optional()
  .describe('all: again with a border, in tiles and turned where the first look may have missed a face')
  .meta({ placeholder: 'which', defaultText: 'all' })

/** Where the faces of a folder of photos are kept. */
export const keepField = (what: string) =>
  z.string().optional().describe(what).meta({ placeholder: 'dir', defaultText: 'runs/faces-NAME-HASH' })

/** A distance. */
export const distanceField = (what: string) => z.number().min(0).optional().describe(what).meta({ placeholder: 'd' })

/** Labelled photos to calibrate on. */
export const calibrateField = (what: string) =>
  z
    .string()
    .optional()
    .describe(`${what} on labelled photos: one folder per person, the OUT of \`faces()\`, or a gallery`)
    .meta({ placeholder: 'dir' })

/** The false-accept rate that a calibration allows. @param may what that share of pairs may do */
export const farField = (may: string) =>
  z
    .number()
    .min(1e-9)
    .max(0.5)
    .optional()
    .describe(`with \`calibrate\`: the share of pairs of two people that may ${may}`)
    .meta({ placeholder: 'rate', defaultText: '0.001' })

/** The folder of a run. */
export const runFolderField = (what: string) => z.string().describe(`folder for ${what}`).meta({ placeholder: 'dir', writes: true })

/** The network and recipe of digits. */
export const presetField = z
  .enum(presetNames)
  .describe('the recipe; best: three networks in one, at six times the work')
  .meta({ placeholder: 'name' })
export const dimField = (least = 2) => z.int().min(least).max(4096).describe('length of the embedding').meta({ placeholder: 'n' })
export const marginField = z.number().min(0).describe('how much farther a negative must be').meta({ placeholder: 'm' })

/** How many training images are used. */
export const imagesField = (least: number) =>
  z.int().min(least).optional().describe('train on so many images, drawn by the seed').meta({ placeholder: 'n', defaultText: 'all' })
