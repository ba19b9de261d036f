/**
 * @file Learning on the faces of an output folder, and what it leaves there: `head.onnx`, `head.json`, `head.threshold.json`, and vectors that passed through
 * the head, under a recipe of their own.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ensure, inOrder, KindredError, type Progress, silent, stopIfAborted } from '../../base/index.ts'
import { faceRecipeSchema, readCrops, type CropRecord, type FaceModel, type FaceRecipe } from '../../faces/index.ts'
import { ioError, readJson, writeFileAtomic, type Lock } from '../../files/index.ts'
import { wilsonInterval } from '../../metrics/index.ts'
import { describeRecipe } from '../../recipe/index.ts'
import type { Runtime } from '../../runtime/index.ts'
import { longestProjected, projectVectors } from '../../train/index.ts'
import type { EmbeddedFaces } from '../embed-folder.ts'
import { faceId, KeptVectors } from '../kept-vectors.ts'
import { some } from '../pictures.ts'
import { saveThreshold, thresholdPath } from '../threshold-file.ts'
import { confirmedPeople } from './confirmed-people.ts'
import { degradeCrops, learntDegradations } from './degrade-crops.ts'
import { fitsHead, headPath, readHead, recipeWithHead, writeHead, type OpenedHead } from './head-file.ts'
import { ensureEnough, learnHead, type LearnedHead } from './learn-head.ts'

/** Crops of which worse copies are made, at most: each costs four embeddings. Of more, so many are drawn. */
const mostCopied = 500
/** Crops whose copies are made and embedded at once. */
const block = 8

