/** @file Verb `faces`: the whole faces story, from a folder of photos to one report. */
import { join } from 'node:path'
import * as z from 'zod'
import { percent } from '../../base/index.ts'
import type { FaceRetrieval } from '../../people/index.ts'
import type { FacesReport } from '../../stories/index.ts'
import {
  detectorField,
  detectorWeightsField,
  facesField,
  layerField,
  looksField,
  runFolderField,
  seedField,
  weightsField,
} from '../shared-fields.ts'
import { asCommandLine } from '../command-of.ts'
import { verb } from '../verb.ts'

export const faces = verb({
  name: 'faces',
  input: z.strictObject({
    dir: z
      .string()
      .optional()
      .describe('one folder per person, or photos without labels (default: the sample photos of @vladmandic/face-api)')
      .meta({ positional: true }),
    out: runFolderField('report.html, report.json, crops, vectors and maps').default('runs/faces'),
    detector: detectorField(': ssd misses least, tiny is fastest, yunet is fetched'),
    detectorWeights: detectorWeightsField,
    model: z
      .string()
      .default('dlib')
      .describe(
        'dlib, vgg-face, vgg16, pixels, or a path: FILE.onnx with its recipe FILE.json beside it, or a recipe that names its "file"',
      )
      .meta({ placeholder: 'name' }),
    weights: weightsField,
    layer: layerField,
    faces: facesField('which faces of a photo', 'largest where photos lie in folders, else all'),
    looks: looksField,
    minScore: z
      .number()
      .min(0)
      .optional()
      .describe('least score of the detector')
      .meta({ placeholder: 's', defaultText: '0.5; yunet 0.6, haar 4' }),
    minSize: z
      .int()
      .min(1)
      .optional()
      .describe('least side of a face, pixels')
      .meta({ placeholder: 'n', defaultText: '20, and 12 by a second look' }),
    minSharpness: z
      .number()
      .min(0)
      .optional()
      .describe('leave out blurred faces below this')
      .meta({ placeholder: 'v', defaultText: 'keep all' }),
    gallery: z
      .string()
      .optional()
      .describe('also add the faces to a gallery: a folder, or postgres://user@host/database')
      .meta({ placeholder: 'place' }),
    sync: z.boolean().optional().describe('remove the rows of this folder from the gallery that are no longer among its faces'),
    learn: z
      .boolean()
      .optional()
      .describe(
        'learn a space on the people named by folders or groups, judged on people and photos it has not seen, and use it where it is better',
      ),
    seed: seedField('the map'),
  }),
  examples: [
    {},
    { dir: 'photos/', out: 'runs/family' },
    { dir: 'photos/', model: 'vgg-face', weights: 'vgg_face_weights.h5' },
    { dir: 'photos/', gallery: 'gallery/', sync: true },
    { dir: 'photos/', out: 'runs/family', learn: true },
  ],
  notes: `VGG-Face's weights may be used for research only, not commercially. A file that cannot be read is set aside in \
quarantine.jsonl and does not end the run,
nor does it change the exit code; a run that finds no face at all ends with 1. Running again does only what is new.
Who may be one person stands in OUT/suggestions.jsonl, nearest first; if two are not, put "answer":"different" into that line, which is kept.`,
  async run({ dir, ...options }, context) {
    const { samplePhotos } = await import('../../people/index.ts')
    const { faces: story } = await import('../../stories/index.ts')
    const { versions } = await import('../version.ts')
    const { progress, signal, command } = context
    const runtime = await context.runtime()
    const report = await story(dir ?? samplePhotos(), {
      ...options,
      faces: options.faces ?? (dir === undefined ? 'all' : undefined),
      runtime,
      progress,
      signal,
      command,
      versions: versions(runtime),
    })
    return { report: join(options.out, 'report.html'), ...report }
  },
  async render(result, input) {
    const { galleryLine } = await import('../../people/index.ts')
    const { foundLine, missedFacesLines, missedWords } = await import('../lines/missed.ts')
    const { report, faces: count, photos, retrieval, noRetrieval = '', gallery, learned, warnings = [], seconds, photosPerSecond } = result
    const rate = photosPerSecond === null ? ', nothing new' : `, ${photosPerSecond} photos/s from file to vectors`
    return [
      foundLine(count, photos),
      retrieval === undefined ? noRetrieval : retrievalLine(retrieval, result),
      learned?.refused !== undefined
        ? `nothing learnt: ${learned.refused}`
        : learned?.verdict === undefined
          ? ''
          : `learnt space: ${learned.verdict}`,
      ...missedFacesLines(result, { ...input, list: join(input.out, 'quarantine.jsonl') }),
      suggestionLine(result, input.out),
      gallery === undefined ? '' : `gallery: ${galleryLine(gallery)}`,
      ...warnings.map((line) => asCommandLine(line, undefined, { sync: '--sync', learn: '--learn' })),
      `report: ${report}  (${Math.round(seconds)} s${rate})${missedWords(photos)}`,
    ].filter((line) => line !== '')
  },
})

/** How often the nearest is right: of all photos first, where faces were missed. */
function retrievalLine(retrieval: FaceRetrieval, { overAll }: Pick<FacesReport, 'overAll'>): string {
  const right = Math.round(retrieval.knnAccuracy * retrieval.queries)
  if (overAll === undefined || overAll.photos === overAll.asking)
    return `nearest neighbour right ${percent(retrieval.knnAccuracy)}, mAP ${percent(retrieval.map)}  (${asked(retrieval)}, leave-one-out)`
  return (
    `nearest neighbour right for ${percent(overAll.share)} of all ${overAll.photos} labelled photos, a missed one counting as wrong ` +
    `(${overAll.right} right); for ${right} of the ${asked(retrieval)} that were found and asked; mAP ${percent(overAll.map)} of all, ` +
    `${percent(retrieval.map)} of those that asked`
  )
}

/** Where it stands who may be one person. */
function suggestionLine({ suggestions }: Pick<FacesReport, 'suggestions'>, out: string): string {
  if (suggestions === undefined || suggestions.count === 0) return ''
  return `${suggestions.count === 1 ? '1 pair' : `${suggestions.count} pairs`} may be one person (report, "Who else"; ${join(out, 'suggestions.jsonl')})`
}

/** How many faces asked, and of how many. */
function asked({ queries, askable = queries }: { queries: number; askable?: number }): string {
  return askable > queries ? `${queries} of ${askable} faces asked` : `${queries} faces`
}
