/**
 * @file Vectors kept on disk, one file for each recipe: `OUT/vectors/MODEL-HASH.npy` with its ids, labels and recipe beside it.
 *
 * While faces are embedded, new vectors are appended to `MODEL-HASH.journal`; at the end they join the others. Numbers and names are two files, so the new
 * pair is written whole as `MODEL-HASH.next.npy` before it takes the place of the old one: a stop at any moment loses neither and never puts old numbers
 * under new names.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { KindredError } from '../base/index.ts'
import { readVectors, writeVectors } from '../vectors/index.ts'
import { faceRecipeSchema, type CropRecord, type FaceRecipe } from '../faces/index.ts'
import { ioError, Journal, readJson, renameOver, writeFileAtomic } from '../files/index.ts'
import { sha256 } from '../base/index.ts'
import { canonicalJson, recipeHash, sameRecipe } from '../recipe/index.ts'

/** Names a face by everything its crop depends on but the alignment, which is part of the recipe. */
export function faceId({ source, face, sourceHash, landmarks }: CropRecord): string {
  return `${source}#${face}@${sha256(Buffer.from(`${sourceHash} ${landmarks.join(' ')}`)).slice(0, 16)}`
}

/** The photo that {@link faceId} names. */
export const sourceOfId = (id: string): string => id.slice(0, id.lastIndexOf('#'))

/** The part of a {@link faceId} that is the same wherever the photo lies and whatever its faces are numbered: by this vectors are known. */
export const contentOfId = (id: string): string => id.slice(id.lastIndexOf('@') + 1)

const entrySchema = z.object({ id: z.string(), vector: z.base64() })
type Entry = z.infer<typeof entrySchema>

const idsOf = (npy: string): string => `${npy}.ids.json`

/** The vectors of one recipe, from earlier runs and this one. */
export class KeptVectors {
  readonly path: string
  private readonly dim: number
  private readonly recipe: FaceRecipe
  /** By {@link contentOfId}. */
  private readonly known: Map<string, Float32Array>
  /** The ids that the file holds. */
  private readonly ids: ReadonlySet<string>
  private readonly journal: Journal<Entry>
  /** Whether more is known than the file holds. */
  private changed: boolean

  constructor(out: string, recipe: FaceRecipe, dim: number) {
    this.path = pathOf(out, recipe)
    this.dim = dim
    this.recipe = recipe
    const { known, ids, journal } = readKept(this.path, dim)
    this.known = known
    this.ids = ids
    this.journal = journal
    this.changed = journal.entries.length + journal.damaged > 0
  }

  get(id: string): Float32Array | undefined {
    return this.known.get(contentOfId(id))
  }

