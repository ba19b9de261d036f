/**
 * @file A face known by content: the SHA-256 of its photo and its box, wherever the photo lies and whatever its faces are numbered.
 *
 * Boxes match exactly, or else by an intersection over union of at least {@link leastOverlap}: another detector or a second look may have drawn the box anew.
 */
import type { CropRecord } from '../faces/index.ts'
import { iou } from '../images/index.ts'

/** x, y, width, height in pixels of the upright photo. */
export type FaceBox = readonly [number, number, number, number]

/** From here on two boxes in one photo are one face. */
export const leastOverlap = 0.5

/** Intersection over union of two boxes, 0..1. */
export const overlapOf = (a: FaceBox, b: FaceBox): number => {
  const box = ([x, y, width, height]: FaceBox) => ({ x, y, width, height })
  return iou(box(a), box(b))
}

/** The place of the box that is the same face as `box`; undefined where none is. Exact before overlapping, most overlapping first. */
export function sameBox(box: FaceBox, boxes: readonly FaceBox[]): number | undefined {
  let [best, most] = [-1, 0]
  for (const [i, other] of boxes.entries()) {
    const overlap = other.every((v, d) => v === box[d]) ? 2 : overlapOf(box, other)
    if (overlap > most) [best, most] = [i, overlap]
  }
  return most >= leastOverlap ? best : undefined
}

/** Records, found by content. */
export class RecordsByContent {
  readonly #records: readonly CropRecord[]
  /** Rows by photo's hash, and of each hash by path. */
  readonly #rows = new Map<string, Map<string, number[]>>()
  readonly #digits: number

  /** @param digits how many digits of the hash tell photos apart */
  constructor(records: readonly CropRecord[], digits = 64) {
    this.#records = records
    this.#digits = digits
    for (const [i, { source, sourceHash }] of records.entries()) {
      const hash = sourceHash.slice(0, digits)
      const copies = this.#rows.get(hash) ?? new Map<string, number[]>()
      this.#rows.set(hash, copies)
      copies.set(source, [...(copies.get(source) ?? []), i])
    }
  }

  /** Whether any record is of this photo. */
  has(hash: string): boolean {
    return this.#rows.has(hash.slice(0, this.#digits))
  }

  /** The row of this face in each copy of its photo. */
  find(hash: string, box: FaceBox): number[] {
    return [...(this.#rows.get(hash.slice(0, this.#digits))?.values() ?? [])].flatMap((rows) => {
      const at = sameBox(
        box,
        rows.map((i) => this.#records[i].box),
      )
      return at === undefined ? [] : [rows[at]]
    })
  }
}
