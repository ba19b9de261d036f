/** @file Verb `sweep`: the same training once for each margin and seed, side by side. */
import { join } from 'node:path'
import * as z from 'zod'
import { counted, percent } from '../../base/index.ts'
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
      steps: z.int().min(5).default(200).describe('steps of each training').meta({ placeholder: 'n' }),
      dim: dimField().default(10),
      seed: seedField(),
      seeds: z
        .int()
        .min(1)
        .max(100)
        .default(3)
        .describe('train each margin with so many seeds, so that differences can be told from chance')
        .meta({ placeholder: 'n' }),
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
  render: ({ sweep: entries, findings, network, steps, seeds, batch }, { out }) => [
    `network ${network}`,
    `${steps} steps of ${batch}, ${counted(seeds, 'seed')}; loss and active over the last tenth of the steps`,
    ...(seeds > 1 ? ['means over seeds; kNN with its 95 % interval over seeds and test images'] : []),
    'margin    loss  active     kNN           interval    head  silhouette  spread  within  between',
    ...entries.map(
      (e) =>
        `${String(e.margin).padStart(6)}  ${short(e.loss)} ${share(e.activeTriplets)} ${share(e.knnAccuracy)}  ` +
        `${share(e.knnInterval.low)} to ${share(e.knnInterval.high)} ${share(e.headAccuracy)}  ${e.silhouette.toFixed(3).padStart(10)}  ` +
        `${short(e.spread)}  ${short(e.within)}   ${short(e.between)}${e.collapsed ? '  collapsed' : ''}`,
    ),
    ...findings,
    `figure: ${join(out, 'sweep.svg')}`,
  ],
})

/** Three digits in six columns. */
function short(x: number): string {
  const text = x >= 0.01 || x === 0 ? String(Number(x.toPrecision(3))) : x.toPrecision(2)
  return (text.length > 6 ? x.toExponential(0) : text).padStart(6)
}