  /** Keeps vectors, one an id, row-major; when it returns, they are on the disk. @throws KindredError `io` */
  put(ids: readonly string[], vectors: Float32Array): void {
    const rows = ids.map((id, i) => ({ id, vector: vectors.slice(i * this.dim, (i + 1) * this.dim) }))
    this.journal.append(
      rows.map(({ id, vector }) => ({ id, vector: Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64') })),
    )
    for (const { id, vector } of rows) this.known.set(contentOfId(id), vector)
    this.changed = true
  }

  /** Writes the vectors of these faces, and forgets all others, unless nothing is new. @throws KindredError `io`; the journal then stays for the next run */
  save(records: readonly CropRecord[]): void {
    const rows = records.map((r) => ({ id: faceId(r), label: r.label ?? '' })).filter(({ id }) => this.get(id) !== undefined)
    if (!this.changed && rows.every(({ id }) => this.ids.has(id))) return
    writeFileAtomic(this.path.replace(/npy$/, 'recipe.json'), `${JSON.stringify(this.recipe, null, 2)}\n`)
    writeKept(
      this.path,
      this.dim,
      rows.map((row) => ({ ...row, vector: this.get(row.id)! })),
    )
    this.journal.remove()
    this.changed = false
  }

  /** Lets go of the journal's file. */
  close(): void {
    this.journal.close()
  }
}

/** The files of vectors of an output folder, by what their names have in common. */
function stemsIn(folder: string): string[] {
  const files = existsSync(folder) ? readdirSync(folder) : []
  return [...new Set(files.flatMap((name) => /^(.*-[0-9a-f]{12})(\.next)?\.(npy|npy\.ids\.json|journal)$/.exec(name)?.[1] ?? []))].sort()
}

/**
 * The file for the vectors of a recipe: the one that holds them, whatever the model's file was called when they were made, or else a new one.
 *
 * Names end in the start of the recipe's hash. Earlier ones end in that of its whole JSON, names for people included: they are known by that, and by the recipe
 * that lies beside them.
 */
function pathOf(out: string, recipe: FaceRecipe): string {
  const folder = join(out, 'vectors')
  const name = recipe.model.name.replace(/[^\p{L}\p{N}._-]+/gu, '-')
  const stems = stemsIn(folder)
  const end = `-${recipeHash(recipe).slice(0, 12)}`
  const [made, before] = [`${name}${end}`, `${name}-${sha256(canonicalJson(recipe)).slice(0, 12)}`]
  const kept =
    stems.find((stem) => stem === made) ??
    stems.find((stem) => stem.endsWith(end)) ??
    stems.find((stem) => stem === before) ??
    stems.find((stem) => isOfRecipe(join(folder, `${stem}.recipe.json`), recipe))
  return join(folder, `${kept ?? made}.npy`)
}

function isOfRecipe(file: string, recipe: FaceRecipe): boolean {
  try {
    return existsSync(file) && sameRecipe(readJson(file, faceRecipeSchema, { where: 'vectors' }), recipe)
  } catch (error) {
    if (!(error instanceof KindredError)) throw error
    return false // damaged: nobody can say what made them
  }
}

/** All vectors of a file and its journal; of another length than `dim`, or damaged, they are not worth keeping: they are made again. */
function readKept(path: string, dim: number): { known: Map<string, Float32Array>; ids: ReadonlySet<string>; journal: Journal<Entry> } {
  finishReplacing(path)
  const known = new Map<string, Float32Array>()
  const inFile = new Set<string>()
  if (existsSync(path)) {
    try {
      const { vectors, dim: kept, ids } = readVectors(path)
      if (kept === dim)
        ids?.forEach((id, i) => {
          inFile.add(id)
          known.set(contentOfId(id), vectors.slice(i * dim, (i + 1) * dim))
        })
    } catch (error) {
      if (!(error instanceof KindredError)) throw error
    }
  }
  const journal = new Journal(path.replace(/npy$/, 'journal'), entrySchema, 'vectors')
  for (const { id, vector } of journal.entries) {
    const bytes = new Uint8Array(Buffer.from(vector, 'base64'))
    const numbers = bytes.length === 4 * dim ? new Float32Array(bytes.buffer) : undefined
    if (numbers?.every(Number.isFinite) === true) known.set(contentOfId(id), numbers)
  }
  return { known, ids: inFile, journal }
}

/** Puts a file of vectors with its names in the place of the old ones. */
function writeKept(path: string, dim: number, rows: readonly { id: string; label: string; vector: Float32Array }[]): void {
  const vectors = new Float32Array(rows.length * dim)
  rows.forEach(({ vector }, i) => vectors.set(vector, i * dim))
  writeVectors(nextOf(path), { vectors, dim, ids: rows.map((r) => r.id), labels: rows.map((r) => r.label) })
  remove(path)
  finishReplacing(path)
}

const nextOf = (path: string): string => path.replace(/npy$/, 'next.npy')

/** Does what is left of replacing a file. The old numbers go first: where they are still there, the new pair may be half-written and is given up. */
function finishReplacing(path: string): void {
  const next = nextOf(path)
  if (existsSync(path)) for (const file of [next, idsOf(next)]) remove(file)
  else if (existsSync(next)) {
    try {
      if (existsSync(idsOf(next))) renameOver(idsOf(next), idsOf(path))
      renameOver(next, path)
    } catch (error) {
      throw ioError('vectors', path, error)
    }
  }
}

/**
 * Removes from all files of vectors of an output folder the rows of faces that are no longer there.
 *
 * @param isThere whether a face is still there, by its {@link faceId}
 * @param before called once before anything is removed, if anything is
 * @throws KindredError `io`
 */
export function forgetVectors(out: string, isThere: (id: string) => boolean, before: () => void): void {
  const folder = join(out, 'vectors')
  let told = false
  for (const stem of stemsIn(folder)) {
    const path = join(folder, `${stem}.npy`)
    finishReplacing(path)
    if (namesOf(path).every(isThere)) continue
    if (!told) before()
    told = true
    keepOnly(path, isThere)
  }
}

/** The faces whose vectors a file and its journal hold; one name that is nobody's for numbers without names. */
function namesOf(path: string): string[] {
  const journal = new Journal(path.replace(/npy$/, 'journal'), entrySchema, 'vectors').entries.map((e) => e.id)
  if (!existsSync(path) && !existsSync(idsOf(path))) return journal
  try {
    return [...readJson(idsOf(path), z.object({ ids: z.array(z.string()) })).ids, ...journal]
  } catch (error) {
    if (!(error instanceof KindredError)) throw error
    return ['']
  }
}

function keepOnly(path: string, isThere: (id: string) => boolean): void {
  let content: ReturnType<typeof readVectors> | undefined
  try {
    content = existsSync(path) ? readVectors(path) : undefined
  } catch (error) {
    if (!(error instanceof KindredError)) throw error // damaged: nobody can say whose they are
  }
  const dim = content?.dim ?? 0
  const rows = (content?.ids ?? [])
    .map((id, i) => ({ id, label: content?.labels?.[i] ?? '', vector: content!.vectors.slice(i * dim, (i + 1) * dim) }))
    .filter(({ id }) => isThere(id))
  if (rows.length > 0) writeKept(path, dim, rows)
  else for (const file of [path, idsOf(path)]) remove(file)
  const journal = new Journal(path.replace(/npy$/, 'journal'), entrySchema, 'vectors')
  const left = journal.entries.filter(({ id }) => isThere(id))
  if (left.length === journal.entries.length) return
  if (left.length === 0) journal.remove()
  else writeFileAtomic(journal.path, left.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch (error) {
    throw ioError('vectors', path, error)
  }
}
