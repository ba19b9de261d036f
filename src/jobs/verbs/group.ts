/** @file Verb `group`: who belongs together, found by density and kept as a person names it. */
import * as z from 'zod'
import { distanceField, facesField, networkFields } from '../shared-fields.ts'
import type { GroupResult } from '../lines/group.ts'
import { verb } from '../verb.ts'

export const group = verb({
  name: 'group',
  input: z.strictObject({
    dir: z.string().describe('a folder of photos, or the OUT of `faces()`').meta({ positional: true }),
    out: z
      .string()
      .optional()
      .describe('folder for groups.jsonl, groups.png, groups/ and the faces')
      .meta({ placeholder: 'dir', writes: true, defaultText: 'DIR where it is an OUT, else runs/faces-NAME-HASH' }),
    radius: distanceField('core faces are joined at this distance or less').meta({
      defaultText: '0.5 for dlib; smaller for large collections',
    }),
    reach: distanceField('a straggler joins its nearest core face up to here').meta({ defaultText: '1.2 x radius' }),
    minPoints: z
      .int()
      .min(1)
      .default(3)
      .describe('faces within the radius, itself included, that make a core face')
      .meta({ placeholder: 'n' }),
    faces: facesField('which faces of a photo', 'all'),
    ...networkFields,
  }),
  examples: [
    { dir: 'photos/', out: 'runs/family' },
    { dir: 'runs/family', radius: 0.45 },
  ],
  notes: `OUT/groups.jsonl holds one group a line. Edit it and run the command again:
  name a group     "name":null -> "name":"Anna"
  merge            give two lines the same name
  split            cut a line in two, share the faces out, give each a name; a few sure faces of each are enough, the others follow
  not a person     put the face into a line with "name":"-"
  confirm          move a face from "found" (near a named group) to "faces"
Faces in "faces" of a named line stay there and never join another name. Lines without a name are found anew each time.

A collection of many people wants a smaller radius: one chain of look-alikes is enough to join two groups. Where photos lie in folders of persons, the groups
are judged against them (B-cubed).`,
  async run({ dir, ...options }, context): Promise<GroupResult> {
    const { groupFaces } = await import('../../people/index.ts')
    const { progress, signal } = context
    const found = await groupFaces(dir, { ...options, runtime: await context.runtime(), progress, signal })
    const { out, records, groups, alone, radius, reach, minPoints, gone, judged, recipe } = found
    for (const face of gone) progress.warn(`${face} is no longer among the photos; it stays in groups.jsonl`)
    const keys = (rows: readonly number[]) => rows.map((i) => `${records[i].source}#${records[i].face}`)
    return {
      out,
      faces: records.length,
      groups: groups.map(({ name, rows, found: near, picture }) => ({ name, faces: keys(rows), found: keys(near), picture })),
      alone: keys(alone),
      radius,
      reach,
      minPoints,
      gone,
      judged,
      recipe,
    }
  },
  render: async (result) => (await import('../lines/group.ts')).groupLines(result),
})
