/**
 * @file How the command line shows long work: a bar on a terminal, a line every few seconds elsewhere, JSON lines with `--json`, or only warnings.
 */
import { duration, printable, printableJson, redact, silent, type Progress, type ProgressTask } from '../base/index.ts'
import { fit } from '../jobs/index.ts'

/** Where progress is written: standard error, or a test's own list. */
export interface ProgressStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

type Clock = () => number
type Figures = Record<string, number | string>

/** The progress of a command, as its options want it. */
export function progressFor(stream: ProgressStream, { json = false, quiet = false }: { json?: boolean; quiet?: boolean }): Progress {
  if (json) return quiet ? { ...silent, warn: jsonProgress(stream).warn } : jsonProgress(stream)
  return quiet ? quietProgress(stream) : stream.isTTY === true ? barProgress(stream) : lineProgress(stream)
}

/** A message on one line, whatever names it quotes. */
const oneLine = (message: string): string => printable(redact(message))

/** What a task's rate so far says: units a second and seconds left; undefined until something is done. */
function pace(done: number, first: number, total: number, seconds: number): { rate: number; left: number } | undefined {
  if (done <= first || seconds <= 0) return undefined
  const rate = (done - first) / seconds
  return { rate, left: (total - done) / rate }
}

const short = (x: number): string => (Number.isInteger(x) ? String(x) : x.toPrecision(x >= 1000 ? 4 : 3))
const figuresText = (figures: Figures): string =>
  Object.entries(figures)
    .map(([name, v]) => `${name} ${typeof v === 'number' ? short(v) : v}`)
    .join(', ')

interface Line {
  readonly task: string
  readonly done: number
  readonly first: number
  readonly total: number
  readonly unit: string
  readonly seconds: number
  readonly figures: Figures
}

function statusText({ task, done, first, total, unit, seconds, figures }: Line): string {
  const p = pace(done, first, total, seconds)
  const speed = p === undefined ? '' : `, ${short(p.rate)} ${unit}/s, ${duration(p.left)} left`
  const more = Object.keys(figures).length === 0 ? '' : ` (${figuresText(figures)})`
  return `${task} ${done}/${total}${speed}${more}`
}

/** Runs a task whose state is shown by `draw`, at most every `interval` milliseconds. */
function paced(
  task: string,
  total: number,
  unit: string,
  interval: number,
  clock: Clock,
  draw: (line: Line) => void,
  end: (line: Line | undefined) => void,
): ProgressTask {
  const started = clock()
  let base: { readonly done: number; readonly at: number } | undefined
  let shown = started
  let last: Line | undefined
  return {
    update(done, figures = {}) {
      const now = clock()
      base ??= done <= 1 ? { done: 0, at: started } : { done, at: now } // a resumed task begins in the middle
      last = { task, done, first: base.done, total, unit, seconds: (now - base.at) / 1000, figures }
      if (now - shown < interval && done < total) return
      shown = now
      draw(last)
    },
    end: () => end(last),
  }
}

/** A bar that is redrawn in place, twice a second at most; messages go above it. */
export function barProgress(stream: ProgressStream, clock: Clock = () => performance.now()): Progress {
  let open = ''
  const clear = () => (open === '' ? '' : '\r\u001b[2K')
  const say = (text: string): void => {
    stream.write(`${clear()}${oneLine(text)}\n${open}`)
  }
  const draw = (line: Line): void => {
    const width = stream.columns ?? 80
    const share = line.total === 0 ? 1 : Math.min(1, line.done / line.total)
    const cells = 20
    const full = Math.floor(share * cells)
    const text = fit(
      `[${'#'.repeat(full)}${'-'.repeat(cells - full)}] ${String(Math.floor(share * 100)).padStart(3)} % ${oneLine(statusText(line))}`,
      width - 1,
    )
    stream.write(`${clear()}${text}`)
    open = text
  }
  return {
    start: (task, total, unit) =>
      paced(task, total, unit, 500, clock, draw, () => {
        stream.write(clear())
        open = ''
      }),
    log: say,
    warn: (message) => say(`warning: ${message}`),
  }
}

/** A line every five seconds: for logs and pipes. */
export function lineProgress(stream: ProgressStream, clock: Clock = () => performance.now()): Progress {
  const say = (text: string): void => {
    stream.write(`${oneLine(text)}\n`)
  }
  return {
    start: (task, total, unit) =>
      paced(
        task,
        total,
        unit,
        5000,
        clock,
        (line) => say(statusText(line)),
        () => {},
      ),
    log: say,
    warn: (message) => say(`warning: ${message}`),
  }
}

/** One JSON object a line: `{"event":"progress","task","done","total","unit","rate","secondsLeft",...figures}`, `{"event":"log"|"warning","message"}`. */
export function jsonProgress(stream: ProgressStream, clock: Clock = () => performance.now()): Progress {
  const say = (event: object): void => {
    stream.write(`${printableJson(event)}\n`)
  }
  const draw = ({ task, done, first, total, unit, seconds, figures }: Line): void => {
    const p = pace(done, first, total, seconds)
    say({ event: 'progress', task, done, total, unit, ...(p === undefined ? {} : { rate: p.rate, secondsLeft: p.left }), figures })
  }
  return {
    start: (task, total, unit) => paced(task, total, unit, 1000, clock, draw, () => {}),
    log: (message) => say({ event: 'log', message: redact(message) }),
    warn: (message) => say({ event: 'warning', message: redact(message) }),
  }
}

/** Warnings alone. */
export function quietProgress(stream: ProgressStream): Progress {
  return {
    ...silent,
    warn: (message) => {
      stream.write(`${oneLine(`warning: ${message}`)}\n`)
    },
  }
}
