/** @file Verb `classify`: which class each picture is of, by the softmax head beside the model. */
import * as z from 'zod'
import { allDigitsField, headField, modelField, picturesField } from '../shared-fields.ts'
import { placeInPicture } from '../lines/place-in-picture.ts'
import { verb } from '../verb.ts'

export const classify = verb({
  name: 'classify',
  input: z.strictObject({
    model: modelField,
    pictures: picturesField('are taken as the true class'),
    head: headField(),
    all: allDigitsField,
  }),
  examples: [
    { model: 'runs/digits/model.onnx', pictures: ['seven.png'] },
    { model: 'runs/digits/model.onnx', pictures: ['scans/'] },
    { model: 'runs/digits/model.onnx', pictures: ['number.jpg'], all: true },
  ],
  notes: `Ink is found against its ground, without lines, frames and specks; a picture that shows none is said to show no digit. The head knows its
classes alone: it names one for anything that is drawn. \`reject()\` says what belongs to none.`,
  async run({ model: path, pictures, head: headPath, all }, context) {
    const { load } = await import('../../models/index.ts')
    const { loadPictures } = await import('../../digits/index.ts')
    const { classify: classifyVectors } = await import('../../train/index.ts')
    const { readHead } = await import('../beside-model.ts')
    const model = await load(path, { runtime: await context.runtime({ say: false }) })
    try {
      const head = readHead('classify', path, model, headPath)
      const { progress, signal } = context
      const { pixels, answers, skipped } = await loadPictures(pictures, model, { progress, signal, all, answerRefused: true })
      const verdicts = pixels.length === 0 ? [] : classifyVectors(head, await model.embed(pixels))
      const found = answers.map(({ path: picture, label, row, refused, digits, box }) => ({
        picture,
        class: row === undefined ? null : verdicts[row].class,
        probability: row === undefined ? null : verdicts[row].probability,
        reason: refused,
        label,
        digits,
        box,
      }))
      const known = found.every(({ label }) => label !== undefined && head.classes.includes(label))
      const accuracy = known ? found.filter((f) => f.class === f.label).length / found.length : undefined
      return { pictures: found, accuracy, skipped }
    } finally {
      await model.dispose()
    }
  },
  render: async ({ pictures, accuracy }, { model }) => {
    const { hasRule } = await import('../beside-model.ts')
    const lines = pictures.map((p) =>
      p.probability === null
        ? `no digit    ${p.picture}: ${p.reason}`
        : `${p.class}  ${(100 * p.probability).toFixed(1).padStart(5)} %  ${p.picture}${placeInPicture(p)}`,
    )
    return [
      ...lines,
      ...(accuracy === undefined ? [] : [`${Math.round(accuracy * pictures.length)} of ${pictures.length} as their folders say`]),
      ...(hasRule(model)
        ? ['each is named among these classes alone: kindred reject says which belong to none, and what that promises']
        : []),
    ]
  },
})
