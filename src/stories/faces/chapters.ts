/** @file The chapters of the faces story: faces, map, retrieval, neighbours, distances, gallery. */
import { findOptionsOf, labelOf } from '../../faces/index.ts'
import { join } from 'node:path'
import { counted } from '../../base/index.ts'
import { writeFileAtomic } from '../../files/index.ts'
import { isAddress } from '../../gallery/index.ts'
import { vggLicences } from '../../models/index.ts'
import { describeRecipe } from '../../recipe/index.ts'
import { embeddingMap, faceMap, toPng } from '../../plots/index.ts'
import { embedFolder, nameWarnings, unmatchedLine, type EmbeddedFaces, type FoundFaces } from '../../people/index.ts'
import { facePairs, judgeDistances } from '../../people/index.ts'
import { addToGallery, copyHead } from '../../people/index.ts'
import { flatTitle, mapTitle, neighboursTitle, pointsTitle, wrongTitle } from './findings.ts'
import { mapFaces } from './map-faces.ts'
import { missedPicture } from './missed-picture.ts'
import { overAllPhotos } from './over-all-photos.ts'
import { countPhotos, cropPicture, ignoredFiles, missedPhotos, neighbourRows, notReadPhotos, some, thumbnails } from '../../people/index.ts'
import { measureRetrieval, precisionFigure, whyNoRetrieval } from '../../people/index.ts'
import { answeredSuggestions, keepSuggestions, radiusLine, suggestInFolder } from '../../people/index.ts'
import type { Asked } from '../../people/index.ts'
import type { FacesRun } from './run.ts'

/** Faces on the map at most, so that the page stays a page; of more, some are drawn. */
const mostDrawn = 800
/** Mistakes that are drawn. */
const mostMistakes = 12

/** Photos by person, such as are not read here among them, those with a face, faces. */
export function countPeople({ records, quarantine, skipped }: Pick<FoundFaces, 'records' | 'quarantine' | 'skipped'>) {
  const rows = new Map<string | null, { photos: Set<string>; withFace: Set<string>; faces: number }>()
  const row = (label: string | null) => {
    if (!rows.has(label)) rows.set(label, { photos: new Set(), withFace: new Set(), faces: 0 })
    return rows.get(label)!
  }
  for (const { label, source } of records) {
    const r = row(label)
    r.photos.add(source)
    r.withFace.add(source)
    r.faces++
  }
  for (const { label, source } of quarantine) row(label).photos.add(source)
  for (const { path } of notReadPhotos(skipped)) row(labelOf(path)).photos.add(path)
  const order = [...rows.keys()].sort((a, b) => (a === null ? 1 : b === null ? -1 : a < b ? -1 : 1))
  return order.map((person) => ({
    person,
    photos: rows.get(person)!.photos.size,
    withFace: rows.get(person)!.withFace.size,
    faces: rows.get(person)!.faces,
  }))
}

/** Finds, cuts, embeds. */
export async function findAndEmbed(
  run: FacesRun,
  model: Parameters<typeof embedFolder>[1]['model'],
  detector: Parameters<typeof embedFolder>[1]['detector'],
  faces: 'largest' | 'all',
): Promise<EmbeddedFaces> {
  const { story, options, dir, lock, progress } = run
  const { out, runtime, signal } = options
  const found = await story.stage('Faces and vectors', 'looking for faces', () =>
    embedFolder(dir, {
      out,
      runtime,
      ...findOptionsOf(options),
      faces,
      lock,
      progress,
      model,
      detector,
      signal,
      onCrops: (crops) => {
        story.update({
          photos: countPhotos(crops),
          faces: crops.summary.faces,
          looks: crops.summary.looks,
          people: countPeople(crops),
          now: 'embedding faces',
          missed: missedPhotos(crops.quarantine),
          ignored: ignoredFiles(crops),
          skipped: crops.skipped,
        })
      },
    }),
  )
  const { processed } = found.summary.photos
  story.update({
    embedded: found.embedded,
    contested: found.contested,
    regions: found.regions,
    dim: found.dim,
    recipe: describeRecipe(found.recipe),
    ...licence(options.model ?? 'dlib'),
    photosPerSecond: processed === 0 ? null : Number((processed / (found.seconds.crop + found.seconds.embed)).toFixed(2)),
  })
  const twice = new Map<string, string[]>()
  for (const r of found.records) if (r.face === 0) twice.set(r.sourceHash, [...(twice.get(r.sourceHash) ?? []), r.source])
  const regions = found.regions ?? { names: 0, unmatched: [], disagree: [] }
  for (const line of nameWarnings({ contested: found.contested ?? [], disagree: regions.disagree })) story.warn(line)
  const notFound = unmatchedLine(regions.unmatched)
  if (notFound !== undefined) story.warn(notFound)
  // photos of several people ask nobody, so they flatter nothing
  const nobodys = new Set((found.contested ?? []).flatMap(({ photos }) => photos))
  const same = [...twice.values()].filter((list) => list.length > 1 && !list.some((source) => nobodys.has(source)))
  if (same.length > 0)
    story.warn(
      `${same.length === 1 ? 'One photo is' : `${same.length} photos are`} in the folder more than once, byte for byte ` +
        `(${same[0].join(' = ')}${same.length > 1 ? ', …' : ''}). A photo always finds its own copy, which flatters the figures.`,
    )
  if (found.records.length > 0) story.addFigure('crops', await cropPicture(out, found.records, run.seed))
  const missed = await missedPicture(dir, found.quarantine, { seed: run.seed, signal })
  if (missed !== undefined) story.addFigure('missed', missed)
  return found
}

