/**
 * @file Who belongs together, when nobody has said: density clusters of faces, which a person then names, joins and splits in `groups.jsonl`.
 */
import { join, resolve } from 'node:path'
import { callText, checkOptions, counted, ensure, KindredError, type Progress, silent } from '../base/index.ts'
import { dlibTemplate, holdsCrops, type CropRecord, type FaceRecipe } from '../faces/index.ts'
import { writeFileAtomic } from '../files/index.ts'
import { bCubed, type BCubed } from '../metrics/index.ts'
import { faceSheet, toPng, type SheetGroup } from '../plots/index.ts'
import { faceKey, readGroups, readPlaces, rowsOf, writeGroups, type GroupLine } from './group-file.ts'
import { ensureNoForeignFiles } from '../report/index.ts'
import { removeSheets } from './forget-faces.ts'
import { keptFolder, openKnownFaces, type KnownFacesOptions } from './known-faces.ts'
import { namedClusters } from '../clusters/index.ts'
import { photoName, thumbnails } from './pictures.ts'

/**
 * For dlib's vectors: two core points are joined up to 0.5, as in dlib's own face_clustering.py; a straggler joins its nearest core point up to 0.6, the
 * distance that dlib's author publishes for one person. Neither was chosen on the photos of the measurements (docs/decisions/0014-face-questions.md).
 */
export const dlibRadius = 0.5
/** How much farther than the radius a straggler may lie: 0.6 / 0.5. */
export const reachFactor = 1.2

/** Settings of {@link groupFaces}. */
export interface GroupOptions extends Omit<KnownFacesOptions, 'keep'> {
  /** Where groups, and the faces of a folder of photos, are kept. Default: DIR itself where it is the OUT of an earlier run, else {@link keptFolder}. */
  readonly out?: string
  /** Two core points are joined at this Euclidean distance or less. Default 0.5 for dlib's vectors; other models need one. */
  readonly radius?: number
  /** A face that is no core point joins the group of its nearest core point up to here. Default 1.2 x radius. */
  readonly reach?: number
  /** Faces within the radius, itself included, that make a core point. Default 3. */
  readonly minPoints?: number
}

/** A group that was found or named. */
export interface FaceGroup {
  /** null: nobody has said; `-`: faces that belong to nobody. */
  readonly name: string | null
  /** Rows of the records: put there by a person, or, in a group without a name, found. */
  readonly rows: readonly number[]
  /** Of a named group: rows found near it. */
  readonly found: readonly number[]
  readonly picture?: string
}

/** What {@link groupFaces} finds. */
export interface FaceGroups {
  readonly out: string
  readonly records: readonly CropRecord[]
  /** Named groups first, by name, then the others, largest first, then the faces of nobody. */
  readonly groups: readonly FaceGroup[]
  /** Rows in no group. */
  readonly alone: readonly number[]
  readonly recipe: FaceRecipe
  readonly radius: number
  readonly reach: number
  readonly minPoints: number
  /** Faces that a person had put into a group and that are no longer in the photos; they stay in the file. */
  readonly gone: readonly string[]
  /** Against the names of folders, where photos lie in any: the groups as they are now, and as density alone finds them. */
  readonly judged: { readonly faces: number; readonly people: number; readonly groups: BCubed; readonly densityAlone: BCubed } | undefined
}

const where = 'group'

/**
 * Groups the faces of a folder, and keeps what a person has named, joined or split in `OUT/groups.jsonl`.
 *
 * OUT gets `groups.jsonl`, `groups.png` (all groups) and `groups/` (a sheet of every group).
 * @param dir a folder of photos, or the OUT of an earlier run
 * @throws KindredError `corrupt` naming the line of groups.jsonl that cannot be read; `usage` for vectors whose radius nobody knows; `not-found`
 */
