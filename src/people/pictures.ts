/** @file The report's pictures made of crops: thumbnails, rows of neighbours. */
import { join } from 'node:path'
import { counted, gatherRows, rng } from '../base/index.ts'
import { decodeImage } from '../images/index.ts'
import { nearest } from '../neighbours/index.ts'
import { faceSheet, faceStrip, type StripRow } from '../plots/index.ts'
import type { CropRecord } from '../faces/index.ts'
import type { Asked } from './ask-each-other.ts'

/** Crops scaled to squares, one after the other: RGB bytes [n x side x side x 3]. */
export async function thumbnails(out: string, records: readonly CropRecord[], side = 96): Promise<Uint8Array> {
  const each = side * side * 3
  const pixels = new Uint8Array(records.length * each)
  for (const [i, { crop }] of records.entries()) pixels.set((await decodeImage(join(out, crop), { size: [side, side] })).pixels, i * each)
  return pixels
}

/** Up to `most` numbers below n, evenly drawn, in order. */
export function some(n: number, most: number, seed: number): number[] {
  const all = Int32Array.from({ length: n }, (_, i) => i)
  return n <= most ? [...all] : [...rng(seed).fork('sample').shuffle(all).slice(0, most).sort()]
}

/** What the network gets to see: a few aligned crops. */
export async function cropPicture(out: string, records: readonly CropRecord[], seed: number): Promise<string> {
  const chosen = some(records.length, 16, seed).map((i) => records[i])
  const [side, pixels] = [96, await thumbnails(out, chosen)]
  const each = side * side * 3
  const faces = chosen.map((r, i) => ({ pixels: pixels.subarray(i * each, (i + 1) * each), caption: r.label ?? photoName(r) }))
  return faceSheet([{ faces }], {
    height: side,
    width: side,
    columns: 8,
    size: side,
    title:
      records.length === chosen.length
        ? `${counted(chosen.length, 'face')}, cut out alike`
        : `${chosen.length} of ${records.length.toLocaleString('en')} faces, cut out alike`,
  })
}

/** A photo's short name, and which face of it. */
export const photoName = ({ source, face }: CropRecord): string => `${source.split('/').at(-1)!}${face > 0 ? `, face ${face + 1}` : ''}`

/**
 * How many of the nearest say something: up to the last of the person's other photos, as all that follow must be of somebody else, which is no mistake.
 *
 * @param right nearest first, whether each shows the person
 * @param others how many other photos of the person there are
 */
export function worthShowing(right: readonly boolean[], others: number): number {
  let left = others
  let shown = 0
  while (shown < right.length && left > 0) if (right[shown++]) left--
  return shown
}

/** What rows of neighbours show, for a title. */
export interface ShownNeighbours {
  readonly faces: number
  /** Neighbours drawn, and those that show the person of their row; where nobody has a name, none does. */
  readonly drawn: number
  readonly right: number
  /** The two faces of one row that lie nearest to each other, as they are captioned. */
  readonly nearest: { readonly a: string; readonly b: string; readonly distance: number }
}

/** Faces with their five nearest, one row each; once all photos of a person are shown, the row says that there are no more. */
export async function neighbourRows(
  out: string,
  { found }: Pick<Asked, 'found'>,
  rows: readonly number[],
  title: string | ((shown: ShownNeighbours) => string),
  subtitle: string,
): Promise<string | undefined> {
  const { records, vectors, dim, labels, people } = found
  if (rows.length === 0 || records.length < 2) return undefined
  const known = labels.some((l) => l >= 0)
  // Where people have names, those without one neither ask nor answer.
  const pool = [...records.keys()].filter((i) => !known || labels[i] >= 0)
  const references = gatherRows(vectors, dim, pool)
  const k = Math.min(5, pool.length - 1)
  const side = 112
  const picture = async (i: number) => thumbnails(out, [records[i]], side)
  const strips: StripRow[] = []
  for (const row of rows) {
    const { indices, distances } = nearest(vectors.slice(row * dim, (row + 1) * dim), references, dim, k, {
      exclude: 'same-index',
      firstQuery: pool.indexOf(row),
    })
    const others = known ? pool.filter((i) => labels[i] === labels[row]).length - 1 : Infinity
    const shown = [...indices].slice(0, worthShowing([...indices].map((at) => labels[pool[at]] === labels[row]), others)) // prettier-ignore
    strips.push({
      query: await picture(row),
      name: labels[row] < 0 ? photoName(records[row]) : people[labels[row]],
      detail: labels[row] < 0 ? undefined : photoName(records[row]),
      neighbours: await Promise.all(
        shown.map(async (at, j) => {
          const i = pool[at]
          return {
            pixels: await picture(i),
            name: labels[i] < 0 ? photoName(records[i]) : people[labels[i]],
            distance: distances[j],
            mark: !known ? ('unknown' as const) : labels[i] === labels[row] ? ('right' as const) : ('wrong' as const),
          }
        }),
      ),
      end: shown.length === k ? undefined : others === 0 ? 'no other photo of this person' : 'no more photos of this person',
    })
  }
  const drawn = strips.flatMap((s) =>
    s.neighbours.map(({ name, distance, mark }) => ({ a: s.detail ?? s.name ?? '', b: name, distance, mark })),
  )
  const nearestPair = drawn.toSorted((x, y) => x.distance - y.distance)[0] ?? { a: '', b: '', distance: 0 }
  const shown = { faces: rows.length, drawn: drawn.length, right: drawn.filter((d) => d.mark === 'right').length, nearest: nearestPair }
  return faceStrip(strips, { height: side, width: side, title: typeof title === 'string' ? title : title(shown), subtitle })
}