function licence(model: string): { licence?: string } {
  if (model === 'dlib') return { licence: 'dlib’s face network, by Davis King: free for any use' }
  return model === 'vgg-face' || model === 'vgg16' ? { licence: vggLicences[model] } : {}
}

/** The map of all faces, as pictures and as points. */
export async function drawMap(run: FacesRun, { found, answers }: Asked): Promise<void> {
  const { story, options, seed, progress } = run
  const { out, signal } = options
  const { records, vectors, dim, labels, people } = found
  await story.stage('Map', 'drawing the map', async () => {
    const places = await mapFaces(vectors, dim, { seed, progress, signal })
    const drawn = some(records.length, mostDrawn, seed)
    const pick = (list: Float32Array) => Float32Array.from(drawn, (i) => list[i])
    const images = {
      pixels: await thumbnails(
        out,
        drawn.map((i) => records[i]),
      ),
      height: 96,
      width: 96,
      channels: 3 as const,
    }
    const totals = new Int32Array(people.length)
    for (const l of labels) if (l >= 0) totals[l]++
    const asked = answers.rows.length
    const right = answers.firstMatch.filter((rank) => rank === 1).length
    const retrieval =
      asked === 0 || people.length < 2 ? undefined : { queries: asked, askable: answers.askable, knnAccuracy: right / asked }
    const svg = await faceMap({
      x: pick(places.x),
      y: pick(places.y),
      images,
      labels: Int32Array.from(drawn, (i) => labels[i]),
      names: people,
      totals: people.map((_, p) => totals[p]),
      title: mapTitle(records.length, people.length, retrieval),
    })
    story.addFigure('map', svg)
    writeFileAtomic(join(out, 'map.svg'), svg)
    writeFileAtomic(join(out, 'map.png'), await toPng(svg))
    if (people.length > 0) {
      const flat = await mapFaces(vectors, dim, { seed, method: 'PCA', progress, signal })
      const classes = labels.includes(-1) ? [...people, 'unlabelled'] : people
      const ids = labels.map((l) => (l < 0 ? people.length : l))
      const guesses = ids.slice()
      answers.rows.forEach((row, q) => (guesses[row] = labels[answers.nearest[q]]))
      const pairs = (x: Float32Array, y: Float32Array) =>
        Float32Array.from({ length: 2 * x.length }, (_, i) => (i % 2 === 0 ? x : y)[i >> 1])
      const points = (at: Float32Array, title: string) =>
        embeddingMap(at, ids, classes, {
          title,
          height: people.length > 20 ? 760 : 620,
          note: '',
          predicted: guesses.some((g, i) => g !== ids[i]) ? guesses : undefined,
        })
      const named = points(pairs(places.x, places.y), pointsTitle(places))
      story.addFigure('mapPoints', named)
      const shadow = pairs(flat.x, flat.y)
      if (places.method !== 'PCA') story.addFigure('mapPca', points(shadow, flatTitle(shadow, labels, answers.rows)))
    }
    const { method, perplexity, neighbourPreservation, neighbours } = places
    story.update({
      map: {
        method,
        perplexity,
        neighbourPreservation,
        neighbours: neighbourPreservation === undefined ? undefined : neighbours,
        drawn: drawn.length,
        points: records.map((r, i) => ({
          photo: r.source,
          face: r.face,
          person: labels[i] < 0 ? null : people[labels[i]],
          x: Number(places.x[i].toFixed(5)),
          y: Number(places.y[i].toFixed(5)),
        })),
      },
    })
  })
}

/** The first that asks of each person. */
function onePerPerson(asked: Int32Array, labels: Int32Array): number[] {
  const seen = new Set<number>()
  return [...asked].filter((row) => !seen.has(labels[row]) && seen.add(labels[row]))
}

/** Retrieval figures, each face asking all the others. */
export async function retrieve(run: FacesRun, asked: Asked): Promise<void> {
  const { story, seed, progress, options } = run
  await story.stage('Retrieval', 'letting each face ask all the others', async () => {
    const measured = await measureRetrieval(asked, seed, { progress, signal: options.signal })
    if (measured === undefined) return story.update({ noRetrieval: whyNoRetrieval(asked.found.labels) })
    story.addFigure('precision', precisionFigure(measured))
    story.update({ retrieval: measured, overAll: overAllPhotos(story.current.people, measured) })
  })
}

