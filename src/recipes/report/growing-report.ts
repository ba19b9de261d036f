/**
 * @file A report while it grows: numbers and figures are put in as they come, and the page on disk is rewritten each time.
 */
import { join } from 'node:path'
import { writeFileAtomic } from '../../files/index.ts'
import { toPng } from '../../plots/index.ts'

/** What every report knows of its own making. */
export interface ReportState {
  /** False while the run goes on: the page then reloads itself every five seconds. */
  complete: boolean
  /** What happens right now; shown while the run goes on. */
  now?: string
  /** Seconds the whole run took so far. */
  seconds: number
  /** What the reader must be told, in words. */
  warnings?: readonly string[]
  /** Wall time by part of the work. */
  stages?: readonly { name: string; seconds: number }[]
}

/** A report in the making. */
export class GrowingReport<Report extends ReportState, Figure extends string> {
  readonly folder: string
  private readonly started = performance.now()
  private readonly figures: Partial<Record<Figure, string>> = {}
  private readonly page: (report: Report, figures: Partial<Record<Figure, string>>) => string
  private report: Report
  private readonly stages: { name: string; seconds: number }[] = []
  private told = -Infinity

  constructor(folder: string, report: Report, page: (report: Report, figures: Partial<Record<Figure, string>>) => string) {
    this.folder = folder
    this.report = report
    this.page = page
  }

  /** The report so far. */
  get current(): Report {
    return this.report
  }

  /** Adds numbers and rewrites page and JSON. */
  tell(part: Partial<Report>): void {
    this.report = { ...this.report, ...part }
    this.publish()
  }

  /** Says what happens right now, but rewrites the page at most every three seconds. */
  murmur(now: string): void {
    this.report = { ...this.report, now }
    if (performance.now() - this.told > 3000) this.publish()
  }

  /** Adds a warning in words. */
  warn(text: string): void {
    if (this.report.warnings?.includes(text)) return
    this.tell({ warnings: [...(this.report.warnings ?? []), text] } as unknown as Partial<Report>)
  }

  /** Adds a figure; it is also written as `figures/NAME.svg`. */
  show(name: Figure, svg: string): void {
    this.figures[name] = svg
    writeFileAtomic(join(this.folder, 'figures', `${name}.svg`), svg)
  }

  /** Runs a part of the work and keeps its time for the report. */
  async stage<T>(name: string, now: string, work: () => Promise<T>): Promise<T> {
    this.tell({ now } as Partial<Report>)
    const from = performance.now()
    const result = await work()
    this.stages.push({ name, seconds: (performance.now() - from) / 1000 })
    this.tell({ stages: [...this.stages] } as unknown as Partial<Report>)
    return result
  }

  /** Ends the report: no more reloading; PNG beside the SVG of the figures named. */
  async finish(png: readonly Figure[]): Promise<Report> {
    for (const name of png) {
      const svg = this.figures[name]
      if (svg !== undefined) writeFileAtomic(join(this.folder, 'figures', `${name}.png`), await toPng(svg))
    }
    return this.close()
  }

  /** Ends the report as it stands. */
  close(): Report {
    const { now: _, ...rest } = this.report
    this.report = { ...rest, complete: true } as Report
    this.publish()
    return this.report
  }

  private publish(): void {
    this.report = { ...this.report, seconds: Math.round((performance.now() - this.started) / 100) / 10 }
    writeFileAtomic(join(this.folder, 'report.json'), `${JSON.stringify(this.report, null, 2)}\n`)
    writeFileAtomic(join(this.folder, 'report.html'), this.page(this.report, this.figures))
    this.told = performance.now()
  }
}
