/** @file Progress that a report hears, too. */
import type { Progress } from '../base/index.ts'

/** Passes progress on, and lets the report say how far the work is. @param showNow told in words what happens right now */
export function reportProgress(progress: Progress, showNow: (now: string) => void): Progress {
  /** What goes on at once, each in words. */
  const open = new Map<object, string>()
  return {
    log: (message) => progress.log(message),
    warn: (message) => progress.warn(message),
    start(task, total, unit) {
      const shown = progress.start(task, total, unit)
      return {
        update(done, figures) {
          shown.update(done, figures)
          open.set(shown, `${task}, ${done} of ${total} ${unit}s`)
          showNow([...open.values()].join('; '))
        },
        end() {
          open.delete(shown)
          shown.end()
        },
      }
    },
  }
}
