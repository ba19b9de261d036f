/** @file Verb `classify`: which class each picture is of, by the softmax head beside the model. */
import * as z from 'zod'
import { headField, modelField, picturesField } from '../shared-fields.ts'
import { verb } from '../verb.ts'

export const classify = verb({
  name: 'classify',
  input: z.strictObject({
    model: modelField,
    pictures: picturesField('are taken as the true class'),
    head: headField(),
  }),
  examples: [
    { model: 'runs/digits/model.onnx', pictures: ['seven.png'] },
    { model: 'runs/digits/model.onnx', pictures: ['scans/'] },
  ],
  notes: 'The head knows its classes alone: it names one for any picture. `reject()` says which pictures belong to none.',
  async run({ model: path, pictures, head: headPath }, context) {
    const { load } = await import('../../models/index.ts')
    const { loadPictures } = await import('../../digits/index.ts')
    const { classify: classifyVectors } = await import('../../train/index.ts')
    const { readHead } = await import('../beside-model.ts')
    const model = await load(path, { runtime: await context.runtime({ say: false }) })
    try {
      const head = readHead('classify', path, model, headPath)
      const { pixels, ids, labels, skipped } = await loadPictures(pictures, model, context)
      const found = classifyVectors(head, await model.embed(pixels)).map((answer, i) => ({
        picture: ids[i],
        ...answer,
        label: labels?.[i],
      }))
      const known = labels?.every((label) => head.classes.includes(label)) === true
      const accuracy = known ? found.filter((f) => f.class === f.label).length / found.length : undefined
      return { pictures: found, accuracy, skipped }
    } finally {
      await model.dispose()
    }
  },
  render: ({ pictures, accuracy }) => {
    const lines = pictures.map((p) => `${p.class}  ${(100 * p.probability).toFixed(1).padStart(5)} %  ${p.picture}`)
    if (accuracy === undefined) return lines
    return [...lines, `${Math.round(accuracy * pictures.length)} of ${pictures.length} as their folders say`]
  },
})
