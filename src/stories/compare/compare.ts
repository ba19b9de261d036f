/**
 * @file `kindred compare`: the same faces by two models, two maps side by side, and whether the difference is more than luck.
 */
import { join } from 'node:path'
import { checkChoice, checkOptions, counted, ensure, KindredError, percent, silent, type Progress } from '../../base/index.ts'
import { cropFolder, detectorNames, findOptionNames, findOptionsOf, openDetector, type CropRecord } from '../../faces/index.ts'
import { writeFileAtomic } from '../../files/index.ts'
import { mcNemar, pairedBootstrap } from '../../metrics/index.ts'
import { faceMaps, toPng } from '../../plots/index.ts'
import { comparePage } from './compare-page.ts'
import { describeRecipe, sameRecipe } from '../../recipe/index.ts'
import { environmentOf, growReport, type GrowingReport } from '../../report/index.ts'
import { modelWords } from '../faces/faces-sections.ts'
import type { CompareFigure, CompareReport, ComparedModel, Difference } from './compare-report.ts'
import { askEachOther, countPhotos, ignoredFiles, missedPhotos, type Asked } from '../../people/index.ts'
import { countPeople } from '../faces/chapters.ts'
import { embedRecords, peopleIn, type EmbeddedFaces } from '../../people/index.ts'
import { facesToTake, noFaces } from '../faces/faces.ts'
import { forgetFaces, forgetPhotos } from '../../people/index.ts'
import { mapFaces, type FacePlaces } from '../faces/map-faces.ts'
import { measureRetrieval, precisionFigure, whyNoRetrieval } from '../../people/index.ts'
import { checkFaceModelName, openFaceModel } from '../../people/index.ts'
import { neighbourRows, some, thumbnails } from '../../people/index.ts'
import type { FacesOptions } from '../faces/run.ts'

/** Options of {@link compare}. */
export interface CompareOptions extends Omit<FacesOptions, 'model' | 'weights' | 'gallery'> {
  /** Two models, see `openFaceModel`; `vgg-face=FILE` and `vgg16=FILE` name a weights file. */
  readonly models: readonly string[]
}

/** One model's side with all that figures need. */
interface Side extends Asked {
  readonly name: string
  readonly places: FacePlaces
  readonly report: ComparedModel
}

type CompareStory = GrowingReport<CompareReport, CompareFigure>

const where = 'compare'

/**
 * Compares two models on one folder: faces are found once, and each model embeds them, cut out as it wants them.
 *
 * OUT gets `report.html` and `report.json`, `map.svg` and `map.png` (both maps side by side), `crops/` (as the first model wants them), `manifest.jsonl`,
 * `quarantine.jsonl`, `vectors/`, `figures/`. Running again does only what is new.
 * @param dir one folder per person; photos without labels give maps, but no figures
 * @returns what `report.json` holds
 * @throws KindredError `usage` unless two different models are named; and as `faces` does
 */
