/**
 * @file A report while it grows: numbers and figures are put in as they come, and the page on disk is rewritten each time. However the run ends, the page says
 * so:
 * a stop, a failure or the end of the process close it with their reason, and one that was killed with its process tells by the time of its last sign of life.
 */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { escapeControls, KindredError, redact, silent, stopIfAborted, type Progress } from '../base/index.ts'
import { lockOutput, writeFileAtomic, type Lock } from '../files/index.ts'
import { toPng } from '../plots/index.ts'
import { reportProgress } from './report-progress.ts'
import type { ReportState } from './report-state.ts'
import { closeInPlace, ensureNoForeignFiles, ensureNoForeignReport, openRunFolder } from './run-folder.ts'

/** Writes a page from a report and its figures. */
export type PageOf<Report, Figure extends string> = (report: Report, figures: Partial<Record<Figure, string>>) => string

/** Settings of {@link growReport}. */
export interface GrowOptions<Figure extends string> {
  /** Figures that also get a PNG beside their SVG. */
  readonly png?: readonly Figure[]
  /** What else the work writes into the folder: names of files and folders. */
  readonly files?: readonly string[]
  /** Told where the report grows, and by the work through `story.progress`. */
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/** Milliseconds between signs of life. */
const heartbeat = 15_000
/** Milliseconds between two pages that differ in how far the work is: at least so many, and so many for each megabyte that is rewritten. */
const breath = 3000

/**
 * Runs work that fills a report, and ends the report as the work ends: the one life of every run that writes a report.
 *
 * The folder is checked, made, locked, and cleared of what a killed run has left. `report.json` and `report.html` are there from the start. They are closed
 * when the work is done, when it throws (with what it threw), when the signal fires (at
 * once: whoever stops the work may also kill it) and when the process ends.
 * @param folder made where it is missing
 * @param report what is known from the start
 * @returns the report as it stands in `report.json`
 * @throws what the work throws; KindredError `io`; `mismatch` while another run writes into the folder; `usage` where a report, or another file that is going
 *   to be written, lies that kindred has not written
 */
export async function growReport<Report extends ReportState, Figure extends string>(
  folder: string,
  report: Report,
  page: PageOf<Report, Figure>,
  options: GrowOptions<Figure>,
  work: (story: GrowingReport<Report, Figure>) => Promise<void>,
): Promise<Report> {
  ensureNoForeignReport(folder)
  ensureNoForeignFiles(folder, ['figures', ...(options.files ?? [])])
  const { progress = silent, signal } = options
  return lockOutput(folder, { progress }, async (lock) => {
    openRunFolder(folder)
    progress.log(`The report grows in ${join(folder, 'report.html')}: open it any time.`)
    const story = new GrowingReport(folder, report, page, { lock, progress, signal })
    const stop = (): void => story.stopping()
    const beat = setInterval(() => story.signOfLife(), heartbeat)
    beat.unref()
    signal?.addEventListener('abort', stop)
    const closed = closeAtExit(story)
    try {
      story.update({})
      await work(story)
      return await story.finish(options.png ?? [])
    } catch (error) {
      story.fail(error)
      throw error
    } finally {
      clearInterval(beat)
      signal?.removeEventListener('abort', stop)
      closed()
    }
  })
}

/** A report in the making. */
export class GrowingReport<Report extends ReportState, Figure extends string> {
  readonly folder: string
  /** Of the folder. */
  readonly lock: Lock
  /** Passes progress on, and lets the page say how far the work is. */
  readonly progress: Progress
  private readonly started = performance.now()
  private readonly used = process.cpuUsage()
  private readonly figures: Partial<Record<Figure, string>> = {}
  private readonly page: PageOf<Report, Figure>
  private readonly signal: AbortSignal | undefined
  private report: Report
  private readonly stages: { name: string; seconds: number; from: number }[] = []
  private written = -Infinity
  private megabytes = 0

  constructor(
    folder: string,
    report: Report,
    page: PageOf<Report, Figure>,
    { lock, progress, signal }: { readonly lock: Lock; readonly progress: Progress; readonly signal?: AbortSignal },
  ) {
    this.folder = folder
    this.lock = lock
    this.progress = reportProgress(progress, (now) => this.showNow(now))
    this.report = withoutSecrets(report)
    this.page = page
    this.signal = signal
  }

  /** The report so far. */
  get current(): Report {
    return this.report
  }

  /** Adds numbers and rewrites page and JSON. */
  update(part: Partial<Report>): void {
    this.report = { ...this.report, ...withoutSecrets(part) }
    this.publish()
  }

  /** Says what happens right now, but rewrites the page at most every three seconds, and less often where it is large. */
  showNow(now: string): void {
    this.report = { ...this.report, ...withoutSecrets({ now }) }
    if (performance.now() - this.written > Math.min(heartbeat, breath * Math.max(1, this.megabytes))) this.publish()
  }

