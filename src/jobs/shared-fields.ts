/** @file Fields that several verbs take: each is described here once. */
import * as z from 'zod'

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

/** The softmax head of a model. */
export const headField = (why = '') =>
  z.string().optional().describe(`the softmax head${why}`).meta({ placeholder: 'file', defaultText: 'head.json beside the model' })
