/** @file Verb `reject`: which pictures belong to no known class, by the rule beside a model or one that is calibrated on the user's own digits. */
import * as z from 'zod'
import { allDigitsField, headField, modelField, picturesField } from '../shared-fields.ts'
import type { RejectResult } from '../lines/reject.ts'
import { verb } from '../verb.ts'

export const reject = verb({
  name: 'reject',
  input: z
    .strictObject({
      model: modelField.describe('model.onnx of `digits()`'),
      pictures: picturesField().optional(),
      rule: z
        .string()
        .optional()
        .describe('the rejection rule: of `digits()`, or one that `save` kept')
        .meta({ placeholder: 'file', defaultText: 'reject.json beside the model; reject-NAME.json for model-NAME.onnx' }),
      calibrate: z
        .string()
        .optional()
        .describe('a folder of 30 or more of your own digits: the threshold is set so that digits like these are kept')
        .meta({ placeholder: 'dir' }),
      keep: z
        .number()
        .min(0.01)
        .max(0.9999)
        .optional()
        .describe('the share of digits to keep')
        .meta({ placeholder: 'share', defaultText: '0.95 with `calibrate`, else that of the rule' }),
      save: z
        .string()
        .optional()
        .describe('keep the rule as it is after `calibrate` or `keep`; `rule` takes it')
        .meta({ placeholder: 'file', writes: true }),
      head: headField(', for rules on its logits'),
      all: allDigitsField,
    })
    .superRefine(({ pictures, calibrate, keep, save }, { addIssue }) => {
      const wrong = (option: string, message: string) => addIssue({ code: 'custom', message, path: [option] })
      if (save !== undefined && calibrate === undefined && keep === undefined) wrong('save', '`save` must come with `calibrate` or `keep`')
      else if (pictures === undefined && calibrate === undefined && save === undefined)
        wrong('pictures', 'pictures, or `calibrate`, must be given, got neither')
    }),
  examples: [
    { model: 'runs/digits/model.onnx', pictures: ['letters/'] },
    { model: 'runs/digits/model.onnx', pictures: ['scans/'], calibrate: 'my-digits/', keep: 0.95 },
    { model: 'runs/digits/model.onnx', calibrate: 'my-digits/', save: 'my-rule.json' },
    { model: 'runs/digits/model.onnx', pictures: ['scans/'], rule: 'my-rule.json' },
  ],
  notes: `The rule is the score and threshold that the report of \`digits()\` leads with. It promises to keep a share of digits like those it was made with;
where 20 or more pictures score unlike these, it says so. With \`calibrate\` the promise is for digits like your own: of further ones at least the share
is kept, on average over calibrations, and the interval says how much that is with your pictures. More pictures make it narrower. It holds for
digits of the same hand, paper and camera, and not for those it was calibrated on. Sub-folders do not matter; copies of a picture count once;
pictures that show no digit are digits that were refused, and count as such; files that are no pictures are left out.`,
  async run({ model: path, pictures, rule: rulePath, calibrate, keep, save, head: headPath, all }, context): Promise<RejectResult> {
    const { load } = await import('../../models/index.ts')
    const { loadPictures } = await import('../../digits/index.ts')
    const { judgeScores, ruleToKeep, scoreImages } = await import('../../stories/index.ts')
    const { scoreDrift } = await import('../../openset/index.ts')
    const { readHead, readRule } = await import('../beside-model.ts')
    const { calibrated, withoutDigit } = await import('../calibrated.ts')
    const { driftLine } = await import('../lines/reject.ts')
    const { ensureRuleOrNothing, saveRule } = await import('../save-rule.ts')
    if (save !== undefined) ensureRuleOrNothing(save)
    const model = await load(path, { runtime: await context.runtime({ say: false }) })
    try {
      let rule = readRule('reject', path, model, rulePath)
      const head = () => readHead('reject', path, model, headPath)
      const made = calibrate === undefined ? undefined : await calibrated({ rule, model, head, folder: calibrate, keep }, context)
      if (made !== undefined) rule = made.rule
      else if (keep !== undefined) rule = ruleToKeep(rule, keep)
      if (save !== undefined) saveRule(save, rule)
      const { detector, moves, promise: carried } = rule
      const { threshold, rejectWhen } = detector.rule!
      const promise = carried && { keep: carried.keep, interval: carried.interval, of: carried.of }
      const { progress, signal } = context
      const { pixels, answers, skipped } =
        pictures === undefined
          ? { pixels: new Uint8Array(0), answers: [], skipped: [] }
          : await loadPictures(pictures, model, { progress, signal, all, answerRefused: true })
      const scores = await scoreImages(rule, model, pixels, head, context)
      const verdicts = judgeScores(rule, scores)
      const noDigit = { kept: false, rejected: true, score: null, p: undefined }
      const empty = answers.filter(({ row }) => row === undefined).length
      const drift = carried && scoreDrift(carried, withoutDigit(scores, empty, detector.rule!), rejectWhen)
      if (drift?.drifted === true) context.progress.warn(driftLine(drift, carried!))
      return {
        score: detector.scorer.name,
        looks: 1 + (moves?.count ?? 0),
        rule: { threshold, rejectWhen },
        promise: carried && { ...promise!, n: carried.scores.length },
        calibration: made?.calibration,
        saved: save,
        pictures: answers.map(({ path: picture, row, refused, digits, box }) => {
          const { kept, rejected, score, p } = row === undefined ? noDigit : verdicts[row]
          return { picture, kept, rejected, score, p, threshold, rejectWhen, promise, reason: refused, digits, box }
        }),
        rejected: answers.filter(({ row }) => row === undefined || verdicts[row].rejected).length,
        drift,
        skipped,
      }
    } finally {
      await model.dispose()
    }
  },
  render: async (result) => (await import('../lines/reject.ts')).rejectLines(result),
})
