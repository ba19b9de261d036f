/**
 * @file `kindred faces`: the whole second story. Find the faces of a folder of photos, cut them out, embed them, draw their map, measure how well like
 * finds like, and write one report.
 */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { checkChoice, checkOptions, ensure, KindredError, silent, type Progress } from '../../base/index.ts'
import { detectorNames, findOptionNames, openDetector, photoFiles, type CropRecord, type CropSummary } from '../../faces/index.ts'
import { needParts, readJson } from '../../files/index.ts'
import { checkPlace, isAddress } from '../../gallery/index.ts'
import { facesPage } from './faces-page.ts'
import { environmentOf, growReport } from '../../report/index.ts'
import type { FacesReport } from './faces-report.ts'
import { askEachOther, checkFaceModelName, networkChoiceNames, openFaceModel, readSuggestions } from '../../people/index.ts'
import { drawMap, findAndEmbed, intoGallery, judgeThresholds, retrieve, showNeighbours, suggestPeople } from './chapters.ts'
import { learnSpace } from './learn-chapter.ts'
import type { FacesOptions, FacesRun, FacesStory } from './run.ts'

const where = 'faces'

/**
 * Tells the whole story of a folder of photos; running again does only what is new.
 *
 * OUT gets `report.html` and `report.json`, which grow while the work runs; `crops/`, `manifest.jsonl`, `quarantine.jsonl`; `vectors/`; `map.svg`, `map.png`;
 * `figures/`; `suggestions.jsonl`, who may be one person.
 * @param dir one folder per person, or photos without labels
 * @returns what `report.json` holds
 * @throws KindredError `not-found` for a folder that is not there, holds no photos, or shows no face (the quarantine list is written all the same);
 *   `interrupted` when the signal fires (what is done is kept); `mismatch` while another run works in OUT; `usage`, `mismatch` as the models and the gallery do
 */
export async function faces(dir: string, options: FacesOptions): Promise<FacesReport> {
  checkOptions(where, options, [
    'out',
    ...networkChoiceNames,
    ...findOptionNames,
    'gallery',
    'sync',
    'learn',
    'seed',
    'runtime',
    'progress',
    'signal',
    'command',
    'versions',
  ])
  const {
    out,
    detector: detectorName = 'ssd',
    model: modelName = 'dlib',
    runtime,
    progress = silent,
    signal,
    seed = 0,
    weights,
    layer,
  } = options
  checkChoice(where, 'detector', detectorName, detectorNames)
  checkFaceModelName(modelName)
  ensure(
    options.sync !== true || options.gallery !== undefined,
    where,
    '`sync` must come with `gallery`',
    'no gallery',
    'Name the gallery that is to be kept in step with the folder.',
  )
  if (options.gallery !== undefined) {
    checkPlace(options.gallery) // now, not when all faces are found
    needParts(where, [isAddress(options.gallery) ? 'postgres' : 'gallery'])
  }
  const kind = facesToTake(dir, out, options.faces)
  warnOfOther(out, dir, progress)
  readSuggestions(out) // what is wrong with it is told before any work
  const png = ['mapPoints', 'precision', 'neighbours', 'wrong', 'distances', 'learned', 'learning', 'pairs'] as const
  return growReport(
    out,
    emptyReport(dir, options, detectorName, modelName),
    (report, figures) => facesPage(report, figures, out),
    { png, signal, progress, files: ['map.svg', 'map.png', 'suggestions.jsonl'] },
    async (story: FacesStory) => {
      const run: FacesRun = { dir, options, lock: story.lock, story, seed, progress: story.progress }
      const detector = await openDetector(detectorName, { runtime, detectorWeights: options.detectorWeights, progress, signal })
      try {
        const model = await story.stage('Opening the networks', 'opening the networks', () =>
          openFaceModel(modelName, {
            runtime,
            detector,
            progress,
            signal,
            weights,
            layer,
          }),
        )
        try {
          const found = await findAndEmbed(run, model, detector, kind)
          noFaces(dir, out, found.summary, found.records)
          const answers = await askEachOther(found.vectors, found.dim, found.labels, { seed, progress: run.progress, signal })
          await drawMap(run, { found, answers })
          await retrieve(run, { found, answers })
          await showNeighbours(run, { found, answers })
          await judgeThresholds(run, found)
          await suggestPeople(run, found)
          await intoGallery(run, await learnSpace(run, found, model))
        } finally {
          await model.dispose()
        }
      } finally {
        await detector.dispose()
      }
    },
  )
}

/** What is read of the report of an earlier run. */
const earlierReport = z.object({ folder: z.string() })

/**
 * Tells where a run of another folder is about to be replaced.
 *
 * @throws KindredError `not-found` when there is nothing to replace it with, as when a folder's name is mistyped
 */
function warnOfOther(out: string, dir: string, progress: Progress): void {
  const folder = earlierFolder(join(out, 'report.json'))
  if (folder === undefined || resolve(folder) === resolve(dir)) return
  const { photos } = photoFiles(dir, out)
  if (photos.length === 0)
    throw new KindredError(
      'not-found',
      where,
      `${dir} must hold photos`,
      'none',
      `Check the path. ${out} holds a run of ${folder}, which is left as it is.`,
    )
  progress.warn(`${out} holds a run of ${folder}, which is replaced: its crops and vectors go. Another \`out\` keeps both.`)
}

/** The folder an earlier run looked at; undefined where there was none, or its report is damaged. */
function earlierFolder(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  try {
    return readJson(path, earlierReport).folder
  } catch {
    return undefined
  }
}

/** Which faces of a photo count: what is asked for, else the largest where photos lie in folders. @throws KindredError as {@link photoFiles} does */
export function facesToTake(dir: string, out: string, asked?: 'largest' | 'all'): 'largest' | 'all' {
  if (asked !== undefined) checkChoice(where, 'faces', asked, ['largest', 'all'])
  const { photos } = photoFiles(dir, out) // before anything is written: the two folders must go together
  return asked ?? (photos.some((path) => path.includes('/')) ? 'largest' : 'all')
}

/** Throws `not-found` where there is nothing to tell of. */
export function noFaces(dir: string, out: string, { photos }: CropSummary, records: readonly CropRecord[]): void {
  if (photos.total === 0)
    throw new KindredError(
      'not-found',
      where,
      `${dir} must hold photos`,
      photos.ignored === 0 ? 'none' : `${photos.ignored} files that are none`,
      'Put each person’s photos into a folder of their own, or all photos into one.',
    )
  if (records.length === 0)
    throw new KindredError(
      'not-found',
      where,
      'at least one photo must show a face',
      `none in ${photos.total}`,
      `quarantine.jsonl in ${out} says why, photo by photo. Try the detector ssd, or a smaller least size.`,
    )
}

function emptyReport(dir: string, { seed = 0, command, versions, runtime }: FacesOptions, detector: string, model: string): FacesReport {
  return {
    complete: false,
    seconds: 0,
    seed,
    command,
    folder: dir,
    environment: environmentOf(runtime, versions),
    photos: { total: 0, withFace: 0, withoutFace: 0, quarantined: 0, processed: 0, ignored: 0 },
    faces: 0,
    photosPerSecond: null,
    model,
    detector,
    people: [],
    missed: [],
  }
}
