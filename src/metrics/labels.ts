/** @file Class labels as the metrics take them, and their compact form 0, 1, 2, ... */
import { ensure } from '../base/index.ts'

/** One integer class a point; any integers, gaps allowed. */
export type Labels = Int32Array | Uint8Array

/** Labels renumbered without gaps. */
export interface CompactLabels {
  /** The distinct labels, ascending. */
  classes: Int32Array
  /** For each point the place of its label in `classes`. */
  ids: Int32Array
  /** How many points each class has. */
  counts: Int32Array
}

/** Renumbers labels without gaps, in ascending order of label. Cost: O(n + c log c) */
export function compactLabels(labels: Labels): CompactLabels {
  const { low, high } = range(labels)
  // labels are mostly small: a table then finds their place, where there are millions, too
  const table = high - low < Math.max(1000, labels.length) ? new Int32Array(high - low + 1) : undefined
  if (table !== undefined) for (const label of labels) table[label - low] = 1
  const classes =
    table === undefined
      ? Int32Array.from(new Set(labels)).sort()
      : Int32Array.from(table.keys())
          .filter((at) => table[at] === 1)
          .map((at) => at + low)
  const place = table === undefined ? new Map(Array.from(classes, (label, i) => [label, i])) : undefined
  if (table !== undefined) for (const [i, label] of classes.entries()) table[label - low] = i
  const ids = new Int32Array(labels.length)
  for (let i = 0; i < labels.length; i++) ids[i] = table === undefined ? place!.get(labels[i])! : table[labels[i] - low]
  const counts = new Int32Array(classes.length)
  for (const id of ids) counts[id]++
  return { classes, ids, counts }
}

function range(labels: Labels): { low: number; high: number } {
  let [low, high] = [Infinity, -Infinity]
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] < low) low = labels[i]
    if (labels[i] > high) high = labels[i]
  }
  return labels.length === 0 ? { low: 0, high: 0 } : { low, high }
}

/** Throws unless there is one label for each of `n` things, and at least one thing. */
export function checkLabels(where: string, name: string, labels: Labels, n: number): void {
  ensure(labels instanceof Int32Array || labels instanceof Uint8Array, where, `${name} must be an Int32Array or a Uint8Array`, labels)
  ensure(labels.length === n && n > 0, where, `${name} must hold one label for each of ${n} rows, and at least one`, labels.length)
}
