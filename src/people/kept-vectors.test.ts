/** @file Which file holds the vectors of a recipe: that of any name the model ever had, also from before names were left out. */
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256 } from '../base/index.ts'
import type { CropRecord, FaceRecipe } from '../faces/index.ts'
import { canonicalJson } from '../recipe/index.ts'
import { faceId, KeptVectors } from './kept-vectors.ts'
import { pixelsModel } from './pixels-model.ts'

let out: string
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'kindred-kept-'))
})
afterEach(() => rmSync(out, { recursive: true, force: true }))

const { recipe } = pixelsModel('ssd:1')
const named = (name: string): FaceRecipe => ({ ...recipe, model: { ...recipe.model, name } })
const record = { source: 'a.jpg', face: 0, sourceHash: 'ff', landmarks: [1, 2], label: 'a' } as unknown as CropRecord
const vector = Float32Array.of(1, 2, 3)
const files = () => readdirSync(join(out, 'vectors')).sort()
const keep = (given: FaceRecipe, save = true) => {
  const kept = new KeptVectors(out, given, 3)
  kept.put([faceId(record)], vector)
  if (save) kept.save([record])
  kept.close()
}
const found = (given: FaceRecipe) => new KeptVectors(out, given, 3).get(faceId(record))

/** Renames the files to what they were called when a model's name was part of its identity. */
const asBefore = (given: FaceRecipe) => {
  for (const name of files())
    renameSync(
      join(out, 'vectors', name),
      join(out, 'vectors', name.replace(/-[0-9a-f]{12}\./, `-${sha256(canonicalJson(given)).slice(0, 12)}.`)),
    )
}

test.each([true, false])('a model file that is renamed keeps its vectors (saved: %s)', (save) => {
  keep(named('face'), save)
  const before = files()
  expect(found(named('renamed'))).toEqual(vector)
  keep(named('renamed again'), save)
  expect(files()).toEqual(before)
  expect(found({ ...recipe, detector: 'tiny:1' })).toBeUndefined()
})

test('files from before are found by the recipe beside them, and journals by name', () => {
  keep(named('face'))
  asBefore(named('face'))
  const before = files()
  expect(found(named('face'))).toEqual(vector)
  expect(found(named('renamed'))).toEqual(vector)
  expect(found({ ...recipe, detector: 'tiny:1' })).toBeUndefined()
  keep(named('renamed'))
  expect(files()).toEqual(before)

  rmSync(join(out, 'vectors'), { recursive: true })
  keep(named('face'), false)
  asBefore(named('face'))
  expect(files()).toHaveLength(1)
  expect(found(named('face'))).toEqual(vector)
})
