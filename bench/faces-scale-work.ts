/**
 * @file One piece of work on a folder of many faces, in a process of its own: `tsx bench/faces-scale-work.ts group|retrieval|map OUT RESULT`.
 *
 * RESULT gets the processor time and the peak memory of the whole process, loading and reading included, and the longest time that the event loop stood still
 * while the work ran.
 */
import { writeFileSync } from 'node:fs'
import { KindredError } from '../src/base/index.ts'
import { faceId } from '../src/people/kept-vectors.ts'
import { readCropRecords } from '../src/faces/index.ts'
import { keptVectorsIn } from './many-faces.ts'

const [task, out, result] = process.argv.slice(2)

/** Faces with their vectors, as `kindred faces` has them when its chapters begin. */
async function facesOf(folder: string) {
  const { peopleOf } = await import('../src/people/index.ts')
  const records = readCropRecords(folder).faces
  const { vectors, dim, ids = [] } = keptVectorsIn(folder)
  const row = new Map(ids.map((id, i) => [id, i]))
  const rows = new Float32Array(records.length * dim)
  for (const [i, record] of records.entries()) {
    const at = row.get(faceId(record))! * dim
    rows.set(vectors.subarray(at, at + dim), i * dim)
  }
  return { records, vectors: rows, dim, ...peopleOf(records) }
}

/** The command itself, its answer thrown away. */
async function group(): Promise<Record<string, unknown>> {
  const { runVerb } = await import('../src/jobs/index.ts')
  const { groups, alone } = await runVerb('group', { dir: out })
  return { groups: groups.length, alone: alone.length }
}

/** The retrieval chapter: questions, figures, the picture. */
async function retrieval(): Promise<Record<string, unknown>> {
  const { askEachOther, measureRetrieval, precisionFigure } = await import('../src/people/index.ts')
  const found = (await facesOf(out)) as never as Parameters<typeof measureRetrieval>[0]['found']
  const answers = await askEachOther(found.vectors, found.dim, found.labels)
  const measured = await measureRetrieval({ found, answers }, 0)
  if (measured === undefined) throw new KindredError('usage', 'bench', 'two people must have two faces', 'none')
  precisionFigure(measured)
  const { queries, askable, knnAccuracy, map, silhouette } = measured
  return { queries, askable, knnAccuracy, map, silhouette }
}

async function map(): Promise<Record<string, unknown>> {
  const { mapFaces } = await import('../src/stories/faces/map-faces.ts')
  const { vectors, dim } = await facesOf(out)
  const { method, neighbourPreservation } = await mapFaces(vectors, dim, { seed: 0 })
  return { method, neighbourPreservation }
}

const works: Record<string, () => Promise<Record<string, unknown>>> = { group, retrieval, map }

async function main(): Promise<void> {
  let [last, longest] = [performance.now(), 0]
  const clock = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }, 5)
  const figures = await works[task]()
  clearInterval(clock)
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  const measured = { cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMB: maxRSS / 1024, longestPauseMs: longest }
  writeFileSync(result, JSON.stringify({ ...measured, ...figures }))
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
