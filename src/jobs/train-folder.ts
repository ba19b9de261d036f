/**
 * @file A run's folder: what it was asked to do, and what it leaves behind.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { KindredError, type Schema } from '../base/index.ts'
import { hasCheckpoint, readJson as readJsonFile, writeFileAtomic } from '../files/index.ts'
import { lossCurve, toPng } from '../plots/index.ts'
import type { EpochRecord } from '../train/index.ts'

/** Writes an object as indented JSON. */
export function writeJson(folder: string, name: string, content: unknown): void {
  writeFileAtomic(join(folder, name), `${JSON.stringify(content, null, 2)}\n`)
}

/** Reads a JSON file of a run. @throws KindredError `not-found`, or `corrupt` naming the file and the place in it */
export function readJson<T>(folder: string, name: string, schema: Schema<T>): T {
  return readJsonFile(join(folder, name), schema, { where: 'run folder', fix: 'Begin anew with `overwrite`.' })
}

/** Keeps a run from being lost by mistake. @throws KindredError `usage` when the folder holds one and it is neither resumed nor overwritten */
export function checkFree(folder: string, { resume, overwrite }: { resume?: boolean; overwrite?: boolean }): void {
  if (resume === true && overwrite === true)
    throw new KindredError('usage', 'train', '`resume` and `overwrite` must not be given together', undefined, undefined, {
      option: 'resume',
    })
  if (resume === true && !existsSync(join(folder, 'run.json')))
    throw new KindredError(
      'not-found',
      'train',
      `${folder} must hold a run to resume`,
      'none',
      'Leave `resume` out, or name the folder with `out`.',
      { option: 'resume' },
    )
  if (resume !== true && overwrite !== true && hasCheckpoint(folder))
    throw new KindredError(
      'usage',
      'train',
      `${folder} must not hold another run`,
      'a checkpoint',
      'Pass `resume` to go on, `overwrite` to begin anew, or another `out`.',
      { option: 'out' },
    )
}

/** Draws the run's curves as `loss.svg` and `loss.png`. */
export async function writeCurves(folder: string, history: readonly EpochRecord[], bestEpoch: number): Promise<void> {
  if (history.length === 0) return
  const svg = lossCurve(history, { bestEpoch })
  writeFileAtomic(join(folder, 'loss.svg'), svg)
  writeFileAtomic(join(folder, 'loss.png'), await toPng(svg))
}
