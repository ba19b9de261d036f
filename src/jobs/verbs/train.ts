/** @file Verb `train`: from images to a run folder with a model in it. */
import { join } from 'node:path'
import * as z from 'zod'
import { percent } from '../../base/index.ts'
import { oneSource } from '../mnist-from.ts'
import { trainFields } from '../train-fields.ts'
import { verb } from '../verb.ts'

const share = (x: number) => percent(x, 2)

export const train = verb({
  name: 'train',
  input: z
    .strictObject({
      what: z.enum(['mnist']).describe('mnist').meta({ positional: true }),
      out: z.string().optional().describe('the run folder').meta({ placeholder: 'dir', writes: true, defaultText: 'runs/mnist-PRESET' }),
      ...trainFields,
      resume: z.boolean().optional().describe('go on with the run in `out`; its options need not be repeated'),
      overwrite: z.boolean().optional().describe('begin anew where there is a run already'),
      test: z
        .boolean()
        .default(true)
        .describe('judge the model on the test images')
        .meta({ off: 'do not judge the model on the test images' }),
    })
    .superRefine(oneSource),
  examples: [
    { what: 'mnist' },
    { what: 'mnist', preset: 'student', margin: 0, out: 'runs/margin-0' },
    { what: 'mnist', resume: true, out: 'runs/margin-0' },
    { what: 'mnist', images: 2000, epochs: 2, steps: 20, out: 'runs/quick' },
  ],
  run: async (input, context) => (await import('../train-digits.ts')).trainDigits(input, context),
  render: ({ model, folder, bestEpoch, stopped, collapse, validation, test, history }) => [
    `kept epoch ${bestEpoch} of ${history.length}${stopped === 'early' ? ' (stopped early)' : ''}: validation loss ` +
      `${validation.loss.toFixed(4)}, kNN accuracy ${share(validation.knnAccuracy)}`,
    ...(test === undefined ? [] : [`test kNN accuracy ${share(test.knnAccuracy)}`]),
    ...(collapse === undefined ? [] : [collapse]),
    `model: ${model}`,
    `curves: ${join(folder, 'loss.svg')}`,
  ],
})
