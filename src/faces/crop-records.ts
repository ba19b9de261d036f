/** @file What is written down of each photo: the lines of `manifest.jsonl` and `quarantine.jsonl`, and of the journal that becomes these. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { Journal, journalName, readJsonLines } from '../files/index.ts'
import type { FaceTemplate } from './align.ts'
import { lookNames, type Look } from './sight.ts'

/** One face: a line of `manifest.jsonl`. Paths are relative, with `/`. */
export interface CropRecord {
  /** The photo, relative to the source folder. */
  readonly source: string
  /** SHA-256 of the photo's bytes. */
  readonly sourceHash: string
  /** The name of the photo's folder, Unicode NFC; null for a photo at the top. */
  readonly label: string | null
  /** Place among the photo's faces, largest first. */
  readonly face: number
  /** x, y, width, height in pixels of the upright photo. */
  readonly box: readonly [number, number, number, number]
  /** x, y of 68 points. */
  readonly landmarks: readonly number[]
  readonly score: number
  readonly sharpness: number
  /** By which look it was found; missing in records of versions that took one look. */
  readonly look?: Look
  /** The detector's id. */
  readonly detector: string
  readonly alignment: FaceTemplate
  /** The crop, relative to the output folder. */
  readonly crop: string
  /** SHA-256 of the crop's file. */
  readonly cropHash: string
  /** SHA-256 of the settings it was made with. */
  readonly settings: string
}

const quarantineKinds = ['no-face', 'empty', 'not-an-image', 'unsupported', 'too-large', 'corrupt', 'unreadable'] as const

/** A photo without a crop: a line of `quarantine.jsonl`. */
export interface QuarantineRecord {
  readonly source: string
  readonly sourceHash: string | null
  readonly label: string | null
  /**
   * `no-face`: a good photo in which nobody was found; `empty`; `not-an-image`; `unsupported`: an image of a format that is not read (here);
   * `too-large`: above a limit that can be raised; both are looked at again by each run; `corrupt`: damaged or truncated; `unreadable`: the system refused.
   */
  readonly kind: (typeof quarantineKinds)[number]
  readonly reason: string
  readonly settings: string
}

/** A line of the journal: all that is known of one photo. */
export interface PhotoEntry {
  readonly source: string
  readonly faces: readonly CropRecord[]
  readonly quarantine: QuarantineRecord | null
}

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hexadecimal digits')
/** A path that leads nowhere but down. */
const below = z
  .string()
  .refine((path) => path !== '' && !path.startsWith('/') && !path.split('/').includes('..'), 'expected a path below the folder')
const of = { source: below, sourceHash: hash, label: z.string().nullable() }
const size = z.number().int().positive()

// Keys in the order in which they are written: a record that was read is written as the same bytes.
const cropSchema: z.ZodType<CropRecord> = z.object({
  ...of,
  face: z.number().int().nonnegative(),
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  landmarks: z.array(z.number()).length(136),
  score: z.number(),
  sharpness: z.number(),
  look: z.enum(lookNames).optional(),
  detector: z.string(),
  alignment: z.object({ name: z.enum(['similarity', 'upright']), size, padding: z.number() }),
  crop: below.refine((path) => path.startsWith('crops/'), 'expected a path below crops/'),
  cropHash: hash,
  settings: z.string(),
})
const quarantineSchema: z.ZodType<QuarantineRecord> = z.object({
  ...of,
  sourceHash: hash.nullable(),
  kind: z.enum(quarantineKinds),
  reason: z.string(),
  settings: z.string(),
})
const entrySchema: z.ZodType<PhotoEntry> = z.object({ source: below, faces: z.array(cropSchema), quarantine: quarantineSchema.nullable() })

/** What is known of each photo, in the order of the files. */
export type CropsByPhoto = Map<string, { faces: readonly CropRecord[]; quarantine: QuarantineRecord | null }>

/**
 * Everything that runs have written into an output folder, finished or not.
 *
 * @throws KindredError `corrupt` naming file and line; `io`; `limit`
 */
export function readCropFolder(out: string): { photos: CropsByPhoto; journal: Journal<PhotoEntry> } {
  const photos: CropsByPhoto = new Map()
  for (const face of linesOf(out, 'manifest.jsonl', cropSchema))
    photos.set(face.source, { faces: [...(photos.get(face.source)?.faces ?? []), face], quarantine: null })
  for (const line of linesOf(out, 'quarantine.jsonl', quarantineSchema))
    photos.set(line.source, { faces: photos.get(line.source)?.faces ?? [], quarantine: line })
  const journal = new Journal(join(out, journalName), entrySchema, 'crops')
  for (const { source, faces, quarantine } of journal.entries) photos.set(source, { faces, quarantine })
  return { photos, journal }
}

function linesOf<T>(out: string, name: string, schema: z.ZodType<T>): T[] {
  const path = join(out, name)
  return existsSync(path) ? readJsonLines(path, schema, { where: 'crops', fix: `Delete it to have all photos looked at again.` }) : []
}

/**
 * The faces and the photos without one, as they stand in an output folder.
 *
 * @param out the output folder of `cropFolder`
 * @throws KindredError `corrupt` naming file and line; `io`; `limit`
 */
export function readCropRecords(out: string): { faces: CropRecord[]; quarantine: QuarantineRecord[] } {
  const photos = [...readCropFolder(out).photos.values()]
  return { faces: photos.flatMap((p) => p.faces), quarantine: photos.flatMap((p) => p.quarantine ?? []) }
}

/** Whether a folder is the output folder of `cropFolder`, finished or not. */
export const holdsCrops = (folder: string): boolean => existsSync(join(folder, 'manifest.jsonl')) || existsSync(join(folder, journalName))
