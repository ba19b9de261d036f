/** @file Which folders kindred itself has made: what lies in them are results, and nobody's photos. */
import { closeSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { openRegular } from './read.ts'

/** The journal of crops: its name alone says whose folder it is. */
export const journalName = 'kindred-journal.jsonl'

/** Files that kindred leaves in its folders, and how they begin: others may use the same names. */
const marks: readonly (readonly [name: string, head: RegExp])[] = [
  [journalName, /^/],
  ['manifest.jsonl', /^\{"source":".*","sourceHash":"[0-9a-f]{64}","label":/],
  ['quarantine.jsonl', /^\{"source":".*","sourceHash":(null|"[0-9a-f]{64}"),"label":/],
  ['report.json', /^\{\s*"complete": (true|false),\s*"seconds": /],
  ['run.json', /^\{\s*"command": "train /],
  ['sweep.json', /^\{\s*"sweep": \[/],
  ['checkpoint.kindred', /^KINDREDC/],
  ['checkpoint.previous.kindred', /^KINDREDC/],
  ['gallery.json', /^\{"kindred":"gallery"/],
]
const vectorsMark = /-[0-9a-f]{12}\.recipe\.json$/

/**
 * By which of its files a folder shows that kindred made it; undefined for any other.
 *
 * @param folder its path
 * @param names what lies in it
 * cost: the first 8 KB of a file, where its name is one of ours
 */
export function madeByKindred(folder: string, names: readonly string[]): string | undefined {
  const here = new Set(names)
  return (
    marks.find(([name, head]) => here.has(name) && head.test(headOf(join(folder, name))))?.[0] ??
    names.find((name) => vectorsMark.test(name))
  )
}

/** The first bytes of a file as text; empty for one that cannot be read. */
function headOf(path: string): string {
  try {
    const { fd } = openRegular(path)
    try {
      const bytes = Buffer.alloc(8192)
      return bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0))
    } finally {
      closeSync(fd)
    }
  } catch {
    return ''
  }
}
