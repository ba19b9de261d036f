/** @file Which classes a map names and colours: all of a few, the largest of many; the others are grey, and counted. */
import { dotMark, type LegendEntry } from './class-legend.ts'
import type { Labels } from './cloud.ts'
import { thousands } from './scale.ts'
import { classColour, tone } from './style.ts'
import { clip } from './svg.ts'

/** Classes up to which all are named; of more, {@link mostNamed}. */
const mostClasses = 60
/** Classes that are named where there are more than can be told apart. */
const mostNamed = 20

/** What {@link shownClasses} chose. */
export interface ShownClasses {
  /** A colour for each class; those that are not named share a grey. */
  readonly colours: readonly string[]
  /** The named classes, in the order of their numbers. */
  readonly named: readonly number[]
  /** Classes that have points and are not named, and how many points these are. */
  readonly others: { readonly classes: number; readonly points: number }
}

/** Points of each of `classCount` classes; labels below 0 are in none. */
export function countLabels(labels: Labels, classCount: number): Int32Array {
  const counts = new Int32Array(classCount)
  for (const l of labels) if (l >= 0) counts[l]++
  return counts
}

/** Chooses the classes to be named: all that have points, up to sixty; of more, the twenty largest, the first of equal ones. */
export function shownClasses(counts: ArrayLike<number>): ShownClasses {
  const all = Array.from(counts)
  const present = [...all.keys()].filter((c) => all[c] > 0)
  if (present.length <= mostClasses)
    return { colours: all.map((_, c) => classColour(c)), named: present, others: { classes: 0, points: 0 } }
  const bySize = present.toSorted((a, b) => all[b] - all[a] || a - b)
  const colours = all.map(() => tone.line as string)
  for (const [rank, c] of bySize.slice(0, mostNamed).entries()) colours[c] = classColour(rank)
  return {
    colours,
    named: bySize.slice(0, mostNamed).sort((a, b) => a - b),
    others: {
      classes: present.length - mostNamed,
      points: bySize.slice(mostNamed).reduce((sum, c) => sum + all[c], 0),
    },
  }
}

/** The legend of the named classes, and one grey entry for all others. */
export function classEntries({ colours, named, others }: ShownClasses, names: readonly string[], counts: ArrayLike<number>): LegendEntry[] {
  const entries = named.map((c): LegendEntry => ({
    mark: dotMark(colours[c]),
    name: clip(names[c], 260, 13, 600),
    amount: thousands(counts[c]),
  }))
  if (others.classes > 0)
    entries.push({
      mark: dotMark(tone.line),
      name: `and ${thousands(others.classes)} ${others.classes === 1 ? 'other' : 'others'}`,
      amount: thousands(others.points),
    })
  return entries
}
