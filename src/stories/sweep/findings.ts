/** @file What a margin sweep means, in sentences that follow from its figures. */
import { counted, largest, percent, smallest } from '../../base/index.ts'
import { normalQuantile, studentQuantile, type Interval } from '../../metrics/index.ts'
import type { BestMargin } from './sweep-report.ts'

/** What the sentences are made from; figures that an older sweep.json lacks are missing. */
export interface MarginFigures {
  readonly margin: number
  readonly knnAccuracy: number | null
  readonly collapsed: boolean
  readonly within?: number
  readonly between?: number
  readonly spread?: number
  readonly initialSpread?: number
  readonly knnInterval?: Interval
  readonly runs?: readonly unknown[]
}

/**
 * An interval that covers the true kNN accuracy with 95 %: mean +- t sqrt(s^2 / seeds + p (1 - p) / images).
 *
 * s is the standard deviation over seeds, t Student's quantile for one degree of freedom less than there are seeds. With one seed s is unknown: the interval
 * is then that of the images alone, with the normal quantile, and too narrow to call one training better than another.
 *
 * @param shares one a seed, each measured on the same `images`
 * @returns the interval, cut at 0 and 1
 */
export function knnInterval(shares: readonly number[], images: number): Interval {
  const n = shares.length
  const p = shares.reduce((sum, s) => sum + s, 0) / n
  const overSeeds = n < 2 ? 0 : shares.reduce((sum, s) => sum + (s - p) ** 2, 0) / (n - 1) / n
  const t = n < 2 ? normalQuantile(0.975) : studentQuantile(0.975, n - 1)
  const half = t * Math.sqrt(overSeeds + (p * (1 - p)) / images)
  return { low: Math.max(0, p - half), high: Math.min(1, p + half) }
}

type Usable<T> = T & { readonly knnAccuracy: number }

/** The margins that did not collapse and have a kNN accuracy, the highest first. */
export function usableMargins<T extends MarginFigures>(entries: readonly T[]): Usable<T>[] {
  return entries
    .filter((e): e is Usable<T> => !e.collapsed && e.knnAccuracy !== null && Number.isFinite(e.knnAccuracy))
    .toSorted((a, b) => b.knnAccuracy - a.knnAccuracy)
}

const seedsOf = (entry: MarginFigures): number => entry.runs?.length ?? 1
const intervalOf = (e: MarginFigures): Interval => e.knnInterval ?? { low: e.knnAccuracy!, high: e.knnAccuracy! }

/**
 * Which margin reads best, and whether that is more than chance.
 *
 * A margin is measurably best when its interval lies above that of every other one that did not collapse, each trained with two seeds or more. Otherwise all
 * whose intervals reach that of the highest are tied, and among them the recipe's margin is named, where it is one of them.
 *
 * @param entries at least one
 * @param presetMargin the margin of the recipe
 */
export function bestMargin(entries: readonly MarginFigures[], presetMargin = 0.4): BestMargin {
  const usable = usableMargins(entries)
  if (usable.length === 0) return { margin: entries[0].margin, why: 'every margin collapsed; none is usable', measurable: false, among: [] }
  const [top] = usable
  const floor = intervalOf(top).low
  const tied = usable.filter((e) => e === top || seedsOf(e) < 2 || seedsOf(top) < 2 || intervalOf(e).high >= floor)
  const among = tied.map((e) => e.margin).toSorted((a, b) => a - b)
  const named = tied.find((e) => e.margin === presetMargin) ?? top
  const { low, high } = intervalOf(named)
  const figure = `kNN accuracy ${percent(named.knnAccuracy)} (95 % interval ${range(percent(low), percent(high))})`
  if (usable.length === 1) return { margin: named.margin, why: `${figure}, the only margin that is usable`, measurable: false, among }
  if (tied.length === 1) return { margin: named.margin, why: `${figure}, measurably the highest`, measurable: true, among }
  const others = counted(tied.length - 1, 'other margin')
  return {
    margin: named.margin,
    why: usable.every((e) => seedsOf(e) >= 2)
      ? `${figure}; ${others} cannot be told from ${named === top ? 'it' : 'the highest'}`
      : `${figure}; each margin was trained once, so that no difference can be told from chance`,
    measurable: false,
    among,
  }
}

/**
 * What the margin did, as sentences: what collapsed and how small it became; what the margin sets above that; which margin to take.
 *
 * @param entries in the order of their margins or not; at least one for any sentence
 * @param presetMargin the margin of the recipe
 */
export function sweepFindings(entries: readonly MarginFigures[], presetMargin = 0.4): string[] {
  if (entries.length === 0) return []
  const sorted = entries.toSorted((a, b) => a.margin - b.margin)
  return [...shrinking(sorted, presetMargin), ...scale(sorted.filter((e) => !e.collapsed && e.margin > 0)), ...choice(sorted, presetMargin)]
}

