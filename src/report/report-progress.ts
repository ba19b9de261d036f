/** @file Progress that a report hears, too. */
import type { Progress } from '../base/index.ts'

/** Passes progress on, and lets the report say how far the work is. @param showNow told in words what happens right now */
export function reportProgress(progress: Progress, showNow: (now: string) => void): Progress {
  return {
    log: (message) => progress.log(message),
    warn: (message) => progress.warn(message),
    start(task, total, unit) {
      const shown = progress.start(task, total, unit)
      return {
        update(done, figures) {
          shown.update(done, figures)
          showNow(`${task}, ${done} of ${total} ${unit}s`)
        },
        end: () => shown.end(),
      }
    },
  }
}
