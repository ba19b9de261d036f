/**
 * @file Who belongs together, when nobody has said: density clusters of faces, which a person then names, joins and splits in `groups.jsonl`.
 */
import { resolve } from 'node:path'
import { checkOptions, ensure, KindredError, silent } from '../base/index.ts'
import { holdsCrops, type CropRecord, type FaceRecipe } from '../faces/index.ts'
import { bCubed, type BCubed } from '../metrics/index.ts'
import { faceKey, faceText, placeNamed, readGroups, shownFace, writeGroups, type GroupLine } from './group-file.ts'
import { ensureNoForeignFiles } from '../report/index.ts'
import { calibrateOn, calibrateThreshold } from './calibrate-threshold.ts'
import { contradictions, photoNumbers, type Contradictions, type Named } from './group-contradictions.ts'
import { radiusFor, type UsedRadius } from './group-radius.ts'
import { drawSheets } from './group-sheets.ts'
import { drawSuggestions, suggestForGroups } from './group-suggestions.ts'
import { removeSheets } from './forget-faces.ts'
import { matchRegions, readRegions } from './named-regions.ts'
import { keptFolder, knownFacesOptionNames, openKnownFaces, photosOf, type KnownFaces, type KnownFacesOptions } from './known-faces.ts'
import { distanceHere, labelledPairs, type DistanceHere } from './labelled-pairs.ts'
import { namedClusters } from '../clusters/index.ts'
import { oddsOfHistogram, oddsOfPairs } from './suggest-pairs.ts'
import { answeredSuggestions, keptApart, readSuggestions, writeSuggestions, type SuggestionLine } from './suggestion-file.ts'
import { readThreshold, type SavedThreshold } from './threshold-file.ts'
import { writeSidecars, type WrittenSidecars } from './write-regions.ts'

/** Settings of {@link groupFaces}. */
export interface GroupOptions extends Omit<KnownFacesOptions, 'keep'> {
  /** Where groups, and the faces of a folder of photos, are kept. Default: DIR itself where it is the OUT of an earlier run, else {@link keptFolder}. */
  readonly out?: string
  /**
   * Two core points are joined at this Euclidean distance or less. Default: that of `calibrate` or `calibration`, else of a `threshold.json` beside the
   * faces, else 0.5 for dlib's vectors, as published; other models need one.
   */
  readonly radius?: number
  /** A face that is no core point joins the group of its nearest core point up to here. Default as for the radius; 1.2 x radius where that is given. */
  readonly reach?: number
  /** Faces within the radius, itself included, that make a core point. Default 3. */
  readonly minPoints?: number
  /** A threshold that was saved with `saveThreshold`; instead of `radius`. */
  readonly calibration?: string
  /** Labelled faces (a folder of people's folders, an OUT, a gallery) on which radius and reach are calibrated now; instead of `radius`. */
  readonly calibrate?: string
  /** With `calibrate`: the share of pairs of two people that may lie within the reach. Default 0.001. */
  readonly far?: number
  /** Write the names that a person gave into XMP sidecars beside the photos. Default false. */
  readonly writeXmp?: boolean
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
  /** Whose distances these are. */
  readonly distances: UsedRadius
  /** What they do on the photos that have names; undefined where no two of them have. */
  readonly here:
    { readonly radius: DistanceHere; readonly reach: DistanceHere; readonly faces: number; readonly sampled: boolean } | undefined
  /** What does not fit. */
  readonly contradictions: Contradictions
  /** Groups and lone faces that may be one person, nearest first; what `suggestions.jsonl` holds. */
  readonly suggestions: readonly SuggestionLine[]
  /** Faces that a person had put into a group and that are no longer in the photos; they stay in the file. */
  readonly gone: readonly string[]
  /** Faces of photos that have been changed since they were named, taken for the same by the photo's path and the place in it. */
  readonly changed: readonly string[]
  /** Faces that another program names otherwise than `groups.jsonl`, which counts. */
  readonly otherwise: readonly { readonly face: string; readonly name: string; readonly region: string }[]
  /** Faces that a person has given several names, in copies of one photo: each copy has the name of its own line. */
  readonly twoNames: readonly { readonly faces: readonly string[]; readonly names: readonly string[] }[]
  /** What became of the sidecars, where `writeXmp` asked for them. */
  readonly sidecars: WrittenSidecars | undefined
  /** Against the names of folders, where photos lie in any: the groups as they are now, and as density alone finds them. */
  readonly judged: { readonly faces: number; readonly people: number; readonly groups: BCubed; readonly densityAlone: BCubed } | undefined
}

