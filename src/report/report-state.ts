/** @file What every report knows of its own making. */

/** What every report knows of its own making. */
export interface ReportState {
  /** False while the run goes on: the page then reloads itself every five seconds. */
  complete: boolean
  /** Seconds the whole run took so far. */
  seconds: number
  /** What happens right now; shown while the run goes on. */
  now?: string
  /** Why the run ended early; missing when it did not. */
  stopped?: string
  /** Whose work the report is, while it runs, and when that process was last alive. */
  running?: { pid: number; host: string; heard: string }
  /** The command that made the report, ready to be pasted; without passwords. */
  command?: string
  /** What the reader must be told, in words. */
  warnings?: readonly string[]
  /** Processor seconds of all threads together so far. */
  processor?: number
  /** Seconds by part of the work, in the order in which the parts ended, and when each began, since the start: parts may go on at once. */
  stages?: readonly { name: string; seconds: number; from?: number }[]
}
