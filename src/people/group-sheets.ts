/** @file Contact sheets of groups: one of all groups, and one of each. */
import { join } from 'node:path'
import { callText, counted, type Progress } from '../base/index.ts'
import type { CropRecord } from '../faces/index.ts'
import { writeFileAtomic } from '../files/index.ts'
import { faceSheet, toPng, type SheetGroup } from '../plots/index.ts'
import type { FaceGroup } from './group.ts'
import { photoName, thumbnails } from './pictures.ts'

/** Faces a group on the sheet of all groups, and on its own. */
const [few, many] = [12, 400]
/**
 * Faces on all sheets of groups together: with more, each shows fewer, and the last groups have none. Drawing one takes milliseconds, and a folder can hold
 * tens of thousands.
 */
const mostDrawn = 2000
/** Groups on the sheet of all groups (a picture can only be so high), and groups with a sheet of their own. */
const [mostOnSheet, mostSheets] = [60, 300]

/** Draws `groups.png` and `groups/`; gives the groups back with the picture of each. */
export async function drawSheets(
  out: string,
  groups: readonly FaceGroup[],
  alone: readonly number[],
  records: readonly CropRecord[],
  progress: Progress,
): Promise<FaceGroup[]> {
  const side = 96
  const sheet = async (
    title: string | undefined,
    { rows, found }: Pick<FaceGroup, 'rows' | 'found'>,
    most: number,
    captions: boolean,
  ): Promise<SheetGroup> => {
    // Found faces are what a person looks for: they keep half of the room at least.
    const shownFound = found.slice(0, Math.max(most - rows.length, most >> 1))
    const shown = [...rows.slice(0, most - shownFound.length), ...shownFound]
    const pixels = await thumbnails(
      out,
      shown.map((i) => records[i]),
      side,
    )
    const bytes = side * side * 3
    const isFound = new Set(found)
    const placeInLine = new Map([...rows.keys()].map((at) => [rows[at], at + 1]))
    return {
      title,
      detail: `${counted(rows.length + found.length, 'face')}${found.length === 0 ? '' : `, ${found.length} of them found near it and not confirmed (dashed)`}`,
      faces: shown.map((i, at) => ({
        pixels: pixels.subarray(at * bytes, (at + 1) * bytes),
        caption: captions ? [placeInLine.get(i), photoName(records[i])].filter((part) => part !== undefined).join(' ') : undefined,
        guess: isFound.has(i),
      })),
      more: rows.length + found.length - shown.length,
    }
  }
  const titled = groupTitles(groups)
  const each = facesEach(groups.slice(0, mostSheets).map((g) => g.rows.length + g.found.length))
  const pictured: FaceGroup[] = []
  const overview: SheetGroup[] = []
  const task = progress.start('drawing groups', groups.length, 'group')
  let drawn = 0
  for (const [at, group] of groups.entries()) {
    task.update(at + 1)
    const size = group.rows.length + group.found.length
    if (size === 0 || at >= mostSheets || drawn >= mostDrawn) {
      pictured.push(group)
      continue
    }
    drawn += Math.min(size, each)
    const picture = `groups/${String(at + 1).padStart(3, '0')}.png`
    const own = await faceSheet([await sheet(undefined, group, each, true)], {
      height: side,
      width: side,
      title: titled[at],
      subtitle:
        'From the middle of the group to its edge. Captions: place among the faces of its line in groups.jsonl, photo, which of its faces.',
    })
    writeFileAtomic(join(out, picture), await toPng(own, { scale: 1.5 }))
    if (overview.length < mostOnSheet) overview.push(await sheet(titled[at], group, few, false))
    pictured.push({ ...group, picture })
  }
  task.end()
  if (alone.length > 0) overview.push(await sheet('In no group', { rows: alone, found: [] }, 2 * few, false))
  if (overview.length > 0) {
    const inGroups = groups.filter((g) => g.name !== '-').length
    writeFileAtomic(
      join(out, 'groups.png'),
      await toPng(
        await faceSheet(overview, {
          height: side,
          width: side,
          title: sheetTitle(inGroups, records.length, alone.length) + (groups.length > mostOnSheet ? `; the first ${mostOnSheet}` : ''),
          subtitle: `Name, merge and split them in groups.jsonl, and run ${callText('group', [])} again.`,
          columns: few,
        }),
        { scale: 1.5 },
      ),
    )
  }
  return pictured
}

/** Faces on the sheet of each group: 400, or as many as keep all sheets together within {@link mostDrawn}, yet no fewer than on the sheet of all groups. */
export function facesEach(sizes: readonly number[]): number {
  const drawn = (most: number): number => sizes.reduce((sum, size) => sum + Math.min(size, most), 0)
  let each = many
  while (each > few && drawn(each) > mostDrawn) each--
  return each
}

/** What the sheet shows, as a sentence. */
export function sheetTitle(groups: number, faces: number, alone: number): string {
  if (groups === 0) return `${counted(faces, 'face')}, and no group among them`
  const rest = alone === 0 ? 'none stands alone' : alone === 1 ? 'one stands alone' : `${alone} stand alone`
  return `${counted(faces, 'face')} ${faces === 1 ? 'makes' : 'make'} ${counted(groups, 'group')}; ${rest}`
}

/** Names, or numbers for groups that have none. */
export function groupTitles(groups: readonly Pick<FaceGroup, 'name'>[]): string[] {
  let unnamed = 0
  return groups.map(({ name }) => (name === null ? `Group ${++unnamed}, no name yet` : name === '-' ? 'Nobody' : name))
}