/** Settings of {@link learnFolder}. */
export interface LearnFolderOptions {
  /** Where the faces' crops and vectors are kept. */
  readonly out: string
  /** The folder of the photos, for the words of the threshold. */
  readonly dir: string
  /** The model that made the vectors, without a head. */
  readonly model: FaceModel
  readonly seed?: number
  readonly runtime?: Runtime
  readonly lock?: Lock
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/** What {@link learnFolder} gives. */
export interface LearnedFolder {
  readonly learned: LearnedHead
  readonly people: readonly string[]
  /** [n] Confirmed person of each face, or -1. */
  readonly labels: Int32Array
  /** The faces in the new space; undefined where it is no better, so that the old one stays. */
  readonly found: EmbeddedFaces | undefined
  /** Distance up to which two faces count as one person in the new space, from pairs that no head had seen, and where it is kept. */
  readonly threshold: number | undefined
}

const where = 'learn'

/**
 * Learns a head on the confirmed people of an output folder. Where it is better it is kept and from then on used; where it is not, an earlier one is removed,
 * and the model's own space is used.
 *
 * @param found its faces in the model's own space
 * @throws KindredError `usage` where there are too few confirmed people or photos; `interrupted`: nothing has changed then
 * Cost: {@link learnHead}, and four embeddings for each of at most 500 crops
 */
export async function learnFolder(found: EmbeddedFaces, options: LearnFolderOptions): Promise<LearnedFolder> {
  const { out, dir, model, seed = 0, runtime, lock, progress = silent, signal } = options
  const { records, vectors, dim, recipe } = found
  const { people, labels } = confirmedPeople(out, records)
  const photos = records.map((r) => `${r.sourceHash}#${r.face}`)
  const settings = { vectors, dim, labels, photos, seed, runtime, progress, signal }
  ensure(
    dim <= longestProjected,
    where,
    `vectors must have at most ${longestProjected} numbers`,
    dim,
    'Learn in the space of a smaller model, such as dlib.',
  )
  ensureEnough(labels, photos) // before the costly part
  const worse = await worseCopies(out, records, labels, { model, seed, progress, signal, lock })
  const learned = await learnHead({ ...settings, worse })
  lock?.check()
  if (!learned.better) {
    dropHead(out)
    return { learned, people, labels, found: undefined, threshold: undefined }
  }
  const path = headPath(out)
  const words = {
    people: String(learned.people),
    photos: String(learned.photos),
    copies: String(learned.copies),
    loss: 'triplet margin, semi-hard; pulled towards the identity',
    seed: String(seed),
  }
  writeHead(path, learned.head, recipe, words)
  const head = readHead(path)
  const { curve, judged, verdict } = learned
  const learnedOn = [...new Set(records.filter((_, i) => labels[i] >= 0).map((r) => r.sourceHash))].sort()
  const card = { kindred: 'learned head', hash: head.hash, base: describeRecipe(recipe), ...words, learnedOn, verdict, judged, curve }
  writeFileAtomic(join(out, 'head.json'), `${JSON.stringify(card, null, 2)}\n`)
  const moved = inSpace(out, found, head, lock)
  saveHeldOut(out, dir, learned, moved.recipe)
  return { learned, people, labels, found: moved, threshold: learned.threshold?.rule.threshold }
}

/**
 * The faces of an output folder in the space of the head that was learnt there earlier, new faces included; undefined where there is none, or it belongs to
 * another model.
 *
 * @throws KindredError `corrupt` for a damaged head
 */
export function inLearnedSpace(out: string, found: EmbeddedFaces, lock?: Lock): EmbeddedFaces | undefined {
  if (!existsSync(headPath(out))) return undefined
  const head = earlierHead(headPath(out))
  return fitsHead(head, found.recipe) ? inSpace(out, found, head, lock) : undefined
}

const cardSchema = z.object({ kindred: z.literal('learned head'), learnedOn: z.array(z.string()).optional() })

/**
 * How many of the photos that an output folder's head was learned on are no longer among its faces: a head keeps what it learned from them.
 *
 * @throws KindredError `corrupt` for a damaged head.json
 */
export function learnedOnGone(out: string, records: readonly CropRecord[]): number {
  const path = join(out, 'head.json')
  if (!existsSync(path)) return 0
  const here = new Set(records.map((r) => r.sourceHash))
  const { learnedOn = [] } = readJson(path, cardSchema, { where, fix: 'Learn again with `learn`, or delete it.' })
  return learnedOn.filter((hash) => !here.has(hash)).length
}

/** Reads a head, and says what to do where it is damaged. */
function earlierHead(path: string): OpenedHead {
  try {
    return readHead(path)
  } catch (error) {
    if (!(error instanceof KindredError) || error.code !== 'corrupt') throw error
    const fix = 'Put it back, learn again with `learn`, or delete it: the space of the model alone is used then.'
    throw new KindredError('corrupt', path, error.expected, error.got, fix, { cause: error })
  }
}

/** Moves vectors into a head's space, keeps them, and forgets those of earlier heads. */
function inSpace(out: string, found: EmbeddedFaces, head: OpenedHead, lock: Lock | undefined): EmbeddedFaces {
  const vectors = projectVectors(head, found.vectors)
  const recipe = recipeWithHead(found.recipe, head)
  const kept = new KeptVectors(out, recipe, head.dim)
  lock?.check()
  kept.put(found.records.map(faceId), vectors)
  kept.save(found.records)
  forgetHeads(out, head.hash)
  return { ...found, vectors, dim: head.dim, recipe }
}

/** Removes a head and all that was made with it. @throws KindredError `io` */
function dropHead(out: string): void {
  for (const name of ['head.onnx', 'head.json', 'head.threshold.json']) remove(join(out, name))
  forgetHeads(out, undefined)
}

/** Removes vectors that passed through another head than this. */
function forgetHeads(out: string, hash: string | undefined): void {
  const folder = join(out, 'vectors')
  if (!existsSync(folder)) return
  const names = readdirSync(folder)
  for (const name of names.filter((n) => n.endsWith('.recipe.json'))) {
    const recipe = recipeOf(join(folder, name))
    if (recipe?.head === undefined || recipe.head.hash === hash) continue
    const stem = name.replace(/recipe\.json$/, '')
    for (const file of names.filter((n) => n.startsWith(stem))) remove(join(folder, file))
  }
}

function recipeOf(file: string): FaceRecipe | undefined {
  try {
    return readJson(file, faceRecipeSchema, { where })
  } catch (error) {
    if (!(error instanceof KindredError)) throw error
    return undefined // damaged: nobody can say what made them
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch (error) {
    throw ioError(where, path, error)
  }
}

/** Worse copies of labelled crops, embedded by the model; of many crops some are drawn. */
async function worseCopies(
  out: string,
  records: readonly CropRecord[],
  labels: Int32Array,
  { model, seed, progress, signal, lock }: Pick<LearnFolderOptions, 'model' | 'signal' | 'lock'> & { seed: number; progress: Progress },
): Promise<{ vectors: Float32Array; of: Int32Array }> {
  const known = [...labels.keys()].filter((i) => labels[i] >= 0)
  const chosen = some(known.length, mostCopied, seed).map((at) => known[at])
  const side = model.template.size
  const total = chosen.length * learntDegradations.length
  const vectors = new Float32Array(total * model.dim)
  const of = new Int32Array(total)
  const task = progress.start('embedding worse copies', total, 'crop')
  const parts = inOrder(Math.ceil(chosen.length / block), 2, async (k) => {
    const rows = chosen.slice(k * block, (k + 1) * block)
    const crops = await readCrops(
      out,
      rows.map((i) => records[i]),
    )
    const made = await degradeCrops(crops, side, [...rows.keys()], { seed: seed + k, signal })
    return { rows: Int32Array.from(made.of, (i) => rows[i]), vectors: await model.embed(made.crops, { side }) }
  })
  let done = 0
  try {
    for await (const part of parts) {
      vectors.set(part.vectors, done * model.dim)
      of.set(part.rows, done)
      done += part.rows.length
      task.update(done)
      lock?.pulse()
      stopIfAborted(signal, where, `a stop after ${done} of ${total} worse copies`)
    }
  } finally {
    task.end()
  }
  return { vectors, of }
}

/** Keeps the threshold of the held-out pairs, in the form that calibrating gives. */
function saveHeldOut(out: string, dir: string, { threshold, people, photos }: LearnedHead, recipe: FaceRecipe): void {
  const path = thresholdPath(out, recipe)
  if (threshold === undefined) return remove(path)
  const { far, rule, strangers } = threshold
  saveThreshold(path, {
    kindred: 'face threshold',
    threshold: rule.threshold,
    farAsked: far,
    far: rule.far,
    tar: rule.tar,
    farInterval: rule.byPeople?.farInterval ?? rule.farInterval,
    tarInterval: rule.byPeople?.tarInterval ?? rule.tarInterval,
    intervalsBy: rule.byPeople === undefined ? 'pairs' : 'people',
    genuine: rule.genuine,
    impostors: rule.impostors,
    strangers: { ...strangers, interval: wilsonInterval(strangers.accepted, strangers.asked) },
    people,
    faces: photos,
    folder: `${dir} (people the head had not seen)`,
    recipe,
  })
}
