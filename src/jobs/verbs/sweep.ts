/** @file Verb `sweep`: the same training once for each margin, side by side. */
import { join } from 'node:path'
import * as z from 'zod'
import { percent } from '../../base/index.ts'
import { mnistFields, mnistFrom, oneSource } from '../mnist-from.ts'
import { dimField, imagesField, presetField, runFolderField, seedField } from '../shared-fields.ts'
import { verb } from '../verb.ts'

const share = (x: number) => percent(x).padStart(7)

export const sweep = verb({
  name: 'sweep',
  input: z
    .strictObject({
      out: runFolderField('sweep.svg, sweep.png, sweep.json').default('runs/sweep'),
      preset: presetField.default('student'),
      margins: z
        .array(z.number().min(0))
        .min(1)
        .optional()
        .describe('margins, separated by commas')
        .meta({ placeholder: 'list', defaultText: '0 to 0.9 in steps of 0.1' }),
      steps: z.int().min(5).default(200).describe('training steps for each margin').meta({ placeholder: 'n' }),
      dim: dimField().default(10),
      seed: seedField(),
      images: imagesField(100),
      ...mnistFields,
    })
    .superRefine(oneSource),
  examples: [{ out: 'runs/sweep' }, { margins: [0, 0.4], steps: 500, dim: 2 }],
  async run({ data, download, ...options }, context) {
    const { marginSweep } = await import('../../stories/index.ts')
    const { versions } = await import('../version.ts')
    const { progress, signal, command } = context
    const from = mnistFrom({ data, download })
    const runtime = await context.runtime()
    const result = await marginSweep({ ...options, data: { from }, runtime, progress, signal, command, versions: versions(runtime) })
    return result.report
  },
  render: ({ sweep: entries, best }, { out }) => [
    'margin    loss  active     kNN    head  silhouette  intra  inter',
    ...entries.map(
      (e) =>
        `${e.margin.toFixed(1).padStart(6)}  ${e.loss.toFixed(4)} ${share(e.activeTriplets)} ${share(e.knnAccuracy)} ` +
        `${share(e.headAccuracy)}  ${e.silhouette.toFixed(3).padStart(10)}  ${e.intraDistance.toFixed(2).padStart(5)}  ` +
        `${e.interDistance.toFixed(2).padStart(5)}${e.collapsed ? '  collapsed' : ''}`,
    ),
    `best margin: ${best.margin} (${best.why})`,
    `figure: ${join(out, 'sweep.svg')}`,
  ],
})
