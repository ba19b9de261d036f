/**
 * @file The one table of rejection: sets of outliers as rows, networks as columns, at two working points, with intervals; scripts summed up.
 *
 * All figures are images that a rule keeps: of outliers few should be, of digits many.
 */
import { rng, smallest } from '../../base/index.ts'
import type { Dataset } from '../../dataset/index.ts'
import { lookAlikeOf } from '../../digits/index.ts'
import { bootstrapInterval, wilsonInterval, type Interval } from '../../metrics/index.ts'
import { isRejected, type RejectionRule } from '../../openset/index.ts'
import type { OutliersSeen } from './digits-report.ts'

/** What a set is: characters of a script; letters in fonts; other outliers; or digits of another source, which should be kept. Only scripts are summed up. */
export type SetKind = 'script' | 'letters' | 'outliers' | 'digits'

/** Images that are judged together. */
export interface JudgedSet {
  readonly name: string
  readonly kind: SetKind
  readonly images: Dataset
  /** How many more pictures there were that no network was asked about, because they show no ink or cannot be brought into the frame. */
  readonly refusedBefore?: number
}

/** Working points: 95 % of the validation digits kept; 84 % of them kept and read right, or all that are, where those are fewer. */
export const workingPoints = ['kept95', 'kept84'] as const
export type WorkingPoint = (typeof workingPoints)[number]

/** Images kept of so many, with Wilson's 95 % interval of the share. */
export interface KeptShare {
  readonly kept: number
  readonly of: number
  readonly interval: Interval
}

/** A set at one working point of one network; `unlike` counts only the characters that look like no digit, where others do. */
export interface SetFigures extends KeptShare {
  readonly unlike?: KeptShare
}

/** One row of the table: the figures of each network that was judged. */
export interface OutlierRow {
  readonly name: string
  readonly kind: SetKind
  readonly images: number
  /** Images of characters that look like a digit. */
  readonly lookAlikes: number
  readonly figures: Partial<Record<OutliersSeen, Readonly<Record<WorkingPoint, SetFigures>>>>
}

/** Shares refused of several scripts: their mean, each counted alike, and the lowest; with 95 % intervals. */
export interface ScriptSummary {
  readonly scripts: number
  readonly mean: number
  readonly meanInterval: Interval
  readonly worst: number
  readonly worstName: string
  readonly worstInterval: Interval
}

/** Both ways to sum up scripts: all characters, and those that look like no digit. */
export interface ScriptFigures {
  readonly all: ScriptSummary
  /** Where there are any. */
  readonly unlike?: ScriptSummary
}

/** The whole table. */
export interface OutlierTable {
  readonly rows: readonly OutlierRow[]
  /** With two scripts or more. */
  readonly scripts?: Partial<Record<OutliersSeen, Readonly<Record<WorkingPoint, ScriptFigures>>>>
}

/** One network on one set: the score of each image. */
export interface ScoredSet {
  readonly set: JudgedSet
  readonly scores: ArrayLike<number>
}

/** Adds one network's column to a table; rows that are not there yet are added in the order of `scored`. */
export function withNetwork(
  table: OutlierTable,
  network: OutliersSeen,
  scored: readonly ScoredSet[],
  rules: Readonly<Record<WorkingPoint, RejectionRule>>,
): OutlierTable {
  const rows = [...table.rows]
  const counts = workingPoints.map((point) => scored.map((s) => countKept(s, rules[point])))
  const scripts = scored.flatMap(({ set }, i) => (set.kind === 'script' ? [i] : []))
  scored.forEach(({ set }, i) => {
    const at = rows.findIndex((row) => row.name === set.name)
    const images = set.images.count + (set.refusedBefore ?? 0)
    const row: OutlierRow = rows[at] ?? { name: set.name, kind: set.kind, images, lookAlikes: alikeImages(set), figures: {} }
    const [kept95, kept84] = counts.map((list) => figuresOf(set, list[i]))
    rows.splice(at < 0 ? rows.length : at, 1, { ...row, figures: { ...row.figures, [network]: { kept95, kept84 } } })
  })
  if (scripts.length < 2) return { ...table, rows }
  const [kept95, kept84] = counts.map((list) => {
    const chosen = scripts.map((i) => ({ name: scored[i].set.name, classes: scored[i].set.images.classes, counts: list[i] }))
    return { all: summaryOf(chosen, () => true)!, unlike: summaryOf(chosen, (name) => lookAlikeOf(name) === undefined) }
  })
  return { rows, scripts: { ...table.scripts, [network]: { kept95, kept84 } } }
}

