/** @file Verb `embed`: pictures to vectors on disk. */
import * as z from 'zod'
import { modelField, picturesField } from '../shared-fields.ts'
import { verb } from '../verb.ts'

export const embed = verb({
  name: 'embed',
  input: z.strictObject({
    model: modelField,
    pictures: picturesField('become labels'),
    out: z.string().default('vectors.npy').describe('where to: .npy, .csv or .jsonl').meta({ placeholder: 'file', writes: true }),
  }),
  examples: [
    { model: 'runs/digits/model.onnx', pictures: ['seven.png', 'eight.png'], out: 'vectors.csv' },
    { model: 'runs/digits/model.onnx', pictures: ['scans/'], out: 'vectors.npy' },
  ],
  async run({ model: path, pictures, out }, context) {
    const { load } = await import('../../models/index.ts')
    const { loadPictures } = await import('../../digits/index.ts')
    const { writeVectors } = await import('../../vectors/index.ts')
    const model = await load(path, { runtime: await context.runtime({ say: false }) })
    try {
      const { pixels, ids, labels, skipped } = await loadPictures(pictures, model, context)
      writeVectors(out, { vectors: await model.embed(pixels), dim: model.dim, ids, labels })
      return { out, count: ids.length, dim: model.dim, labelled: labels !== undefined, model: model.hash, skipped }
    } finally {
      await model.dispose()
    }
  },
  render: ({ out, count, dim, skipped }) => [
    `${count} vectors of ${dim} numbers in ${out}${skipped.length === 0 ? '' : `; ${skipped.length} pictures left out`}`,
  ],
})
