/** @file The fields that decide a training of digits: what verb `train` takes, and what run.json keeps. */
import * as z from 'zod'
import { minings } from './choices.ts'
import { mnistFields } from './mnist-from.ts'
import { dimField, imagesField, marginField, presetField } from './shared-fields.ts'

const count = (least: number, what: string, defaultText?: string) =>
  z.int().min(least).optional().describe(what).meta({ placeholder: 'n', defaultText })

/** None has a default: what is left out is as the run that is resumed had it. */
export const trainFields = {
  preset: presetField.optional().meta({ defaultText: 'default' }),
  epochs: count(1, 'epochs', 'those of the preset'),
  steps: count(1, 'steps an epoch', 'those of the preset'),
  dim: dimField(1).optional().meta({ defaultText: '10' }),
  margin: marginField.optional().meta({ defaultText: '0.4' }),
  mining: z.enum(minings).optional().describe('how triplets are found').meta({ placeholder: 'name', defaultText: 'that of the preset' }),
  outliers: z
    .string()
    .optional()
    .describe(
      'train against non-digits too: pseudo (made from digits), invented (characters that no one writes), letters (rendered), or a folder or zip of letters',
    )
    .meta({ placeholder: 'what' }),
  images: imagesField(4),
  validation: count(2, 'images split off for validation', '5000'),
  patience: count(1, 'stop after so many epochs without a better kNN accuracy'),
  seed: z.int().min(0).optional().describe('fixes everything').meta({ placeholder: 'n', defaultText: '0' }),
  ...mnistFields,
}