export async function groupFaces(dir: string, options: GroupOptions): Promise<FaceGroups> {
  checkOptions(where, options, [
    'out',
    'radius',
    'reach',
    'minPoints',
    'detector',
    'model',
    'weights',
    'layer',
    'faces',
    'runtime',
    'progress',
    'signal',
  ])
  const { out: given, radius: wanted, reach: wantedReach, minPoints = 3, progress = silent, ...rest } = options
  ensure(wanted === undefined || (Number.isFinite(wanted) && wanted > 0), where, 'radius must be a positive number', wanted)
  ensure(
    wantedReach === undefined || (Number.isFinite(wantedReach) && wantedReach > 0),
    where,
    'reach must be a positive number',
    wantedReach,
  )
  ensure(Number.isInteger(minPoints) && minPoints >= 1, where, 'minPoints must be an integer of at least 1', minPoints)
  const isOutput = holdsCrops(dir)
  ensure(
    !isOutput || given === undefined || resolve(given) === resolve(dir),
    where,
    '`out` must be left out where the folder is itself an output folder',
    given,
    'Its groups are kept in it.',
  )
  const out = given ?? keptFolder(dir)
  if (!isOutput) ensureNoForeignFiles(out, ['groups.jsonl', 'groups.places.json', 'groups.png', 'groups'])
  readGroups(isOutput ? dir : out) // what is wrong with it is told before any work
  const known = await openKnownFaces(dir, { ...rest, progress, keep: given })
  try {
    const { records, vectors, dim, labels, people } = await known.rows()
    const home = known.kind === 'faces' ? dir : out
    const { recipe } = known.networks.model
    const radius = wanted ?? defaultRadius(recipe)
    const reach = wantedReach ?? radius * reachFactor
    ensure(reach >= radius, where, 'reach must be a number not below radius', reach)

    const lines = readGroups(home)
    const places = readPlaces(home)
    const names = new Int32Array(records.length).fill(-1)
    const said: { name: string; rows: number[]; gone: string[] }[] = []
    for (const { name, faces } of lines) {
      if (name === null) continue
      const { rows: placed, gone } = rowsOf(faces, records, places)
      const rows = placed.filter((i) => names[i] === -1)
      for (const i of rows) names[i] = name === '-' ? -2 : said.length
      said.push({ name, rows, gone })
    }
    const settings = { radius, reach, minPoints }
    const watched = { progress, signal: options.signal }
    const { clusters, count } = await namedClusters(vectors, dim, { ...settings, names, ...watched })
    const groups = sorted(said, clusters, count, names).map((g) => ({
      ...g,
      rows: g.name === null ? outwards(g.rows, vectors, dim) : g.rows,
      found: outwards(g.found, vectors, dim),
    }))
    const taken = new Set(groups.flatMap((g) => [...g.rows, ...g.found]))
    const alone = [...records.keys()].filter((i) => !taken.has(i))
    const gone = said.flatMap((s) => s.gone)

    removeSheets(home)
    const pictured = await drawSheets(home, groups, alone, records, progress)
    writeGroups(
      home,
      pictured.map((g) => lineOf(g, records, said)),
      records,
      places,
    )
    const labelled = labels.filter((l) => l >= 0).length
    const judged =
      labelled === 0 || people.length < 2
        ? undefined
        : {
            faces: labelled,
            people: people.length,
            groups: bCubed(labels, clusterOf(groups, records.length)),
            densityAlone: bCubed(
              labels,
              said.length === 0 ? clusters : (await namedClusters(vectors, dim, { ...settings, ...watched })).clusters,
            ),
          }
    return { out: home, records, groups: pictured, alone, recipe, ...settings, gone, judged }
  } finally {
    await known.close()
  }
}

function defaultRadius({ model, alignment }: FaceRecipe): number {
  if (model.name === 'dlib' && alignment.name === dlibTemplate.name) return dlibRadius
  throw new KindredError(
    'usage',
    where,
    `a radius must be given for vectors of ${model.name}`,
    'none',
    'Pass `radius`: the distance up to which two faces count as one person. `verify()` with `calibrate` finds one on labelled photos; take a fifth less.',
  )
}

/** Groups in the order in which they are written. */
function sorted(
  said: readonly { name: string; rows: readonly number[] }[],
  clusters: Int32Array,
  count: number,
  names: Int32Array,
): FaceGroup[] {
  const members: number[][] = Array.from({ length: count }, () => [])
  clusters.forEach((c, i) => c >= 0 && members[c].push(i))
  const named: FaceGroup[] = said
    .filter((s) => s.name !== '-')
    .map(({ name, rows }) => ({ name, rows, found: rows.length === 0 ? [] : members[clusters[rows[0]]].filter((i) => names[i] === -1) }))
  const others: FaceGroup[] = members.filter((rows) => rows.every((i) => names[i] === -1)).map((rows) => ({ name: null, rows, found: [] }))
  const nobody: FaceGroup[] = said.filter((s) => s.name === '-').map(({ rows }) => ({ name: '-', rows, found: [] }))
  return [
    ...named.sort((a, b) => (a.name! < b.name! ? -1 : 1)),
    ...others.sort((a, b) => b.rows.length - a.rows.length || a.rows[0] - b.rows[0]),
    ...nobody,
  ]
}

/** Rows from the middle of a group to its edge, so that what least belongs stands last. */
function outwards(rows: readonly number[], vectors: Float32Array, dim: number): number[] {
  const mean = new Float64Array(dim)
  for (const i of rows) for (let d = 0; d < dim; d++) mean[d] += vectors[i * dim + d] / rows.length
  const away = new Map(rows.map((i) => [i, mean.reduce((sum, m, d) => sum + (vectors[i * dim + d] - m) ** 2, 0)]))
  return [...rows].sort((a, b) => away.get(a)! - away.get(b)! || a - b)
}

