/** @file Verb `map`: vectors, or pictures through a model, as a picture of their neighbourhoods in the plane. */
import * as z from 'zod'
import { seedField } from '../shared-fields.ts'
import { verb } from '../verb.ts'

export const map = verb({
  name: 'map',
  input: z.strictObject({
    source: z.string().describe('a vector file (.npy, .csv, .jsonl), or model.onnx followed by pictures').meta({ positional: true }),
    pictures: z
      .array(z.string())
      .default([])
      .describe('image files, or folders of them; sub-folders become classes')
      .meta({ positional: true }),
    out: z
      .string()
      .refine((path) => /\.svg$/i.test(path), 'end in .svg')
      .default('map.svg')
      .describe('the figure; .png and .csv (positions) are written beside it')
      .meta({ placeholder: 'file', writes: true }),
    method: z.enum(['tsne', 'pca']).default('tsne').describe('how the plane is chosen').meta({ placeholder: 'name' }),
    perplexity: z
      .number()
      .min(1)
      .optional()
      .describe('t-SNE: how many neighbours count')
      .meta({ placeholder: 'p', defaultText: '30, or a third of the vectors' }),
    iterations: z.int().min(1).optional().describe('t-SNE: steps').meta({ placeholder: 'n', defaultText: '1000' }),
    seed: seedField('the map'),
    title: z.string().optional().describe('a headline').meta({ placeholder: 'text' }),
  }),
  examples: [
    { source: 'vectors.npy', out: 'map.svg' },
    { source: 'runs/digits/model.onnx', pictures: ['scans/'], method: 'pca' },
  ],
  run: async (input, context) => (await import('../map-vectors.ts')).mapVectors(input, context),
  render: ({ count, method, out }) => [`map of ${count} vectors by ${method === 'tsne' ? 't-SNE' : 'PCA'}: ${out}`],
})
