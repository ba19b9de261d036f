/** @file Verb `verify`: one person or two, and the threshold that says so. */
import * as z from 'zod'
import { calibrateField, distanceField, farField, facesField, keepField, looksField, networkFields } from '../shared-fields.ts'
import type { VerifyResult } from '../lines/verify.ts'
import { verb } from '../verb.ts'

const withCalibrate = ['far', 'save', 'keep'] as const

export const verify = verb({
  name: 'verify',
  input: z
    .strictObject({
      a: z.string().optional().describe('a photo').meta({ positional: true }),
      b: z.string().optional().describe('another').meta({ positional: true }),
      threshold: distanceField('greatest distance that counts as one person'),
      calibration: z.string().optional().describe('a threshold that `save` kept').meta({ placeholder: 'file' }),
      calibrate: calibrateField('calibrate'),
      far: farField('be taken for one'),
      save: z
        .string()
        .optional()
        .describe(
          'keep the calibration; as threshold.json in the OUT of `faces()`, or GALLERY.threshold.json beside a gallery, `search()` finds it by itself',
        )
        .meta({ placeholder: 'file', writes: true }),
      keep: keepField('where the faces of the labelled folder are kept'),
      faces: facesField('which faces of each photo', 'all, each pair with its own answer'),
      looks: looksField,
      ...networkFields,
    })
    .superRefine((input, { addIssue }) => {
      const { a, b, threshold, calibration, calibrate } = input
      const wrong = (option: string, message: string) => addIssue({ code: 'custom', message, path: [option] })
      if ((a === undefined) !== (b === undefined)) return wrong('b', 'two photos must be given, got one')
      if (a === undefined && calibrate === undefined) return wrong('a', 'two photos, or `calibrate`, must be given, got neither')
      if ([threshold, calibration, calibrate].filter((x) => x !== undefined).length > 1)
        return wrong('threshold', 'only one of `threshold`, `calibration` and `calibrate` may be given')
      const lone = calibrate === undefined ? withCalibrate.find((name) => input[name] !== undefined) : undefined
      if (lone !== undefined) wrong(lone, `\`${lone}\` must come with \`calibrate\``)
    }),
  examples: [
    { a: 'a.jpg', b: 'b.jpg', calibrate: 'photos/', far: 0.001 },
    { calibrate: 'photos/', save: 'threshold.json' },
    { a: 'a.jpg', b: 'b.jpg', calibration: 'threshold.json' },
  ],
  notes: `Without a threshold there is a distance and no verdict. A calibration is refused where there are too few pairs of \
two people for the rate asked for: three
for each one in the rate (3,000 for 0.001). Its figures hold for people and photos like those it was made on. A search \
compares a stranger with every known face,
so it errs more often than a pair does: the figure for strangers tells how often.`,
  async run({ a, b, threshold, calibration, calibrate, far, save, keep, faces, ...finding }, context): Promise<VerifyResult> {
    const { calibrateThreshold, saveThreshold, verifyPhotos } = await import('../../people/index.ts')
    const { progress, signal } = context
    const runtime = await context.runtime()
    const calibrated =
      calibrate === undefined ? undefined : await calibrateThreshold(calibrate, { ...finding, far, keep, runtime, progress, signal })
    if (calibrated !== undefined && save !== undefined) saveThreshold(save, calibrated)
    const verdict =
      a === undefined || b === undefined
        ? undefined
        : await verifyPhotos(a, b, { ...finding, threshold, calibration, calibrated, faces, runtime })
    return { ...verdict, calibration: calibrated, saved: save }
  },
  render: async (result) => (await import('../lines/verify.ts')).verifyLines(result),
})