const where = 'group'

/**
 * Groups the faces of a folder, and keeps what a person has named, joined or split in `OUT/groups.jsonl`.
 *
 * OUT gets `groups.jsonl`, `groups.png` (all groups), `groups/` (a sheet of every group), and `suggestions.jsonl` and `suggestions.png`: who may be one person.
 * @param dir a folder of photos, or the OUT of an earlier run
 * @throws KindredError `corrupt` naming the line of groups.jsonl that cannot be read; `usage` for vectors whose radius nobody knows; `not-found`
 */
export async function groupFaces(dir: string, options: GroupOptions): Promise<FaceGroups> {
  const { out, isOutput } = checkGroupOptions(dir, options)
  const { out: given, radius, reach, minPoints = 3, calibration, calibrate, far: _, writeXmp = false, progress = silent, ...rest } = options
  const known = await openKnownFaces(dir, { ...rest, progress, keep: given })
  try {
    const { records, vectors, dim, labels, people } = await known.rows()
    const home = isOutput ? dir : out
    const { recipe } = known.networks.model
    const calibrated = calibrate === undefined ? undefined : await calibrationOn(known, calibrate, { ...options, minPoints })
    const distances = radiusFor({ radius, reach, calibration, calibrated }, recipe, known.thresholdFile, (message) =>
      progress.warn(message),
    )
    const settings = { radius: distances.radius, reach: distances.reach, minPoints }

    const { names: lineNames, placed } = placeNamed(home, records)
    const said = lineNames.map((name, at) => ({ name, rows: [...placed.lines[at].rows], gone: placed.lines[at].gone }))
    const otherwise = takeRegions(said, matchRegions(readRegions(home), records).names, records)
    const names = new Int32Array(records.length).fill(-1)
    for (const [at, { name, rows }] of said.entries()) for (const i of rows) names[i] = name === '-' ? -2 : at
    const answered = answeredSuggestions(home)
    const watched = { apart: keptApart(records, answered, photoNumbers(records)), progress, signal: options.signal }
    const { clusters, count, conflicts, conflictCount } = await namedClusters(vectors, dim, { ...settings, names, ...watched })
    const groups = sorted(said, clusters, count, names).map((g) => ({
      ...g,
      rows: g.name === null ? outwards(g.rows, vectors, dim) : g.rows,
      found: outwards(g.found, vectors, dim),
    }))
    const taken = new Set(groups.flatMap((g) => [...g.rows, ...g.found]))
    const alone = [...records.keys()].filter((i) => !taken.has(i))
    const gone = said.flatMap((s) => s.gone)

    const named: Named = { records, vectors, dim, labels, people, names, given: said.map((s) => s.name) }
    const photos = records.map((r) => r.sourceHash)
    const pairs = await labelledPairs(
      vectors,
      dim,
      { labels, people, names, photos },
      { near: settings.radius, far: settings.reach, signal: rest.signal },
    )
    const [atRadius, atReach] = [settings.radius, settings.reach].map((distance) => distanceHere(pairs, distance))

    const odds = [oddsOfPairs('here', pairs.same, pairs.different)]
    if (distances.calibration?.histogram !== undefined) odds.push(oddsOfHistogram(distances.calibration.histogram))
    const suggestions = await suggestForGroups(named, groups, alone, { ...settings, odds, answered, progress, signal: options.signal })

    removeSheets(home)
    const pictured = await drawSheets(home, groups, alone, records, progress)
    writeGroups(
      home,
      pictured.map((g) => lineOf(g, records, said)),
    )
    const suggested = suggestions.map((s) => s.line)
    writeSuggestions(home, [...suggested, ...answeredSuggestions(home)]) // such as were answered meanwhile among them
    await drawSuggestions(home, named, suggestions)
    const sidecars = writeXmp
      ? await writeSidecars(photosFolder(dir, isOutput), namedFaces(said, records), { signal: rest.signal })
      : undefined
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
    const twoNames = placed.twice.map(({ rows, lines: at }) => ({
      faces: rows.map((i) => faceKey(records[i])),
      names: at.map((l) => said[l].name),
    }))
    return {
      out: home,
      records,
      groups: pictured,
      alone,
      recipe,
      ...settings,
      distances,
      here:
        atRadius === undefined || atReach === undefined
          ? undefined
          : { radius: atRadius, reach: atReach, faces: pairs.faces, sampled: pairs.sampled },
      contradictions: contradictions(named, pictured, pairs, { radius: settings.radius, conflicts, conflictCount }),
      suggestions: suggested,
      gone: gone.map(shownFace),
      changed: placed.changed.map(shownFace),
      otherwise,
      sidecars,
      twoNames,
      judged,
    }
  } finally {
    await known.close()
  }
}

