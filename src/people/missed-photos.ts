/** @file Photos of a folder that gave no face, and files that were left alone: counted, put together by reason, and told in lines. */
import type { CropResult, QuarantineRecord } from '../faces/index.ts'
import { pictureName } from '../images/index.ts'

/** A photo without a crop, and why. */
export interface MissedPhoto {
  readonly photo: string
  readonly kind: string
  readonly reason: string
}

/** Files that were left alone for one reason. */
export interface IgnoredFiles {
  readonly reason: string
  readonly count: number
  /** Their paths, the first twenty. */
  readonly files: readonly string[]
  /** They are photos, of a format that is not read here. */
  readonly photos?: true
}

/** Counts of a folder's files. */
export interface PhotoCounts extends Readonly<CropResult['summary']['photos']> {
  /** `total - withFace`: photos without a face that was found, and those that could not be read. */
  readonly missed: number
  /** Photos of formats that are not read here; `total` does not count them, `ignored` does. */
  readonly notRead: number
  /** All files that were left alone: no photos by name, formats that are not read, links that lead nowhere, folders that kindred made, ... */
  readonly ignored: number
}

const listed = 20
type Found = Pick<CropResult, 'summary' | 'skipped'> & Partial<Pick<CropResult, 'others'>>

/** Photos that were passed over as nothing here reads their format. */
export const notReadPhotos = (skipped: CropResult['skipped']): CropResult['skipped'] =>
  skipped.filter(({ path, reason }) => {
    const name = pictureName(path)
    return typeof name === 'object' && name.photos === true && name.reason === reason
  })

/** All counts of a folder. */
export function countPhotos({ summary: { photos }, skipped }: Found): PhotoCounts {
  return {
    ...photos,
    missed: photos.total - photos.withFace,
    notRead: notReadPhotos(skipped).length,
    ignored: photos.ignored + skipped.length,
  }
}

/** What was left alone, by reason, the most frequent first; files whose names stand for no photo last. */
export function ignoredFiles({ summary, skipped, others = [] }: Found): IgnoredFiles[] {
  const photos = new Set(notReadPhotos(skipped))
  const by = new Map<string, { reason: string; count: number; files: string[]; photos?: true }>()
  for (const one of skipped) {
    if (!by.has(one.reason)) by.set(one.reason, { reason: one.reason, count: 0, files: [], photos: photos.has(one) ? true : undefined })
    const group = by.get(one.reason)!
    group.count++
    if (group.files.length < listed) group.files.push(one.path)
  }
  const groups = [...by.values()].sort((a, b) => b.count - a.count)
  const { ignored } = summary.photos
  return ignored === 0 ? groups : [...groups, { reason: 'no photos by their names', count: ignored, files: others.slice(0, listed) }]
}

/** What `quarantine.jsonl` holds, as reports do. */
export const missedPhotos = (quarantine: readonly QuarantineRecord[]): MissedPhoto[] =>
  quarantine.map(({ source, kind, reason }) => ({ photo: source, kind, reason }))

/** Kinds of refusal in words that follow a number. */
const kindWords: Readonly<Record<string, string>> = {
  empty: 'empty',
  'not-an-image': 'no image of a known kind',
  unsupported: 'of a format that is not read',
  'too-large': 'above a limit',
  corrupt: 'damaged or cut short',
  unreadable: 'not to be opened',
}

const few = (names: readonly string[], count = names.length): string => {
  const shown = names.slice(0, 3)
  return `${shown.join(', ')}${count > shown.length ? `, and ${(count - shown.length).toLocaleString('en-US')} more` : ''}`
}
const filesOf = (n: number): string => `${n.toLocaleString('en-US')} ${n === 1 ? 'file' : 'files'}`
const photosOf = (n: number): string => `${n.toLocaleString('en-US')} ${n === 1 ? 'photo' : 'photos'}`

/**
 * How many photos were missed, which and why, in lines; none where a face was found in all.
 *
 * @param list the file that holds all
 * @param tips what to try where no face was found
 */
export function missedLines(missed: readonly MissedPhoto[], list: string, tips: readonly string[] = []): string[] {
  const noFace = missed.filter((m) => m.kind === 'no-face')
  const lines: string[] = []
  if (noFace.length > 0) {
    lines.push(`${photosOf(noFace.length)} without a face that was found: ${few(noFace.map((m) => m.photo))}: ${list}`)
    if (tips.length > 0) lines.push(`  to try: ${tips.join('; ')}`)
  }
  // what is of a format that is not read, by format; else the first of a kind speaks for all
  const groups = new Map<string, MissedPhoto[]>()
  for (const one of missed) {
    const key = one.kind === 'unsupported' ? `${one.kind} ${one.reason}` : one.kind
    groups
      .set(key, groups.get(key) ?? [])
      .get(key)!
      .push(one)
  }
  for (const [, of] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { kind, reason } = of[0]
    if (kind === 'no-face') continue
    const why = kind === 'empty' || kind === 'not-an-image' ? '' : ` (${reason})`
    lines.push(`${photosOf(of.length)} ${kindWords[kind] ?? kind}: ${few(of.map((m) => m.photo))}${why}`)
  }
  return lines
}

/** What was left alone, in lines: photos of each format that is not read, and all else together. */
export function ignoredLines(ignored: readonly IgnoredFiles[]): string[] {
  const most = 8
  const numbered = ({ count, reason, files }: IgnoredFiles): string =>
    `${count.toLocaleString('en-US')} ${reason}${files.length === 0 ? '' : ` (${few(files, count)})`}`
  const photos = ignored.filter((group) => group.photos === true)
  const others = ignored.filter((group) => group.photos !== true)
  const lines = photos.map((group) => `${photosOf(group.count)} not read: ${group.reason} (${few(group.files, group.count)})`)
  if (others.length === 0) return lines
  const count = others.reduce((sum, group) => sum + group.count, 0)
  const more = others.length > most ? `; ${others.length - most} more reasons are in report.json` : ''
  return [...lines, `${filesOf(count)} left alone: ${others.slice(0, most).map(numbered).join('; ')}${more}`]
}

/** What may find more faces, given what was asked for; options in backticks. */
export function findTips({ detector, minSize, looks }: { detector?: string; minSize?: number; looks?: string }): string[] {
  const tips: string[] = []
  if (looks === 'first') tips.push('`looks` all looks a second time, at close-ups, small and turned faces')
  if (detector !== undefined && detector !== 'ssd') tips.push('the `detector` ssd misses fewest')
  tips.push(`a smaller \`minSize\` than ${minSize ?? 20} for small faces`)
  tips.push('`minScore` 0.3 for faces from the side, covered or in the dark (look through the crops: it also takes more for faces)')
  return tips
}