/** For each class of a set how many images a rule keeps, and how many there are. */
interface KeptCounts {
  readonly kept: Int32Array
  readonly of: Int32Array
}

function countKept({ set, scores }: ScoredSet, rule: RejectionRule): KeptCounts {
  const { classes, labels, count } = set.images
  const [kept, of] = [new Int32Array(classes.length), new Int32Array(classes.length)]
  for (let i = 0; i < count; i++) {
    of[labels[i]]++
    if (!isRejected(scores[i], rule)) kept[labels[i]]++
  }
  return { kept, of }
}

const maybeAlike = (kind: SetKind): boolean => kind === 'script' || kind === 'letters'
const sum = (numbers: Int32Array, of: readonly number[]): number => of.reduce((total, c) => total + numbers[c], 0)
const share = (kept: number, of: number): KeptShare => ({ kept, of, interval: wilsonInterval(kept, of) })

function figuresOf({ kind, images, refusedBefore = 0 }: JudgedSet, { kept, of }: KeptCounts): SetFigures {
  const all = [...images.classes.keys()]
  const whole = share(sum(kept, all), images.count + refusedBefore)
  const unlike = all.filter((c) => lookAlikeOf(images.classes[c]) === undefined)
  if (!maybeAlike(kind) || unlike.length === 0 || unlike.length === all.length) return whole
  return { ...whole, unlike: share(sum(kept, unlike), sum(of, unlike)) }
}

function alikeImages({ kind, images: { classes, labels } }: JudgedSet): number {
  return maybeAlike(kind) ? labels.reduce((n, label) => n + (lookAlikeOf(classes[label]) === undefined ? 0 : 1), 0) : 0
}

interface ScriptCounts {
  readonly name: string
  readonly classes: readonly string[]
  readonly counts: KeptCounts
}

/**
 * Mean and lowest share refused over scripts, of the characters that `counted` names; a script without any is left out.
 *
 * Intervals by the bootstrap, all drawings of a character together. For the mean scripts are drawn, and then the characters of each: what other scripts would
 * give. For the lowest the scripts stay and their characters are drawn, and the lowest is taken anew each time.
 */
function summaryOf(scripts: readonly ScriptCounts[], counted: (className: string) => boolean): ScriptSummary | undefined {
  const lists = scripts
    .map(({ name, classes, counts: { kept, of } }) => ({
      name,
      kept: kept.filter((_, c) => counted(classes[c])),
      of: of.filter((_, c) => counted(classes[c])),
    }))
    .filter(({ of }) => of.length > 0)
  if (lists.length === 0) return undefined
  const refused = ({ kept, of }: KeptCounts, rows: readonly number[]): number => 1 - sum(kept, rows) / sum(of, rows)
  const whole = lists.map((list) => refused(list, [...list.of.keys()]))
  const random = rng(0).fork('characters')
  const redrawn = (list: KeptCounts): number =>
    refused(
      list,
      Array.from(list.of, () => random.integer(list.of.length)),
    )
  const worst = whole.indexOf(smallest(whole))
  return {
    scripts: lists.length,
    mean: whole.reduce((total, r) => total + r, 0) / whole.length,
    meanInterval: bootstrapInterval(lists.length, (drawn) => drawn.reduce((total, k) => total + redrawn(lists[k]), 0) / drawn.length),
    worst: whole[worst],
    worstName: lists[worst].name,
    worstInterval: bootstrapInterval(lists.length, () => lists.reduce((lowest, list) => Math.min(lowest, redrawn(list)), 1)),
  }
}
