/**
 * @file How long-running work reports what it does: interfaces only, so that a library user can plug in anything.
 */

/** One running task. */
export interface ProgressTask {
  /** Sets how much is done, with optional figures to show beside the bar. */
  update(done: number, figures?: Record<string, number | string>): void
  /** Ends the task. */
  end(): void
}

/** Something that shows progress: a terminal bar, lines in a log, JSON lines, or nothing. */
export interface Progress {
  /** Begins a task of `total` units ("step", "image", ...). */
  start(task: string, total: number, unit: string): ProgressTask
  /** Says one line. */
  log(message: string): void
  /** Says one line about something the user should know. */
  warn(message: string): void
}

/** Shows nothing: the default of every library function. */
export const silent: Progress = {
  start: () => ({ update() {}, end() {} }),
  log() {},
  warn() {},
}
