/** @file One run at a time in an output folder: two would remove each other's crops. */
import type { Progress } from '../base/index.ts'
import { lockFolder, type Lock } from './lock.ts'
import { makeFolder } from './atomic.ts'

/**
 * Does work while holding the lock of an output folder, which is made where it is missing.
 *
 * @param options.lock the lock, where the caller holds it already
 * @throws KindredError `mismatch` when a living process holds it; what the work throws; `io`
 */
export async function lockOutput<T>(
  out: string,
  { lock, progress }: { readonly lock?: Lock; readonly progress?: Progress },
  work: (lock: Lock) => Promise<T>,
): Promise<T> {
  if (lock !== undefined) return work(lock)
  makeFolder(out, 'output folder')
  const taken = await lockFolder(out, 'output folder', {
    name: '.kindred-lock',
    instead: 'or choose another folder for the results',
    progress,
  })
  try {
    return await work(taken)
  } finally {
    taken.release()
  }
}
