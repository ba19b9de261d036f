/** @file The titles of the faces report's figures: what each shows, as a sentence made of the run's own figures. */
import { counted, percent } from '../../base/index.ts'
import { nearest } from '../../neighbours/index.ts'
import type { FaceRetrieval, ShownNeighbours } from '../../people/index.ts'
import type { FacePlaces } from './map-faces.ts'

const whole = (n: number): string => n.toLocaleString('en')
const faces = (n: number): string => (n === 1 ? '1 face' : `${whole(n)} faces`)

/** Of the map of pictures. @param people how many have a name */
export function mapTitle(
  n: number,
  people: number,
  retrieval: Pick<FaceRetrieval, 'queries' | 'askable' | 'knnAccuracy'> | undefined,
): string {
  const whose = people === 0 ? faces(n) : `${faces(n)} of ${people === 1 ? '1 person' : `${whole(people)} people`}`
  if (retrieval === undefined) return n === 1 ? whose : `${whose}: those that are alike lie side by side`
  const { queries, askable = queries, knnAccuracy } = retrieval
  const of = queries === n ? '' : `of ${whole(queries)} that ${queries < askable ? 'asked' : 'have another photo'}, `
  return `${whose}: ${of}${percent(knnAccuracy)} have their own person nearest`
}

/** Of the same map as points. */
export function pointsTitle({
  method,
  neighbourPreservation: kept,
  neighbours,
}: Pick<FacePlaces, 'method' | 'neighbourPreservation' | 'neighbours'>): string {
  return kept === undefined
    ? `The same places without moving anyone apart (${method})`
    : `${percent(kept)} of each face’s ${neighbours} nearest are still among the nearest on the map`
}

/**
 * Of the flat shadow: how many would have their own person nearest in it.
 *
 * @param at [n, 2], where the faces lie
 * @param asked the rows that ask: labelled ones, whose person has another
 */
export function flatTitle(at: Float32Array, labels: Int32Array, asked: Int32Array): string {
  const known = Array.from(labels.keys()).filter((i) => labels[i] >= 0)
  if (asked.length === 0 || known.length < 2) return 'Seen flat, from the widest side, people may hide one another'
  const points = Float32Array.from(known.flatMap((i) => [at[2 * i], at[2 * i + 1]]))
  const { indices } = nearest(points, points, 2, 1, { exclude: 'same-index' })
  const asks = new Set(asked)
  const right = known.filter((i, q) => asks.has(i) && labels[known[indices[q]]] === labels[i]).length
  return `Seen flat, ${percent(right / asked.length)} of the faces have their own person nearest`
}

/** Of some faces with their nearest. */
export function neighboursTitle({ faces: rows, drawn, right, nearest: pair }: ShownNeighbours, named: boolean): string {
  if (!named) return `Nearest of these are ${pair.a} and ${pair.b}, ${pair.distance.toFixed(3)} apart`
  const these = rows === 1 ? 'this face' : `these ${rows} faces`
  return right === drawn
    ? `All ${drawn} nearest of ${these} show the same person`
    : `Of the ${drawn} nearest of ${these}, ${right} ${right === 1 ? 'shows' : 'show'} the same person`
}

/** Of the mistakes. */
export const wrongTitle = (wrong: number, asked: number): string =>
  `${whole(wrong)} of ${counted(asked, 'face')} ${wrong === 1 ? 'is' : 'are'} nearest to another person`
