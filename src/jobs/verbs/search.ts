/** @file Verb `search`: who is on this photo, among faces that are known. */
import * as z from 'zod'
import { distanceField, facesField, keepField, looksField, networkFields } from '../shared-fields.ts'
import type { SearchResult } from '../lines/search.ts'
import { verb } from '../verb.ts'

export const search = verb({
  name: 'search',
  input: z
    .strictObject({
      place: z
        .string()
        .describe('a folder of photos, the OUT of `faces()`, a gallery, or postgres://user@host/database')
        .meta({ positional: true }),
      query: z.string().describe('a photo').meta({ positional: true }),
      k: z.int().min(1).max(1000).default(5).describe('neighbours of each face').meta({ placeholder: 'n' }),
      threshold: distanceField('greatest distance at which a face counts as known'),
      calibration: z
        .string()
        .optional()
        .describe('a threshold that `verify()` saved')
        .meta({ placeholder: 'file', defaultText: 'the one beside the faces, where there is one' }),
      person: z.string().optional().describe('ask among this person’s faces alone').meta({ placeholder: 'name' }),
      out: z
        .string()
        .refine((path) => /\.(png|svg)$/i.test(path), 'end in .png or .svg')
        .optional()
        .describe('a picture of the query and its neighbours, .png or .svg')
        .meta({ placeholder: 'file', writes: true }),
      keep: keepField('where the faces of a folder of photos are kept, so that asking again is quick'),
      faces: facesField('which faces of the query', 'all'),
      looks: looksField,
      ...networkFields,
    })
    .refine(({ threshold, calibration }) => threshold === undefined || calibration === undefined, {
      message: '`threshold` and `calibration` must not be given together',
      path: ['threshold'],
    }),
  examples: [
    { place: 'photos/', query: 'stranger.jpg' },
    { place: 'runs/faces', query: 'stranger.jpg', k: 3, out: 'strip.png' },
    { place: 'gallery/', query: 'stranger.jpg', threshold: 0.5 },
  ],
  notes: `Distances are Euclidean. Whether a near face shows the same person only a threshold can say: give one, or have \
\`verify()\` calibrate it on labelled photos.
Vectors of another model, detector or alignment are refused by name. A photo without a face is an error (exit 1).`,
  async run({ place, query, out, faces: queryFaces, ...options }, context): Promise<SearchResult> {
    const { writeFileAtomic } = await import('../../files/index.ts')
    const { searchFaces, searchStrip } = await import('../../people/index.ts')
    const { toPng } = await import('../../plots/index.ts')
    const { progress, signal } = context
    const found = await searchFaces(place, query, { ...options, queryFaces, runtime: await context.runtime(), progress, signal })
    if (out !== undefined) {
      const svg = await searchStrip(found)
      writeFileAtomic(out, /\.svg$/i.test(out) ? svg : await toPng(svg))
    }
    const { threshold: used, answers } = found
    const calibration = used?.calibration
    return {
      query,
      place: found.place,
      facesKnown: found.count,
      threshold:
        used === undefined
          ? null
          : {
              ...used,
              far: calibration?.far,
              farInterval: calibration?.farInterval,
              strangers: calibration?.strangers,
            },
      published: found.published ?? null,
      here: found.here ?? null,
      recipe: found.recipe,
      picture: out,
      faces: answers.map(({ crop: _, ...answer }) => answer),
    }
  },
  render: async (result) => (await import('../lines/search.ts')).searchLines(result),
})
