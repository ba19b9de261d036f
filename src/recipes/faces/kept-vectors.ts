/**
 * @file Vectors kept on disk, one file for each recipe: `OUT/vectors/MODEL-HASH.npy` with its ids, labels and recipe beside it.
 */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { KindredError } from '../../base/index.ts'
import { readVectors, writeVectors } from '../../data/index.ts'
import type { CropRecord, FaceRecipe } from '../../faces/index.ts'
import { sha256, writeFileAtomic } from '../../files/index.ts'
import { recipeHash, type Recipe } from '../../gallery/index.ts'

/** Names a face by everything its crop depends on but the alignment, which is part of the recipe. */
export function faceId({ source, face, sourceHash, landmarks }: CropRecord): string {
  return `${source}#${face}@${sha256(Buffer.from(`${sourceHash} ${landmarks.join(' ')}`)).slice(0, 16)}`
}

/** The vectors of one recipe, from earlier runs and this one. */
export class KeptVectors {
  readonly path: string
  private readonly dim: number
  private readonly recipe: FaceRecipe
  private readonly known = new Map<string, Float32Array>()

  constructor(out: string, recipe: FaceRecipe, dim: number) {
    const name = recipe.model.name.replace(/[^\p{L}\p{N}._-]+/gu, '-')
    this.path = join(out, 'vectors', `${name}-${recipeHash({ ...recipe } as unknown as Recipe).slice(0, 12)}.npy`)
    this.dim = dim
    this.recipe = recipe
    if (!existsSync(this.path)) return
    try {
      const { vectors, dim: kept, ids } = readVectors(this.path)
      if (kept === dim) ids?.forEach((id, i) => this.known.set(id, vectors.slice(i * dim, (i + 1) * dim)))
    } catch (error) {
      if (!(error instanceof KindredError)) throw error // a damaged file holds nothing worth keeping: it is made again
    }
  }

  get(id: string): Float32Array | undefined {
    return this.known.get(id)
  }

  put(id: string, vector: Float32Array): void {
    this.known.set(id, vector)
  }

  /** Writes the vectors of these faces, and forgets all others. */
  save(records: readonly CropRecord[]): void {
    const rows = records.map((r) => ({ id: faceId(r), label: r.label ?? '' })).filter(({ id }) => this.known.has(id))
    const vectors = new Float32Array(rows.length * this.dim)
    rows.forEach(({ id }, i) => vectors.set(this.known.get(id)!, i * this.dim))
    // Names are written before numbers: between the two no old numbers may stand under new names.
    rmSync(this.path, { force: true })
    writeVectors(this.path, { vectors, dim: this.dim, ids: rows.map((r) => r.id), labels: rows.map((r) => r.label) })
    writeFileAtomic(this.path.replace(/npy$/, 'recipe.json'), `${JSON.stringify(this.recipe, null, 2)}\n`)
  }
}
