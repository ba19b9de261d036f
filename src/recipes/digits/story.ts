/**
 * @file The report while it grows: numbers and figures are put in as they come, and the page on disk is rewritten each time.
 */
import { join } from 'node:path'
import { writeFileAtomic } from '../../files/index.ts'
import { toPng } from '../../plots/index.ts'
import { digitsPage, type DigitsReport, type FigureName } from '../report/index.ts'

/** A report in the making. */
export class Story {
  readonly folder: string
  private readonly started = performance.now()
  private readonly figures: Partial<Record<FigureName, string>> = {}
  private report: DigitsReport
  private readonly stages: { name: string; seconds: number }[] = []

  constructor(folder: string, report: Omit<DigitsReport, 'complete' | 'seconds' | 'history'>) {
    this.folder = folder
    this.report = { complete: false, seconds: 0, history: [], ...report }
  }

  /** The report so far. */
  get current(): DigitsReport {
    return this.report
  }

  /** Adds numbers and rewrites page and JSON. */
  tell(part: Partial<DigitsReport>): void {
    this.report = { ...this.report, ...part }
    this.publish()
  }

  /** Adds a warning in words. */
  warn(text: string): void {
    if (this.report.warnings?.includes(text)) return
    this.tell({ warnings: [...(this.report.warnings ?? []), text] })
  }

  /** Adds a figure; it is also written as `figures/NAME.svg`. */
  show(name: FigureName, svg: string): void {
    this.figures[name] = svg
    writeFileAtomic(join(this.folder, 'figures', `${name}.svg`), svg)
  }

  /** Runs a part of the work and keeps its time for the report. */
  async stage<T>(name: string, now: string, work: () => Promise<T>): Promise<T> {
    this.tell({ now })
    const from = performance.now()
    const result = await work()
    this.stages.push({ name, seconds: (performance.now() - from) / 1000 })
    this.tell({ stages: [...this.stages] })
    return result
  }

  /** Ends the report: no more reloading; PNG beside the SVG of the figures named. */
  async finish(png: readonly FigureName[]): Promise<DigitsReport> {
    for (const name of png) {
      const svg = this.figures[name]
      if (svg !== undefined) writeFileAtomic(join(this.folder, 'figures', `${name}.png`), await toPng(svg))
    }
    const { now: _, ...rest } = this.report
    this.report = { ...rest, complete: true }
    this.publish()
    return this.report
  }

  private publish(): void {
    this.report = { ...this.report, seconds: Math.round((performance.now() - this.started) / 100) / 10 }
    writeFileAtomic(join(this.folder, 'report.json'), `${JSON.stringify(this.report, null, 2)}\n`)
    writeFileAtomic(join(this.folder, 'report.html'), digitsPage(this.report, this.figures))
  }
}
