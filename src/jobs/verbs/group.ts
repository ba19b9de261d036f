/** @file Verb `group`: who belongs together, found by density and kept as a person names it. */
import * as z from 'zod'
import { calibrateField, distanceField, farField, facesField, looksField, networkFields } from '../shared-fields.ts'
import type { GroupResult } from '../lines/group.ts'
import { verb } from '../verb.ts'

export const group = verb({
  name: 'group',
  input: z
    .strictObject({
      dir: z.string().describe('a folder of photos, or the OUT of `faces()`').meta({ positional: true }),
      out: z
        .string()
        .optional()
        .describe('folder for groups.jsonl, groups.png, groups/ and the faces')
        .meta({ placeholder: 'dir', writes: true, defaultText: 'DIR where it is an OUT, else runs/faces-NAME-HASH' }),
      radius: distanceField('core faces are joined at this distance or less').meta({
        defaultText: 'calibrated, where it was; else 0.5 for dlib, as published',
      }),
      reach: distanceField('a straggler joins its nearest core face up to here').meta({
        defaultText: 'as for the radius; 1.2 x radius where that is given',
      }),
      calibration: z
        .string()
        .optional()
        .describe('radius and reach of a threshold that `verify()` saved')
        .meta({ placeholder: 'file', defaultText: 'the one beside the faces, where there is one' }),
      calibrate: calibrateField('calibrate radius and reach'),
      far: farField('lie within the reach'),
      minPoints: z
        .int()
        .min(1)
        .default(3)
        .describe('faces within the radius, itself included, that make a core face')
        .meta({ placeholder: 'n' }),
      faces: facesField('which faces of a photo', 'all'),
      writeXmp: z.boolean().optional().describe('write the names into XMP sidecars beside the photos (PHOTO.jpg.xmp), for other programs'),
      looks: looksField,
      ...networkFields,
    })
    .superRefine((input, { addIssue }) => {
      const wrong = (option: string, message: string) => addIssue({ code: 'custom', message, path: [option] })
      if (['radius', 'calibration', 'calibrate'].filter((name) => input[name as 'radius'] !== undefined).length > 1)
        wrong('radius', 'only one of `radius`, `calibration` and `calibrate` may be given')
      else if (input.far !== undefined && input.calibrate === undefined) wrong('far', '`far` must come with `calibrate`')
    }),
  examples: [
    { dir: 'photos/', out: 'runs/family' },
    { dir: 'runs/family', calibrate: 'labelled/' },
    { dir: 'runs/family', radius: 0.45 },
  ],
  notes: `OUT/groups.jsonl holds one group a line. Edit it and run the command again:
  name a group     "name":null -> "name":"Anna"
  merge            give two lines the same name
  split            cut a line in two, share the faces out, give each a name; a few sure faces of each are enough, the others follow
  not a person     put the face into a line with "name":"-"
  confirm          move a face from "found" (near a named group) to "faces"
Who may be one person stands in OUT/suggestions.jsonl and suggestions.png, nearest first: if so, give both one name; if not, two names, or put
"answer":"different" into that line, which is kept.
Faces in "faces" of a named line stay there and never join another name. Lines without a name are found anew each time.
A face is written PHOTO#INDEX@CONTENT: move it as a whole. It is known by its content, so that photos and folders may be renamed,
moved and copied; PHOTO#INDEX alone is understood, too. Names that other programs wrote for faces (XMP regions, in the photo or in a
sidecar) are taken over; where groups.jsonl says otherwise, it counts.

A radius from other people's photos may not fit yours: \`calibrate\` takes the one with the best groups (B-cubed) of labelled photos. A collection of many
more people wants a smaller one: one chain of look-alikes is enough to join two groups. Where photos lie in folders of persons, the groups are judged against
them, and where labels and distances contradict each other, it says so.`,
  async run({ dir, ...options }, context): Promise<GroupResult> {
    const { contradictionLines, groupFaces, groupTitles } = await import('../../people/index.ts')
    const { groupResult } = await import('../lines/group.ts')
    const { progress, signal } = context
    const found = await groupFaces(dir, { ...options, runtime: await context.runtime(), progress, signal })
    for (const face of found.gone) progress.warn(`${face} is no longer among the photos; it stays in groups.jsonl`)
    for (const face of found.changed)
      progress.warn(`the photo of ${face} has been changed since; the face at the same place keeps the name`)
    const [other] = found.otherwise
    if (other !== undefined)
      progress.warn(
        `another program names ${found.otherwise.length} faces otherwise than groups.jsonl, which counts (${other.face}: ${other.name}, not ${other.region}` +
          `${found.otherwise.length > 1 ? '; ...' : ''})`,
      )
    for (const { faces, names } of found.twoNames)
      progress.warn(`one photo, one face, but named ${names.join(' and ')}: ${faces.join(' = ')}; each copy keeps the name of its line`)
    const warnings = contradictionLines(found.contradictions, found, { ...found, titles: groupTitles(found.groups) })
    for (const line of warnings) progress.warn(line)
    return groupResult(found, warnings)
  },
  render: async (result) => (await import('../lines/group.ts')).groupLines(result),
})