export async function compare(dir: string, options: CompareOptions): Promise<CompareReport> {
  checkOptions(where, options, [
    'out',
    'models',
    'detector',
    'detectorWeights',
    'layer',
    ...findOptionNames,
    'seed',
    'runtime',
    'progress',
    'signal',
    'command',
    'versions',
  ])
  const { out, models, detector: detectorName = 'ssd', runtime, progress = silent, seed = 0, signal } = options
  ensure(
    models.length === 2,
    where,
    'models must name two',
    models.length === 1 ? `only ${models[0]}` : `${models.length}`,
    'For example: pixels and dlib.',
  )
  const specs = models.map(modelSpec)
  for (const { name } of specs) checkFaceModelName(name)
  ensure(models[0] !== models[1], where, 'the two models must differ', `${models[0]} twice`, 'Compare it with another, e.g. pixels.')
  checkChoice(where, 'detector', detectorName, detectorNames)
  const kind = facesToTake(dir, out, options.faces)
  const names = models.map((m) => modelSpec(m).name) as [string, string]
  return growReport(
    out,
    emptyReport(dir, options, detectorName, names),
    comparePage,
    { signal, progress, files: ['map.svg', 'map.png'] },
    async (story: CompareStory) => {
      const { lock, progress: shown } = story
      const detector = await openDetector(detectorName, { runtime, detectorWeights: options.detectorWeights, progress, signal })
      try {
        let records: readonly CropRecord[] = []
        const sides: Side[] = []
        for (const [i, { name, weights }] of specs.entries()) {
          const found = await story.stage(`Vectors of ${names[i]}`, `opening ${names[i]}`, async (): Promise<EmbeddedFaces> => {
            const layer = options.layer !== undefined && name.startsWith('vgg') ? { layer: options.layer } : {}
            const model = await openFaceModel(name, {
              runtime,
              detector,
              progress: shown,
              ...layer,
              weights,
              signal,
            })
            try {
              if (i === 0) {
                const { faces, ...crops } = await cropFolder(dir, out, {
                  detector,
                  template: model.template,
                  ...findOptionsOf(options),
                  faces: kind,
                  onPhotos: (photos) => forgetPhotos(out, photos),
                  lock,
                  progress: shown,
                  signal,
                })
                records = faces
                forgetFaces(out, records)
                story.update({
                  photos: countPhotos(crops),
                  faces: crops.summary.faces,
                  people: countPeople({ records, ...crops }),
                  missed: missedPhotos(crops.quarantine),
                  ignored: ignoredFiles(crops),
                  skipped: crops.skipped,
                })
                noFaces(dir, out, crops.summary, faces)
              } else if (sameRecipe(sides[0].found.recipe, model.recipe)) {
                throw new KindredError(
                  'usage',
                  where,
                  'the two models must differ',
                  `${describeRecipe(model.recipe)} twice`,
                  'Compare it with another, e.g. pixels.',
                )
              }
              const { vectors, embedded } = await embedRecords(out, records, model, {
                photos: i === 0 ? undefined : dir,
                lock,
                progress: shown,
                signal,
              })
              return {
                records,
                vectors,
                dim: model.dim,
                ...peopleIn(out, records),
                recipe: model.recipe,
                embedded,
                summary: { photos: story.current.photos, faces: records.length },
                quarantine: [],
                skipped: [],
                seconds: { crop: 0, embed: 0 },
              }
            } finally {
              await model.dispose()
            }
          })
          sides.push(
            await story.stage(`Map and figures of ${names[i]}`, `mapping ${names[i]}`, async () => {
              const answers = await askEachOther(found.vectors, found.dim, found.labels, { seed, progress: shown, signal })
              const places = await mapFaces(found.vectors, found.dim, { seed, progress: shown, signal })
              const side = {
                name: names[i],
                found,
                answers,
                places,
                report: await reportOf(names[i], { found, answers }, places, { seed, progress: shown, signal }),
              }
              story.update({ models: [...story.current.models, side.report] })
              return side
            }),
          )
        }
        const [a, b] = sides
        const difference = differ(a, b, seed)
        story.update(difference === undefined ? { noRetrieval: whyNoRetrieval(a.found.labels) } : { difference })
        await story.stage('Pictures', 'drawing', () => draw(story, out, a, b, seed))
      } finally {
        await detector.dispose()
      }
    },
  )
}

function emptyReport(
  dir: string,
  { seed = 0, command, versions, runtime }: CompareOptions,
  detector: string,
  names: [string, string],
): CompareReport {
  return {
    complete: false,
    seconds: 0,
    seed,
    command,
    folder: dir,
    environment: environmentOf(runtime, versions),
    photos: { total: 0, withFace: 0, withoutFace: 0, quarantined: 0, processed: 0, ignored: 0 },
    faces: 0,
    detector,
    people: [],
    missed: [],
    names,
    models: [],
  }
}

/** `vgg-face=FILE` names weights; all else is a model's name or path. */
function modelSpec(text: string): { name: string; weights?: string } {
  const [, name, weights] = /^(vgg-face|vgg16)=(.+)$/.exec(text) ?? []
  return name === undefined ? { name: text } : { name, weights }
}

async function reportOf(
  model: string,
  { found, answers }: Asked,
  places: FacePlaces,
  { seed, ...watched }: { seed: number; progress: Progress; signal: AbortSignal | undefined },
): Promise<ComparedModel> {
  const retrieval = await measureRetrieval({ found, answers }, seed, watched)
  const { method, perplexity, neighbourPreservation, neighbours, x, y } = places
  const { records, labels, people, dim, recipe } = found
  return {
    model,
    dim,
    recipe: describeRecipe(recipe),
    retrieval,
    map: {
      method,
      perplexity,
      neighbourPreservation,
      neighbours: neighbourPreservation === undefined ? undefined : neighbours,
      drawn: Math.min(mostDrawn, records.length),
      points: records.map((r, i) => ({
        photo: r.source,
        face: r.face,
        person: labels[i] < 0 ? null : people[labels[i]],
        x: Number(x[i].toFixed(5)),
        y: Number(y[i].toFixed(5)),
      })),
    },
  }
}