/** Distances within and between people, and thresholds. */
export async function judgeThresholds(run: FacesRun, found: EmbeddedFaces): Promise<void> {
  const { story, seed, options, progress } = run
  const watched = { progress, signal: options.signal }
  await story.stage('Threshold', 'measuring distances', async () => {
    if (found.people.length < 2) return // one person alone has no strangers
    const judged = await judgeDistances(await facePairs(found, seed, watched), { model: options.model ?? 'dlib', seed, ...watched })
    if (judged === undefined) return
    story.addFigure('distances', judged.figure)
    story.update({ distances: judged.distances })
  })
}

/** Who may be one person, and which folders may show two. */
export async function suggestPeople(run: FacesRun, found: EmbeddedFaces): Promise<void> {
  const { story, options, progress } = run
  await story.stage('Who else', 'looking for pairs that may be one person', async () => {
    const { out, signal } = options
    const made = await suggestInFolder(found, { out, answered: answeredSuggestions(out), progress, signal })
    if (made === undefined) return
    const { distances, suggestions, split, picture } = made
    keepSuggestions(out, suggestions)
    if (picture !== undefined) story.addFigure('pairs', picture)
    story.update({
      suggestions: {
        words: radiusLine(distances),
        radius: distances.radius,
        reach: distances.reach,
        count: suggestions.length,
        pairs: suggestions.slice(0, 50).map(({ titles: [a, b], nearest, distance, line: { odds, why = '' } }) => ({
          a,
          b,
          photos: [found.records[nearest.a].source, found.records[nearest.b].source],
          faces: [found.records[nearest.a].face, found.records[nearest.b].face],
          distance: Number(distance.toFixed(4)),
          nearest: Number(nearest.distance.toFixed(4)),
          odds: odds === null || odds === undefined ? null : { same: odds.same, of: odds.of },
          why,
        })),
        split: split.slice(0, 50),
      },
    })
  })
}

/** Some faces with their nearest, and every one whose nearest is wrong. */
export async function showNeighbours(run: FacesRun, asked: Asked): Promise<void> {
  const { story, options, seed } = run
  const { found, answers } = asked
  const { labels, people, records } = found
  await story.stage('Neighbours', 'drawing neighbours', async () => {
    const wrong = [...answers.rows.keys()].filter((q) => answers.firstMatch[q] > 1).map((q) => answers.rows[q])
    const rows = people.length === 0 ? some(records.length, 8, seed) : onePerPerson(answers.rows, labels).slice(0, 8)
    const picture = await neighbourRows(
      options.out,
      { found },
      rows,
      (shown) => neighboursTitle(shown, people.length > 0),
      people.length === 0
        ? 'Left the face that asks, then its nearest with their distances.'
        : 'The first face of each person, and the five others nearest to it, with their distances.',
    )
    if (picture !== undefined) story.addFigure('neighbours', picture)
    if (answers.rows.length > 0 && wrong.length > 0) {
      const shown = wrong.slice(0, mostMistakes)
      const mistakes = await neighbourRows(
        options.out,
        { found },
        shown,
        wrongTitle(wrong.length, answers.rows.length),
        shown.length < wrong.length ? `The first ${shown.length} are drawn; all are in report.json.` : 'All of them.',
      )
      if (mistakes !== undefined) story.addFigure('wrong', mistakes)
    }
    story.update({})
  })
}

/** Brings a gallery up to date with the faces, where one is named. */
export async function intoGallery(run: FacesRun, found: EmbeddedFaces): Promise<void> {
  const { gallery, sync, out, signal } = run.options
  if (gallery === undefined) return
  await run.story.stage('Gallery', 'adding the faces to the gallery', async () => {
    const done = await addToGallery(gallery, found, { dir: run.dir, out, sync, progress: run.progress, signal })
    if (found.recipe.head !== undefined && !isAddress(gallery)) copyHead(out, gallery) // only when the gallery has taken its vectors
    run.story.update({ gallery: done })
    if (done.gone > 0)
      run.story.warn(
        `${counted(done.gone, 'row')} of the gallery ${done.gone === 1 ? 'is' : 'are'} of faces that are no longer in this folder; \`sync\` removes ` +
          `${done.gone === 1 ? 'it' : 'them'}.`,
      )
    const [first] = done.elsewhere
    if (first !== undefined)
      run.story.warn(
        `${counted(done.elsewhere.length, 'photo')} of this folder ${done.elsewhere.length === 1 ? 'lies' : 'lie'} in another folder, too, under another ` +
          `name, which the gallery keeps (${first.photo} is ${first.label}, ${first.other} is ${first.otherLabel}` +
          `${done.elsewhere.length > 1 ? '; …' : ''}).`,
      )
  })
}
