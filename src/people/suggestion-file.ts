/**
 * @file `suggestions.jsonl`: pairs that may be one person, one a line, nearest first; and what somebody has answered.
 *
 * ```
 * {"a":{"name":"Anna","faces":12,"face":{"photo":"lake.jpg","face":0,"hash":"…","box":[…]}},"b":{…},"distance":0.58,"nearest":0.52,"pairs":48,
 *  "odds":{"same":37,"of":40,"from":"here"},"why":"…","pictures":["crops/…","crops/…"]}
 * {"a":…,"b":…,"answer":"different"}
 * ```
 *
 * That they are one person is said in `groups.jsonl`: both get one name. That they are two is said there by two names, or here by `"answer":"different"`;
 * such a line is kept over all later runs, and its faces are found again by the content of their photos.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { parseJsonAs } from '../base/index.ts'
import type { CropRecord } from '../faces/index.ts'
import { readText, writeFileAtomic } from '../files/index.ts'
import { iou } from '../images/index.ts'
import type { PairOdds } from './suggest-pairs.ts'

/** A face by the content of its photo. */
export interface FaceByContent {
  /** Where it was seen last, and which of the photo's faces it was; for people to read. */
  readonly photo?: string
  readonly face?: number
  /** SHA-256 of the photo. */
  readonly hash: string
  /** x, y, width, height in the upright photo. */
  readonly box: readonly [number, number, number, number]
}

/** A group or a lone face. */
export interface SuggestedSide {
  /** The name of the group, or of the folder of its faces; null: none. */
  readonly name?: string | null
  /** Faces in it. */
  readonly faces?: number
  /** The one of them that is nearest to the other side. */
  readonly face: FaceByContent
}

/** A line of the file. */
export interface SuggestionLine {
  readonly a: SuggestedSide
  readonly b: SuggestedSide
  /** Mean Euclidean distance of the faces of a and those of b, and of the closest two. */
  readonly distance?: number
  readonly nearest?: number
  /** Pairs of faces the mean is of. */
  readonly pairs?: number
  /** How many labelled pairs about as far apart show one person; null where too few are known. */
  readonly odds?: PairOdds | null
  /** In words. */
  readonly why?: string
  /** Crops of the closest two, relative to the folder. */
  readonly pictures?: readonly string[]
  /** They are two people: never suggested again. */
  readonly answer?: 'different'
}

const nameOfFile = 'suggestions.jsonl'
const count = z.int().nonnegative()
const face = z.object({
  photo: z.string().optional(),
  face: count.optional(),
  hash: z.string().min(1),
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
})
const side = z.object({ name: z.string().nullish(), faces: count.optional(), face })
const schema: z.ZodType<SuggestionLine> = z.object({
  a: side,
  b: side,
  distance: z.number().nonnegative().optional(),
  nearest: z.number().nonnegative().optional(),
  pairs: count.optional(),
  odds: z.object({ same: count, of: count, from: z.enum(['here', 'calibration']) }).nullish(),
  why: z.string().optional(),
  pictures: z.array(z.string()).optional(),
  answer: z.literal('different').optional(),
})

/** Reads the suggestions of a folder. @throws KindredError `corrupt` naming the line */
export function readSuggestions(out: string): SuggestionLine[] {
  const path = join(out, nameOfFile)
  if (!existsSync(path)) return []
  return readText(path, 'suggestions')
    .split('\n')
    .flatMap((text, i) => (text.trim() === '' ? [] : [parseJsonAs(text, `${path} line ${i + 1}`, schema, 'Mend the line, or delete it.')]))
}

/** Writes them. */
export function writeSuggestions(out: string, lines: readonly SuggestionLine[]): void {
  writeFileAtomic(join(out, nameOfFile), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
}

/** The lines that somebody has answered. @throws KindredError `corrupt` naming the line */
export const answeredSuggestions = (out: string): SuggestionLine[] => readSuggestions(out).filter((line) => line.answer === 'different')

/** How a face is written. */
export const faceByContent = ({ source, face, sourceHash, box }: CropRecord): FaceByContent => ({
  photo: source,
  face,
  hash: sourceHash,
  box: [box[0], box[1], box[2], box[3]],
})

/** The rows of faces by content: same photo, and the box that overlaps most, by half at least; copies of a photo are all found. */
export function rowsByContent(records: readonly CropRecord[]): (face: FaceByContent) => number[] {
  const photos = new Map<string, number[]>()
  for (const [i, { sourceHash }] of records.entries()) photos.set(sourceHash, [...(photos.get(sourceHash) ?? []), i])
  const rect = ([x, y, width, height]: readonly number[]) => ({ x, y, width, height })
  return ({ hash, box }) => {
    const best = new Map<string, { i: number; overlap: number }>()
    for (const i of photos.get(hash) ?? []) {
      const overlap = iou(rect(box), rect(records[i].box))
      if (overlap >= 0.5 && overlap > (best.get(records[i].source)?.overlap ?? 0)) best.set(records[i].source, { i, overlap })
    }
    return [...best.values()].map(({ i }) => i)
  }
}

/**
 * Numbers of rows that are never joined: those of photos, and one for each two faces that somebody has called different. A row has one number only, so the
 * answer counts where both faces are alone in their photos and in no other answer; elsewhere it is kept from being suggested again, no more.
 */
export function keptApart(records: readonly CropRecord[], answered: readonly SuggestionLine[], photos: Int32Array): Int32Array {
  const apart = photos.slice()
  let next = photos.reduce((a, b) => Math.max(a, b), -1) + 1
  const find = rowsByContent(records)
  for (const { a, b } of answered) {
    const rows = [...find(a.face), ...find(b.face)]
    if (rows.length !== 2 || rows.some((i) => apart[i] >= 0)) continue
    for (const i of rows) apart[i] = next
    next++
  }
  return apart
}
