/** @file Verb `compare`: the same faces by two models. */
import { join } from 'node:path'
import * as z from 'zod'
import { percent } from '../../base/index.ts'
import { detectorField, detectorWeightsField, facesField, layerField, looksField, runFolderField, seedField } from '../shared-fields.ts'
import { verb } from '../verb.ts'

const points = (x: number) => `${x < 0 ? '' : '+'}${(100 * x).toFixed(1)}`

export const compare = verb({
  name: 'compare',
  input: z.strictObject({
    dir: z.string().describe('one folder per person, or photos without labels').meta({ positional: true }),
    models: z
      .array(z.string())
      .describe('two of dlib, vgg-face, vgg16, pixels, FILE.onnx, RECIPE.json; vgg-face=FILE names its weights')
      .meta({ placeholder: 'a,b' }),
    out: runFolderField('report.html, report.json and maps').default('runs/compare'),
    detector: detectorField(),
    detectorWeights: detectorWeightsField,
    layer: layerField,
    faces: facesField('which faces of a photo', 'largest where photos lie in folders, else all'),
    looks: looksField,
    seed: seedField('maps and intervals'),
  }),
  examples: [
    { dir: 'photos/', models: ['pixels', 'dlib'] },
    { dir: 'photos/', models: ['general.onnx', 'dlib'], out: 'runs/general-against-face' },
    { dir: 'photos/', models: ['vgg16=vgg16.h5', 'vgg-face=vgg_face.h5'] },
  ],
  async run({ dir, ...options }, context) {
    const { compare: story } = await import('../../stories/index.ts')
    const { versions } = await import('../version.ts')
    const { progress, signal, command } = context
    const runtime = await context.runtime()
    const report = await story(dir, { ...options, runtime, progress, signal, command, versions: versions(runtime) })
    return { report: join(options.out, 'report.html'), ...report }
  },
  async render({ report, faces, photos, missed, ignored, models, difference: d, noRetrieval, warnings = [], seconds }, input) {
    const { foundLine, missedFacesLines, missedWords } = await import('../lines/missed.ts')
    const verdicts =
      d === undefined
        ? [noRetrieval ?? '']
        : [
            `nearest neighbour: ${points(d.knnAccuracy.value)} points (${points(d.knnAccuracy.low)} to ${points(d.knnAccuracy.high)}); ` +
              `only the first right ${d.knnAccuracy.onlyFirst}, only the second ${d.knnAccuracy.onlySecond}, p = ` +
              `${d.knnAccuracy.pValue.toPrecision(2)}: ${d.knnAccuracy.verdict}`,
            `mAP: ${points(d.map.value)} points (${points(d.map.low)} to ${points(d.map.high)}): ${d.map.verdict}`,
          ]
    return [
      foundLine(faces, photos),
      ...models.map(({ model, dim, retrieval: r }) =>
        r === undefined
          ? `${model}: ${dim} numbers`
          : `${model}: nearest neighbour right ${percent(r.knnAccuracy)}, mAP ${percent(r.map)}, silhouette ${(r.silhouette ?? 0).toFixed(3)}`,
      ),
      ...verdicts.filter((line) => line !== ''),
      ...missedFacesLines({ missed, ignored }, { ...input, list: join(input.out, 'quarantine.jsonl') }),
      ...warnings,
      `report: ${report}  (${Math.round(seconds)} s)${missedWords(photos)}`,
    ]
  },
})
