/**
 * @file Long computations in small pieces: written once, as a generator that yields where it may be interrupted, and then run all at once or in slices between
 * which the event loop turns, progress is shown and a signal is looked at.
 */
import { silent, type Progress, type ProgressTask } from './progress.ts'
import { stopIfAborted } from './stop-if-aborted.ts'

/** A part of a computation, and how far it is: one object for the whole part, whose `done` the computation moves. */
export interface Stage {
  /** What is done, as a bar shows it: "PCA". */
  readonly task: string
  readonly total: number
  /** "point", "iteration". */
  readonly unit: string
  done: number
}

/** A computation that yields every few milliseconds, and returns its result. */
export type Pieces<T> = Generator<Stage, T, undefined>

/** Options of {@link inSlices}. */
export interface SliceOptions {
  /** Who works, for the error of a stop. */
  readonly where: string
  /** Where progress is shown; stages shorter than a slice are not. */
  readonly progress?: Progress
  /** Shows short stages, too; default false. */
  readonly always?: boolean
  /** Looked at between two slices. */
  readonly signal?: AbortSignal
}

/** Milliseconds of work between two turns of the event loop. */
const SLICE = 40

/** Runs a computation to its end without a pause. */
export function allAtOnce<T>(work: Pieces<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}

/**
 * Runs a computation to its end; the event loop turns every 40 ms.
 *
 * @returns what {@link allAtOnce} would return
 * @throws KindredError `interrupted` within one slice and one piece of the signal's firing; what the computation throws
 */
export async function inSlices<T>(work: Pieces<T>, { where, progress = silent, always = false, signal }: SliceOptions): Promise<T> {
  let shown: { stage: Stage; task: ProgressTask } | undefined
  const show = (stage: Stage): void => {
    if (shown?.stage === stage) return
    finish()
    shown = { stage, task: progress.start(stage.task, stage.total, stage.unit) }
  }
  const finish = (): void => {
    shown?.task.update(shown.stage.total)
    shown?.task.end()
    shown = undefined
  }
  try {
    for (;;) {
      const until = performance.now() + SLICE
      let step: IteratorResult<Stage, T>
      do {
        step = work.next()
        if (step.done === true) {
          finish()
          return step.value
        }
        if (always) show(step.value)
      } while (performance.now() < until)
      const stage = step.value
      show(stage)
      shown!.task.update(stage.done)
      await new Promise((resolve) => setTimeout(resolve))
      stopIfAborted(signal, where, `a stop after ${stage.done} of ${stage.total} ${stage.unit}s (${stage.task})`)
    }
  } finally {
    shown?.task.end() // where the work did not come to its end
  }
}