/** What became small, by how much, and from which margin on nothing did. */
function shrinking(sorted: readonly MarginFigures[], presetMargin: number): string[] {
  const out: string[] = []
  const usable = sorted.filter((e) => !e.collapsed && e.margin > 0)
  const beside = usable.find((e) => e.margin === presetMargin) ?? usable[usable.length >> 1]
  const told = sorted.filter((e) => e.collapsed || e.margin === 0)
  for (const e of told) {
    const { between, within, spread, initialSpread } = e
    const parts = [
      ...(between !== undefined && Number.isFinite(between)
        ? [
            `images of two classes lie ${number(between)} apart${
              beside?.between === undefined || !(between > 0) || beside.between < 2 * between
                ? ''
                : `, ${number(beside.between / between)} times less than at margin ${number(beside.margin)}`
            }`,
          ]
        : []),
      ...(spread !== undefined && initialSpread !== undefined && initialSpread > 0
        ? [`its spread is ${percent(spread / initialSpread)} of that of the untrained network`]
        : []),
    ].join(', and ')
    const order =
      e.collapsed && e.knnAccuracy !== null && e.knnAccuracy > 0.5 && within !== undefined
        ? ` The order of the neighbours survives (kNN accuracy ${percent(e.knnAccuracy)}): what is lost is size.`
        : ''
    out.push(
      e.collapsed
        ? `Margin ${number(e.margin)} collapsed towards one point${parts === '' ? '' : `: ${parts}`}.${order}`
        : `Margin ${number(e.margin)} has not collapsed within these steps${parts === '' ? '' : `: ${parts}`}.`,
    )
  }
  const fallen = sorted.filter((e) => e.collapsed)
  if (fallen.length > 0 && usable.length > 0 && fallen.every((e) => e.margin < usable[0].margin))
    out.push(
      `The margin must be large enough to exclude that trivial solution: ${number(usable[0].margin)}, the smallest ${
        usable.length === 1 ? 'other one' : 'of the others'
      } tried, is.`,
    )
  return out
}

/** Whether the margin set the size of the space, and what became of within / between. */
function scale(held: readonly MarginFigures[]): string[] {
  const measured = held.filter(
    (e): e is MarginFigures & { between: number; within: number } => (e.between ?? 0) > 0 && e.within !== undefined,
  )
  if (measured.length < 2) return []
  const [first, last] = [measured[0], measured[measured.length - 1]]
  const ratios = measured.map((e) => e.within / e.between)
  const [low, high] = [smallest(ratios), largest(ratios)]
  const grown = last.between / first.between
  const wider = last.margin / first.margin
  const between =
    `from margin ${number(first.margin)} to ${number(last.margin)} the distance between classes goes from ${number(first.between)} to ` +
    number(last.between)
  const steady = high <= 1.5 * low
  const ratio = `within / between ${steady ? 'stays' : 'goes'} ${range(low.toFixed(2), high.toFixed(2))}`
  if (grown >= Math.sqrt(wider))
    return [
      steady
        ? `Above that, the margin sets the scale and little else: ${between}, while ${ratio}.`
        : `The margin sets the scale: ${between}; but ${ratio}, so that it changes the form of the space, too.`,
    ]
  return [`The margin hardly sets the scale here: ${between}; ${ratio}.`]
}

/** Which margin to take. */
function choice(sorted: readonly MarginFigures[], presetMargin: number): string[] {
  const usable = usableMargins(sorted)
  if (usable.length === 0) return ['No margin gave a usable embedding: train longer, at a lower rate, or with another miner.']
  const seeds = smallest(usable.map(seedsOf))
  const best = bestMargin(sorted, presetMargin)
  const own = usable.find((e) => e.margin === presetMargin)
  const advice = (margin: number): string =>
    margin === presetMargin ? `Take ${number(margin)}, the recipe's own.` : `Here ${number(margin)} serves.`
  if (usable.length === 1) return [`Margin ${number(usable[0].margin)} is the only usable one tried, so that nothing says which is best.`]
  const accuracies = range(percent(usable.at(-1)!.knnAccuracy), percent(usable[0].knnAccuracy))
  if (best.measurable)
    return [
      `Margin ${number(best.margin)} is measurably better than every other one tried: its interval lies above theirs (${counted(seeds, 'seed')} each). ${
        own === undefined || best.margin === presetMargin
          ? advice(best.margin)
          : `${kept(presetMargin)} Try ${number(best.margin)} there before you change it.`
      }`,
    ]
  if (seeds < 2)
    return [
      `Which of these is best cannot be told: each was trained once, and kNN accuracies ${accuracies} may differ by chance. ${
        own === undefined ? '' : `Nothing here speaks against ${number(presetMargin)}, the recipe's own.`
      }`.trim(),
    ]
  const worse = usable.filter((e) => !best.among.includes(e.margin))
  return [
    `${worse.length === 0 ? 'No margin is measurably better than another' : `Margins ${list(best.among)} cannot be told apart`} ` +
      `(kNN accuracy ${accuracies}, ${counted(seeds, 'seed')} each, intervals overlap)${
        worse.length === 0
          ? ''
          : `; ${list(worse.map((e) => e.margin).toSorted((a, b) => a - b))} ${worse.length === 1 ? 'is' : 'are'} worse`
      }. ${own === undefined || best.among.includes(presetMargin) ? advice(best.margin) : kept(presetMargin)}`,
  ]
}

const kept = (margin: number): string =>
  `The recipe keeps ${number(margin)}, which was found with its own network, loss and number of steps.`
const range = (low: string, high: string): string => (low === high ? `at ${low}` : `${low} to ${high}`)
const list = (margins: readonly number[]): string =>
  margins.length < 2 ? margins.map(number).join('') : `${margins.slice(0, -1).map(number).join(', ')} and ${number(margins.at(-1)!)}`
/** Three significant digits, without an exponent where people need none. */
function number(value: number): string {
  if (value >= 1000) return String(Math.round(value))
  const text = value.toPrecision(value >= 100 ? 3 : 2)
  return value >= 1e-6 ? String(Number(value >= 1 ? value.toPrecision(3) : text)) : value === 0 ? '0' : text
}
