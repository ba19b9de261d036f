/** @file What was found and what was missed in a folder of photos, as lines. */
import { counted, percent } from '../../base/index.ts'
import { findTips, ignoredLines, missedLines } from '../../people/index.ts'
import type { FacesReport } from '../../stories/index.ts'
import { asCommandLine } from '../command-of.ts'

/** How many photos showed a face, of all that there are: the share leads as soon as one is missed. */
export function foundLine(faces: number, { total, withFace, notRead = 0 }: FacesReport['photos']): string {
  const all = total + notRead
  if (withFace === all) return `${faces} faces in ${withFace} of ${all} photos`
  return `a face was found in ${withFace} of ${all} photos (${percent(withFace / all)}): ${counted(faces, 'face')}, ${all - withFace} missed`
}

/** The end of the last line: that photos were missed must be the last thing read. */
export function missedWords({ total, withFace, notRead = 0 }: FacesReport['photos']): string {
  const all = total + notRead
  return withFace === all ? '' : `; no face from ${all - withFace} of ${all} photos, see above`
}

/** Which photos were missed and why, what to try, and what was left alone. */
export function missedFacesLines(
  { missed, ignored = [] }: Partial<Pick<FacesReport, 'missed' | 'ignored'>>,
  { list, ...asked }: { readonly list: string; readonly detector?: string; readonly minSize?: number; readonly looks?: string },
): string[] {
  const tips = findTips(asked).map((tip) =>
    asCommandLine(tip, undefined, { looks: '--looks', detector: '--detector', minSize: '--min-size', minScore: '--min-score' }),
  )
  const lines = [...missedLines(missed ?? [], list, tips), ...ignoredLines(ignored)]
  return lines.map((line) => line.replace(/`(\w+)` \(setLimits in code\)/g, '--limit $1=N'))
}