  /** Adds a warning in words. */
  warn(text: string): void {
    if (this.report.warnings?.includes(text)) return
    this.update({ warnings: [...(this.report.warnings ?? []), text] } as unknown as Partial<Report>)
  }

  /** Adds a figure; it is also written as `figures/NAME.svg`. */
  addFigure(name: Figure, svg: string): void {
    this.figures[name] = svg
    writeFileAtomic(join(this.folder, 'figures', `${name}.svg`), svg)
  }

  /**
   * Runs a part of the work and keeps its time for the report; parts may go on at once.
   *
   * @throws KindredError `interrupted` when the signal has fired before; its cause is the signal's reason
   */
  async stage<T>(name: string, now: string, work: () => Promise<T>): Promise<T> {
    stopIfAborted(this.signal, name, 'a stop before this part')
    this.update({ now } as Partial<Report>)
    const from = performance.now()
    const result = await work()
    this.stages.push({ name, seconds: (performance.now() - from) / 1000, from: (from - this.started) / 1000 })
    this.update({ stages: [...this.stages] } as unknown as Partial<Report>)
    return result
  }

  /** Ends the report: no more reloading; PNG beside the SVG of the figures named. */
  async finish(png: readonly Figure[]): Promise<Report> {
    for (const name of png) {
      const svg = this.figures[name]
      if (svg !== undefined) writeFileAtomic(join(this.folder, 'figures', `${name}.png`), await toPng(svg))
    }
    this.close()
    return this.report
  }

  /** Ends the report as it stands, because of an error. A disk that does not take it hides no error: that of the work is the one to tell. */
  fail(error: unknown): void {
    try {
      this.close(inWords(error))
    } catch {
      closeInPlace(this.folder, this.report.stopped!) // no room for new files, most likely
    }
  }

  /** Closes the page at the first request to stop; should the work still come to its end, it says so instead. */
  stopping(): void {
    quietly(() => this.publish())
  }

  /** Shows that the process is alive, unless it has shown so just now. */
  signOfLife(): void {
    if (performance.now() - this.written > heartbeat / 2) quietly(() => this.publish())
  }

  private close(stopped?: string): void {
    const { now: _, ...rest } = this.report
    this.report = withoutSecrets({ ...rest, complete: true, stopped } as Report)
    this.publish()
  }

  private publish(): void {
    const { user, system } = process.cpuUsage(this.used)
    this.report = {
      ...this.report,
      seconds: Math.round((performance.now() - this.started) / 100) / 10,
      processor: Math.round((user + system) / 1e5) / 10,
    }
    const shown = this.asItStands()
    const [numbers, page] = [`${JSON.stringify(shown, null, 2)}\n`, this.page(shown, this.figures)]
    writeFileAtomic(join(this.folder, 'report.json'), numbers)
    writeFileAtomic(join(this.folder, 'report.html'), page)
    this.megabytes = (numbers.length + page.length) / 1e6
    this.written = performance.now()
  }

  private asItStands(): Report {
    if (this.report.complete) return this.report
    if (this.signal?.aborted === true)
      return withoutSecrets({ ...this.report, complete: true, stopped: `It was asked to stop: ${inWords(this.signal.reason)}` })
    return { ...this.report, running: { pid: process.pid, host: hostname(), heard: new Date().toISOString() } }
  }
}

/** The fields that hold messages and commands, without passwords and control characters; warnings are shown by others, too, and keep the names in them. */
function withoutSecrets<Part extends Partial<ReportState>>(part: Part): Part {
  const clean = (text: string): string => escapeControls(redact(text))
  const cleaned: Partial<ReportState> = {}
  for (const key of ['now', 'stopped', 'command'] as const) if (part[key] !== undefined) cleaned[key] = clean(part[key])
  if (part.warnings !== undefined) cleaned.warnings = part.warnings.map(redact)
  return { ...part, ...cleaned }
}

const inWords = (error: unknown): string =>
  error instanceof KindredError ? error.message : `unexpected: ${error instanceof Error ? error.message : String(error)}`

function quietly(act: () => void): void {
  try {
    act()
  } catch {
    // the page on disk stays as it was; it tells its age itself
  }
}

/** What ends with the process, and why that ended. */
const open = new Set<{ fail(error: unknown): void }>()
let uncaught: unknown

function closeAll(code: number): void {
  for (const story of open)
    story.fail(
      uncaught ?? new KindredError('interrupted', 'kindred', 'the process must not end before the run', `its end with exit code ${code}`),
    )
}
const remember = (error: unknown): void => void (uncaught = error)

/** Has a report closed should the process end before it. @returns what is called when it is closed already */
function closeAtExit(story: { fail(error: unknown): void }): () => void {
  if (open.size === 0) process.on('exit', closeAll).on('uncaughtExceptionMonitor', remember)
  open.add(story)
  return () => {
    open.delete(story)
    if (open.size === 0) process.off('exit', closeAll).off('uncaughtExceptionMonitor', remember)
  }
}
