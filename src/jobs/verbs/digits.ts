/** @file Verb `digits`: the whole digits story, from MNIST to one report. */
import { join } from 'node:path'
import * as z from 'zod'
import { percent } from '../../base/index.ts'
import { mnistFields, mnistFrom, oneSource } from '../mnist-from.ts'
import { dimField, imagesField, marginField, presetField, runFolderField, seedField } from '../shared-fields.ts'
import { verb } from '../verb.ts'

const share = (x: number | undefined) => (x === undefined ? '-' : percent(x, 2))

export const digits = verb({
  name: 'digits',
  input: z
    .strictObject({
      out: runFolderField('report.html, report.json, model.onnx and figures').default('runs/digits'),
      preset: presetField.default('default'),
      epochs: z.int().min(1).optional().describe('epochs of training').meta({ placeholder: 'n', defaultText: 'those of the preset' }),
      dim: dimField().default(10),
      margin: marginField.default(0.4),
      seed: seedField(),
      letters: z
        .string()
        .optional()
        .describe(
          'hand-drawn letters to reject besides the rendered ones: a zip or folder, such as Omniglot; each alphabet in it is judged',
        )
        .meta({ placeholder: 'path' }),
      outliers: z
        .boolean()
        .default(true)
        .describe('train on against invented characters, then against rendered letters, and compare')
        .meta({ off: 'do not train on against invented characters and rendered letters' }),
      sweepSteps: z
        .int()
        .min(0)
        .refine((n) => n === 0 || n >= 5, 'be 0 or at least 5')
        .default(200)
        .describe('steps for each margin of the short sweep; 0 leaves it out')
        .meta({ placeholder: 'n' }),
      images: imagesField(100),
      ...mnistFields,
      resume: z.boolean().optional().describe('go on with a training that was stopped'),
    })
    .superRefine(oneSource),
  examples: [{}, { preset: 'student', epochs: 3, out: 'runs/student' }, { letters: 'images_background_small1.zip' }],
  async run({ data, download, ...options }, context) {
    const { digits: story } = await import('../../stories/index.ts')
    const { versions } = await import('../version.ts')
    const { progress, signal, command } = context
    const runtime = await context.runtime()
    const from = mnistFrom({ data, download })
    const report = await story({
      ...options,
      data: { from },
      runtime,
      progress,
      signal,
      command,
      versions: versions(runtime),
    })
    return { report: join(options.out, 'report.html'), ...report }
  },
  render: ({ report, knn, head, baselines: { rawPixels } = {}, warnings = [], seconds }) => [
    `kNN accuracy ${share(knn?.accuracy)}, MAP@R ${share(knn?.mapAtR)}, softmax head ${share(head?.accuracy)}  (raw pixels ` +
      `${share(rawPixels?.accuracy)}, ${share(rawPixels?.mapAtR)})`,
    ...warnings,
    `report: ${report}  (${Math.round(seconds)} s)`,
  ],
})
