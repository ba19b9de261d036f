/** @file A learnt head on disk: `head.onnx`, its place in a recipe, and the model whose vectors pass through it. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { KindredError, sha256 } from '../../base/index.ts'
import { faceModelOf, type FaceModel, type FaceRecipe } from '../../faces/index.ts'
import { readBytes, writeFileAtomic } from '../../files/index.ts'
import { describeRecipe, recipeHash } from '../../recipe/index.ts'
import { projectionFromOnnx, projectionToOnnx, projectVectors, type ProjectionHead } from '../../train/index.ts'

/** What a recipe says of a head. */
export type HeadOfRecipe = NonNullable<FaceRecipe['head']>

/** A head with the space it belongs to. */
export interface OpenedHead extends ProjectionHead {
  readonly path: string
  /** SHA-256 of its file. */
  readonly hash: string
  /** Hash of the recipe whose vectors it takes. */
  readonly base: string
  /** What the file says of itself, under `kindred.*`. */
  readonly words: Readonly<Record<string, string>>
}

const where = 'learned head'
const baseKey = 'kindred.base'
const nameOfHead = 'learned'

/** The head of an output folder. */
export const headPath = (out: string): string => join(out, 'head.onnx')

/** A gallery's own copy of the head that its vectors passed through. */
export const galleryHeadPath = (place: string): string => `${place.replace(/[/\\]+$/, '')}.head.onnx`

/** Gives a gallery in a folder its own copy of the head, and of the threshold where it has none. @throws KindredError `io` */
export function copyHead(out: string, gallery: string): void {
  const home = gallery.replace(/[/\\]+$/, '')
  writeFileAtomic(galleryHeadPath(gallery), readBytes(headPath(out), where))
  const [from, to] = [join(out, 'head.threshold.json'), `${home}.threshold.json`]
  if (existsSync(from) && !existsSync(to)) writeFileAtomic(to, readBytes(from, where))
}

/**
 * Writes a head.
 *
 * @param base the recipe of the vectors it was trained on
 * @param words where it comes from: kept in the file
 */
export function writeHead(path: string, head: ProjectionHead, base: FaceRecipe, words: Readonly<Record<string, string>>): void {
  const said = Object.fromEntries(Object.entries(words).map(([key, text]) => [`kindred.${key}`, text]))
  const file = projectionToOnnx(head, { ...said, [baseKey]: recipeHash(base), 'kindred.recipe': describeRecipe(base) })
  writeFileAtomic(path, file)
}

/** Reads a head. @throws KindredError `not-found`, `corrupt` */
export function readHead(path: string): OpenedHead {
  const bytes = readBytes(path, where)
  const { dim, weight, words } = projectionFromOnnx(bytes, path)
  return { path: resolve(path), dim, weight, words, base: words[baseKey] ?? '', hash: sha256(bytes) }
}

/**
 * The head that a recipe names.
 *
 * @param places where it may lie; the path in the recipe is tried last
 * @throws KindredError `not-found` where there is no head, `mismatch` where there is another, `corrupt`
 */
export function findHead({ hash, path }: HeadOfRecipe, places: readonly string[] = []): OpenedHead {
  const all = [...places, ...(typeof path === 'string' ? [path] : [])]
  const there = all.filter((file) => existsSync(file))
  for (const file of there) {
    const head = readHead(file)
    if (head.hash === hash) return head
  }
  const wanted = `the head ${hash.slice(0, 12)} that these vectors passed through must be there`
  const fix = 'Put its head.onnx back, or learn again: `faces()` with `learn`.'
  if (there.length > 0) throw new KindredError('mismatch', where, wanted, `another one in ${there.join(' and ')}`, fix)
  throw new KindredError('not-found', where, wanted, all.length === 0 ? 'no place to look' : `no file ${all.join(' or ')}`, fix)
}

/** The recipe of vectors that passed through a head. */
export function recipeWithHead(base: FaceRecipe, { hash, dim, path }: OpenedHead): FaceRecipe {
  return { ...base, head: { name: nameOfHead, hash, dim, path } }
}

/**
 * A model whose vectors pass through a head.
 *
 * @param model stays the caller's until the new model is disposed of, which disposes of both
 * @throws KindredError `mismatch` for a head that was learnt on vectors of another recipe
 */
export function modelWithHead(model: FaceModel, head: OpenedHead): FaceModel {
  ensureFits(head, model.recipe, model.dim)
  return faceModelOf({
    name: model.name,
    dim: head.dim,
    template: model.template,
    recipe: recipeWithHead(model.recipe, head),
    embed: async (crops, side) => projectVectors(head, await model.embed(crops, { side })),
    dispose: () => model.dispose(),
  })
}

/** Whether a head takes vectors of a recipe. */
export const fitsHead = (head: OpenedHead, recipe: FaceRecipe): boolean => head.base === recipeHash(recipe)

function ensureFits(head: OpenedHead, recipe: FaceRecipe, dim: number): void {
  if (fitsHead(head, recipe) && head.dim === dim) return
  throw new KindredError(
    'mismatch',
    head.path,
    `its vectors must be made by the recipe [${head.words['kindred.recipe'] ?? head.base.slice(0, 12)}]`,
    `[${describeRecipe(recipe)}]`,
    'Learn it again for this model: `faces()` with `learn`.',
  )
}
