/** @file Verb `reject`: which pictures belong to no known class, by the rule that a digits run chose and wrote beside its model. */
import * as z from 'zod'
import { headField, modelField, picturesField } from '../shared-fields.ts'
import { verb } from '../verb.ts'

export const reject = verb({
  name: 'reject',
  input: z.strictObject({
    model: modelField.describe('model.onnx of `digits()`'),
    pictures: picturesField(),
    rule: z.string().optional().describe('the rejection rule').meta({ placeholder: 'file', defaultText: 'reject.json beside the model' }),
    head: headField(', for rules on its logits'),
  }),
  examples: [
    { model: 'runs/digits/model.onnx', pictures: ['letters/'] },
    { model: 'runs/digits/model-outliers.onnx', pictures: ['letters/'], rule: 'runs/digits/reject-outliers.json' },
  ],
  async run({ model: path, pictures, rule: rulePath, head }, context) {
    const { load } = await import('../../models/index.ts')
    const { loadPictures } = await import('../../digits/index.ts')
    const { rejectImages } = await import('../../stories/index.ts')
    const { readHead, readRule } = await import('../beside-model.ts')
    const model = await load(path, { runtime: await context.runtime({ say: false }) })
    try {
      const rule = readRule('reject', path, model, rulePath)
      const { pixels, ids, skipped } = await loadPictures(pictures, model, context)
      const answers = await rejectImages(rule, model, pixels, () => readHead('reject', path, model, head))
      const { scorer, rule: decides } = rule.detector
      return {
        score: scorer.name,
        rule: decides!,
        pictures: answers.map((answer, i) => ({ picture: ids[i], ...answer })),
        rejected: answers.filter(({ rejected }) => rejected).length,
        skipped,
      }
    } finally {
      await model.dispose()
    }
  },
  render: ({ score, rule, pictures, rejected }) => [
    ...pictures.map((p) => `${p.rejected ? 'rejected' : 'kept    '}  ${p.score.toPrecision(4).padStart(9)}  ${p.picture}`),
    `${rejected} of ${pictures.length} rejected (${score} ${rule.rejectWhen} ${rule.threshold.toPrecision(4)})`,
  ],
})
