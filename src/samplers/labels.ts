/** @file Image numbers by label, and the checks that every sampler makes. */
import { ensure, KindredError } from '../base/index.ts'

/** One label per image. */
export type Labels = ArrayLike<number>

/** Checks the batch size against the number of images. */
export function checkBatch(where: string, n: number, batch: number): void {
  ensure(n > 0, where, 'the dataset must hold images', 'an empty dataset')
  ensure(Number.isInteger(batch) && batch > 0, where, 'the batch must be a whole number above 0', batch)
  ensure(batch <= n, where, `the batch must not be larger than the dataset (${n} images)`, batch, 'Use a smaller batch or more images.')
}

/** For each label that occurs, in ascending order: the label and the numbers of its images. Cost: O(n). */
export function groupByLabel(labels: Labels): { label: number; members: Int32Array }[] {
  const lists = new Map<number, number[]>()
  for (let i = 0; i < labels.length; i++) {
    const list = lists.get(labels[i])
    if (list === undefined) lists.set(labels[i], [i])
    else list.push(i)
  }
  return [...lists].sort((a, b) => a[0] - b[0]).map(([label, list]) => ({ label, members: Int32Array.from(list) }))
}

/** Checks that a saved state belongs to this sampler. @throws KindredError `mismatch` for another sampler's, `corrupt` for what is no state */
export function checkState(where: string, kind: string, state: unknown): void {
  if (state === undefined) return
  if (state === null || typeof state !== 'object')
    throw new KindredError('corrupt', where, 'the state must be an object', JSON.stringify(state))
  const got = (state as { kind?: unknown }).kind
  if (got !== kind) throw new KindredError('mismatch', where, `the state must be of a ${kind} sampler`, String(got))
}

/** Steps of one epoch: ceil(n / batch), or the number asked for. */
export function epochSteps(where: string, n: number, batch: number, asked: number | undefined): number {
  ensure(asked === undefined || (Number.isInteger(asked) && asked > 0), where, 'stepsPerEpoch must be a whole number above 0', asked)
  return asked ?? Math.ceil(n / batch)
}
