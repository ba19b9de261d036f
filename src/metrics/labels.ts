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
  const classes = Int32Array.from(new Set(labels)).sort()
  const place = new Map(Array.from(classes, (label, i) => [label, i]))
  const ids = Int32Array.from(labels, (label) => place.get(label)!)
  const counts = new Int32Array(classes.length)
  for (const id of ids) counts[id]++
  return { classes, ids, counts }
}

/** Throws unless there is one label for each of `n` things, and at least one thing. */
export function checkLabels(where: string, name: string, labels: Labels, n: number): void {
  ensure(labels instanceof Int32Array || labels instanceof Uint8Array, where, `${name} must be an Int32Array or a Uint8Array`, labels)
  ensure(labels.length === n && n > 0, where, `${name} must hold one label for each of ${n} rows, and at least one`, labels.length)
}