/** One number a row: its group, or -1. Faces of nobody are alone. */
function clusterOf(groups: readonly FaceGroup[], n: number): Int32Array {
  const out = new Int32Array(n).fill(-1)
  groups.forEach((g, at) => {
    if (g.name !== '-') for (const i of [...g.rows, ...g.found]) out[i] = at
  })
  return out
}

function lineOf(
  { name, rows, found, picture }: FaceGroup,
  records: readonly CropRecord[],
  said: readonly { name: string; gone: readonly string[] }[],
): GroupLine {
  const keys = (list: readonly number[]) => list.map((i) => faceKey(records[i]))
  const gone = said.find((s) => s.name === name)?.gone ?? []
  return {
    name,
    faces: [...keys(rows), ...gone],
    found: name === null || name === '-' ? undefined : keys(found),
    picture,
  }
}

/** Faces a group on the sheet of all groups, and on its own. */
const [few, many] = [12, 400]
/** Groups on the sheet of all groups (a picture can only be so high), and groups with a sheet of their own. */
const [mostOnSheet, mostSheets] = [60, 300]

async function drawSheets(
  out: string,
  groups: readonly FaceGroup[],
  alone: readonly number[],
  records: readonly CropRecord[],
  progress: Progress,
): Promise<FaceGroup[]> {
  const side = 96
  const sheet = async (
    title: string | undefined,
    { rows, found }: Pick<FaceGroup, 'rows' | 'found'>,
    most: number,
    captions: boolean,
  ): Promise<SheetGroup> => {
    // Found faces are what a person looks for: they keep half of the room at least.
    const shownFound = found.slice(0, Math.max(most - rows.length, most >> 1))
    const shown = [...rows.slice(0, most - shownFound.length), ...shownFound]
    const pixels = await thumbnails(
      out,
      shown.map((i) => records[i]),
      side,
    )
    const each = side * side * 3
    const isFound = new Set(found)
    const placeInLine = new Map([...rows.keys()].map((at) => [rows[at], at + 1]))
    return {
      title,
      detail: `${counted(rows.length + found.length, 'face')}${found.length === 0 ? '' : `, ${found.length} of them found near it and not confirmed (dashed)`}`,
      faces: shown.map((i, at) => ({
        pixels: pixels.subarray(at * each, (at + 1) * each),
        caption: captions ? [placeInLine.get(i), photoName(records[i])].filter((part) => part !== undefined).join(' ') : undefined,
        guess: isFound.has(i),
      })),
      more: rows.length + found.length - shown.length,
    }
  }
  const titled = groupTitles(groups)
  const pictured: FaceGroup[] = []
  const overview: SheetGroup[] = []
  const task = progress.start('drawing groups', groups.length, 'group')
  for (const [at, group] of groups.entries()) {
    task.update(at + 1)
    if (group.rows.length + group.found.length === 0 || at >= mostSheets) {
      pictured.push(group)
      continue
    }
    const picture = `groups/${String(at + 1).padStart(3, '0')}.png`
    const own = await faceSheet([await sheet(undefined, group, many, true)], {
      height: side,
      width: side,
      title: titled[at],
      subtitle:
        'From the middle of the group to its edge. Captions: place among the faces of its line in groups.jsonl, photo, which of its faces.',
    })
    writeFileAtomic(join(out, picture), await toPng(own, { scale: 1.5 }))
    if (overview.length < mostOnSheet) overview.push(await sheet(titled[at], group, few, false))
    pictured.push({ ...group, picture })
  }
  task.end()
  if (alone.length > 0) overview.push(await sheet('In no group', { rows: alone, found: [] }, 2 * few, false))
  if (overview.length > 0) {
    const inGroups = groups.filter((g) => g.name !== '-').length
    writeFileAtomic(
      join(out, 'groups.png'),
      await toPng(
        await faceSheet(overview, {
          height: side,
          width: side,
          title: `${counted(inGroups, 'group')} among ${records.length} faces${groups.length > mostOnSheet ? `; the first ${mostOnSheet}` : ''}`,
          subtitle: `Name, merge and split them in groups.jsonl, and run ${callText('group', [])} again.`,
          columns: few,
        }),
        { scale: 1.5 },
      ),
    )
  }
  return pictured
}

/** Faces in words. */

/** Names, or numbers for groups that have none. */
export function groupTitles(groups: readonly Pick<FaceGroup, 'name'>[]): string[] {
  let unnamed = 0
  return groups.map(({ name }) => (name === null ? `Group ${++unnamed}, no name yet` : name === '-' ? 'Nobody' : name))
}
