/**
 * @file A run's folder: what it was asked to do, and what it leaves behind.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { KindredError, parseJson } from '../base/index.ts'
import { readBytes, writeFileAtomic } from '../files/index.ts'
import { lossCurve, toPng } from '../plots/index.ts'
import { hasCheckpoint, type EpochRecord } from '../train/index.ts'

/** Writes an object as indented JSON. */
export function writeJson(folder: string, name: string, content: unknown): void {
  writeFileAtomic(join(folder, name), `${JSON.stringify(content, null, 2)}\n`)
}

/** Reads a JSON file. @throws KindredError `not-found`, or `corrupt` when it is no JSON */
export function readJson<T>(folder: string, name: string): T {
  const path = join(folder, name)
  const text = new TextDecoder().decode(readBytes(path, 'run folder'))
  return parseJson<T>(text, path, 'it must be JSON', 'Begin anew with --overwrite.')
}

/** Keeps a run from being lost by mistake. @throws KindredError `usage` when the folder holds one and it is neither resumed nor overwritten */
export function checkFree(folder: string, { resume, overwrite }: { resume?: boolean; overwrite?: boolean }): void {
  if (resume === true && overwrite === true) throw new KindredError('usage', 'train', '--resume and --overwrite must not be given together')
  if (resume === true && !existsSync(join(folder, 'run.json'))) throw new KindredError('not-found', 'train', `${folder} must hold a run to resume`, 'none', 'Leave --resume out, or name the folder with --out.')
  if (resume !== true && overwrite !== true && hasCheckpoint(folder)) throw new KindredError('usage', 'train', `${folder} must not hold another run`, 'a checkpoint', 'Pass --resume to go on, --overwrite to begin anew, or another --out.')
}

/** Draws the run's curves as `loss.svg` and `loss.png`. */
export async function writeCurves(folder: string, history: readonly EpochRecord[], bestEpoch: number): Promise<void> {
  if (history.length === 0) return
  const svg = lossCurve(history, { bestEpoch })
  writeFileAtomic(join(folder, 'loss.svg'), svg)
  writeFileAtomic(join(folder, 'loss.png'), await toPng(svg))
}