/** Second minus first, on the same queries. */
function differ(a: Side, b: Side, seed: number): CompareReport['difference'] {
  const [f, g] = [a.report.retrieval, b.report.retrieval]
  if (f === undefined || g === undefined) return undefined
  const within = (side: Side, k: number) => Array.from(side.answers.firstMatch, (rank) => Number(rank <= k))
  const gap = (x: ArrayLike<number>, y: ArrayLike<number>): Difference => {
    const { difference, low, high } = pairedBootstrap(y, x, { seed })
    return { value: difference, low, high, verdict: low > 0 || high < 0 ? 'more than luck' : 'may be luck' }
  }
  const test = mcNemar(within(a, 1), within(b, 1))
  return {
    queries: f.queries,
    knnAccuracy: {
      ...gap(within(a, 1), within(b, 1)),
      verdict: test.pValue < 0.05 ? 'more than luck' : 'may be luck',
      onlyFirst: test.onlyA,
      onlySecond: test.onlyB,
      pValue: test.pValue,
    },
    map: gap(a.answers.averagePrecision, b.answers.averagePrecision),
    recallAt: Object.fromEntries(
      Object.keys(f.recallAt)
        .filter((k) => k !== '1')
        .map((k) => [k, gap(within(a, Number(k)), within(b, Number(k)))]),
    ),
    silhouette: (g.silhouette ?? 0) - (f.silhouette ?? 0),
  }
}

/** Faces on a map at most. */
const mostDrawn = 500

/** What both maps show, as a sentence. */
function mapsTitle(a: Side, b: Side): string {
  const [f, g] = [a.report.retrieval, b.report.retrieval]
  const n = a.found.records.length.toLocaleString('en')
  if (f === undefined || g === undefined) return `The same ${n} faces, placed by ${modelWords(a.name)} and by ${modelWords(b.name)}`
  const [first, second] =
    g.knnAccuracy >= f.knnAccuracy
      ? [
          { ...g, name: b.name },
          { ...f, name: a.name },
        ]
      : [
          { ...f, name: a.name },
          { ...g, name: b.name },
        ]
  const asked = f.queries.toLocaleString('en')
  return first.knnAccuracy === second.knnAccuracy
    ? `Both models put the own person nearest to ${percent(first.knnAccuracy)} of ${asked} faces`
    : `Of ${asked} faces, ${percent(first.knnAccuracy)} have their own person nearest by ${modelWords(first.name)}, ` +
        `${percent(second.knnAccuracy)} by ${modelWords(second.name)}`
}

async function draw(story: CompareStory, out: string, a: Side, b: Side, seed: number): Promise<void> {
  const { records, labels, people } = a.found
  const drawn = some(records.length, mostDrawn, seed)
  const images = {
    pixels: await thumbnails(
      out,
      drawn.map((i) => records[i]),
    ),
    height: 96,
    width: 96,
    channels: 3 as const,
  }
  const panel = ({ name, places, report: { retrieval: r } }: Side) => ({
    title: modelWords(name),
    figures:
      r === undefined
        ? undefined
        : `nearest right ${percent(r.knnAccuracy)}, mAP ${percent(r.map)}, silhouette ${(r.silhouette ?? 0)
            .toFixed(2)
            .replace(/^-(0\.00)$/, '$1')
            .replace('-', '−')}`,
    x: Float32Array.from(drawn, (i) => places.x[i]),
    y: Float32Array.from(drawn, (i) => places.y[i]),
  })
  const totals = new Int32Array(people.length)
  for (const l of labels) if (l >= 0) totals[l]++
  const svg = await faceMaps(
    [panel(a), panel(b)].map(({ figures, ...rest }) => (figures === undefined ? rest : { ...rest, figures })),
    { images, labels: Int32Array.from(drawn, (i) => labels[i]), names: people, totals: [...totals], title: mapsTitle(a, b) },
  )
  story.addFigure('maps', svg)
  writeFileAtomic(join(out, 'map.svg'), svg)
  writeFileAtomic(join(out, 'map.png'), await toPng(svg))
  const [f, g] = [a.report.retrieval, b.report.retrieval]
  if (f === undefined || g === undefined) return
  story.addFigure('precisionFirst', precisionFigure(f))
  story.addFigure('precisionSecond', precisionFigure(g))
  const most = 12
  for (const [name, loser, winner] of [
    ['firstWrong', a, b],
    ['secondWrong', b, a],
  ] as const) {
    const rows = [...loser.answers.rows.keys()]
      .filter((q) => loser.answers.firstMatch[q] > 1 && winner.answers.firstMatch[q] === 1)
      .map((q) => loser.answers.rows[q])
    const picture = await neighbourRows(
      out,
      loser,
      rows.slice(0, most),
      `${panel(winner).title} finds the own person of ${counted(rows.length, 'face')} where ${panel(loser).title} does not`,
      rows.length > most
        ? `${most} of ${rows.length} faces that only ${panel(winner).title} gets right.`
        : `All faces that only ${panel(winner).title} gets right.`,
    )
    if (picture !== undefined) story.addFigure(name, picture)
  }
}