/** The folder of the photos: that which was named, or that of the run which made the output folder. @throws KindredError `usage` where it is not there */
function photosFolder(dir: string, isOutput: boolean): string {
  const photos = isOutput ? photosOf(dir) : dir
  if (photos !== undefined) return photos
  throw new KindredError(
    'usage',
    where,
    `the folder of the photos of ${dir} must be known to write sidecars beside them`,
    'none that is there',
    'Name the folder of the photos, and this one with `out`.',
    { option: 'writeXmp' },
  )
}

const namedFaces = (said: readonly { name: string; rows: readonly number[] }[], records: readonly CropRecord[]) =>
  said.flatMap(({ name, rows }) => (name === '-' ? [] : rows.map((i) => ({ record: records[i], name }))))

/** Puts faces that another program has named into the lines of these names, unless a person has put them into another, which is told. */
function takeRegions(
  said: { name: string; rows: number[]; gone: readonly string[] }[],
  regions: readonly (string | null)[],
  records: readonly CropRecord[],
): FaceGroups['otherwise'] {
  const lineOf = new Map(said.flatMap(({ name, rows }) => rows.map((i): [number, string] => [i, name])))
  const otherwise: { face: string; name: string; region: string }[] = []
  for (const [i, region] of regions.entries()) {
    if (region === null || region === '-') continue
    const name = lineOf.get(i)
    if (name !== undefined && name !== region) otherwise.push({ face: faceKey(records[i]), name, region })
    if (name !== undefined) continue
    const line = said.find((s) => s.name === region)
    if (line === undefined) said.push({ name: region, rows: [i], gone: [] })
    else line.rows.push(i)
  }
  return otherwise
}

/** What is wrong is told before any work. */
function checkGroupOptions(dir: string, options: GroupOptions): { out: string; isOutput: boolean } {
  checkOptions(where, options, [
    'out',
    'radius',
    'reach',
    'minPoints',
    'writeXmp',
    'calibration',
    'calibrate',
    'far',
    ...knownFacesOptionNames.filter((name) => name !== 'keep'),
  ])
  const { out: given, radius, reach, minPoints = 3, calibration, calibrate, far } = options
  ensure(radius === undefined || (Number.isFinite(radius) && radius > 0), where, 'radius must be a positive number', radius)
  ensure(reach === undefined || (Number.isFinite(reach) && reach > 0), where, 'reach must be a positive number', reach)
  ensure(Number.isInteger(minPoints) && minPoints >= 1, where, 'minPoints must be an integer of at least 1', minPoints)
  ensure(
    [radius, calibration, calibrate].filter((x) => x !== undefined).length <= 1,
    where,
    'only one of radius, calibration and calibrate may be given',
  )
  ensure(far === undefined || calibrate !== undefined, where, 'far must come with calibrate', far)
  const isOutput = holdsCrops(dir)
  ensure(
    !isOutput || given === undefined || resolve(given) === resolve(dir),
    where,
    '`out` must be left out where the folder is itself an output folder',
    given,
    'Its groups are kept in it.',
  )
  const out = given ?? keptFolder(dir)
  if (!isOutput)
    ensureNoForeignFiles(out, ['groups.jsonl', 'groups.places.json', 'groups.png', 'groups', 'suggestions.jsonl', 'suggestions.png'])
  readGroups(isOutput ? dir : out)
  readSuggestions(isOutput ? dir : out)
  if (calibration !== undefined) readThreshold(calibration)
  return { out, isOutput }
}

/** Calibrates on labelled faces: those at hand, or of another place. */
async function calibrationOn(known: KnownFaces, place: string, options: GroupOptions & { minPoints: number }): Promise<SavedThreshold> {
  const { far, minPoints, detector, detectorWeights, model, weights, layer, looks, runtime, progress, signal } = options
  if (resolve(place) === resolve(known.place)) return calibrateOn(known, far, minPoints)
  return calibrateThreshold(place, { far, minPoints, detector, detectorWeights, model, weights, layer, looks, runtime, progress, signal })
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
  const keys = (list: readonly number[]) => list.map((i) => faceText(records[i]))
  const gone = said.find((s) => s.name === name)?.gone ?? []
  return {
    name,
    faces: [...keys(rows), ...gone],
    found: name === null || name === '-' ? undefined : keys(found),
    picture,
  }
}
