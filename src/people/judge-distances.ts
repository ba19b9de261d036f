/** @file Distances between photos of one person and of two, and what thresholds between them do. */
import { gatherRows, inSlices, KindredError, percent, type Progress } from '../base/index.ts'
import { calibratePieces, clopperPearson, pairDistancePieces, quantile, type Interval, type PairDistances } from '../metrics/index.ts'
import { rejectionHistogram } from '../plots/index.ts'
import type { FaceDistances } from './face-figures.ts'
import type { EmbeddedFaces } from './embed-folder.ts'
import { some } from './pictures.ts'

/** Faces whose pairs are measured at most: pairs grow with the square. */
const most = 3000

/** Who watches and stops. */
interface Watched {
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/** The pairs of labelled faces, at most those of 3,000 of them. */
export function facePairs(
  { vectors, dim, labels }: Pick<EmbeddedFaces, 'vectors' | 'dim' | 'labels'>,
  seed: number,
  watched: Watched = {},
): Promise<PairDistances> {
  const known = [...labels.keys()].filter((i) => labels[i] >= 0)
  const chosen = some(known.length, most, seed).map((at) => known[at])
  const pieces = pairDistancePieces(
    gatherRows(vectors, dim, chosen),
    dim,
    Int32Array.from(chosen, (i) => labels[i]),
  )
  return inSlices(pieces, { ...watched, where: 'distances' })
}

/** Figures of the pairs, with the published threshold of dlib and one chosen from this folder; undefined where there are no two kinds of pairs. */
export async function judgeDistances(
  pairs: PairDistances,
  { model, seed, ...watched }: { model: string; seed: number } & Watched,
): Promise<{ distances: FaceDistances; figure: string } | undefined> {
  const { genuine, impostor } = pairs
  if (genuine.length === 0 || impostor.length === 0) return undefined
  const thresholds: FaceDistances['thresholds'] = []
  if (model === 'dlib') thresholds.push({ name: 'published for dlib’s network', value: 0.6, ...shares(pairs, 0.6) })
  let refused: string | undefined
  for (const far of [0.001, 0.01]) {
    try {
      const rule = await inSlices(calibratePieces({ ...pairs, far, seed }), { ...watched, where: 'distances' })
      thresholds.push({
        name: `chosen here for at most ${far * 100} % false accepts`,
        value: rule.threshold,
        falseAccepts: rule.far,
        trueAccepts: rule.tar,
        falseAcceptsInterval: wider(rule.farInterval, rule.byPeople?.farInterval),
        trueAcceptsInterval: wider(rule.tarInterval, rule.byPeople?.tarInterval),
      })
    } catch (error) {
      if (!(error instanceof KindredError) || error.code !== 'usage') throw error
      refused ??= `No limit for ${far * 100} % false accepts was chosen from this folder: ${error.expected}, and there are ${error.got}. ${error.fix ?? ''}`
    }
  }
  const median = (list: Float64Array) => quantile(Float64Array.from(list).sort(), 0.5)
  const distances: FaceDistances = {
    samePairs: genuine.length,
    otherPairs: impostor.length,
    same: median(genuine),
    other: median(impostor),
    thresholds,
    refused,
  }
  const [first] = thresholds
  const title =
    first === undefined
      ? `Photos of one person lie ${median(genuine).toFixed(2)} apart, photos of two ${median(impostor).toFixed(2)} (medians)`
      : `A limit of ${first.value.toFixed(2)} accepts ${unbroken(first.trueAccepts)} of the pairs of one person ` +
        `and ${unbroken(first.falseAccepts)} of the pairs of two`
  const figure = rejectionHistogram(
    {
      inScores: genuine,
      outScores: impostor,
      thresholds: thresholds.slice(0, 2).map((t) => ({ value: t.value, name: t.name.split(' ')[0] })),
      rejectWhen: 'above',
      scoreName: 'Distance',
      inName: 'one person',
      outName: 'two people',
    },
    {
      axis: 'linear',
      bins: Math.min(48, Math.max(10, Math.round(2 * Math.sqrt(genuine.length)))),
      title,
      subtitle:
        `${genuine.length.toLocaleString('en')} pairs of photos of one person, ${impostor.length.toLocaleString('en')} of two. Each histogram is ` +
        `in shares of its own set.`,
    },
  )
  return { distances, figure }
}

/** What a given threshold does to these pairs. */
function shares({ genuine, impostor }: PairDistances, threshold: number): Omit<FaceDistances['thresholds'][number], 'name' | 'value'> {
  const within = (list: Float64Array) => list.filter((d) => d <= threshold).length
  const [accepted, kept] = [within(impostor), within(genuine)]
  return {
    falseAccepts: accepted / impostor.length,
    trueAccepts: kept / genuine.length,
    falseAcceptsInterval: clopperPearson(accepted, impostor.length, 0.95),
    trueAcceptsInterval: clopperPearson(kept, genuine.length, 0.95),
  }
}

/** A share whose number and sign stay on one line. */
const unbroken = (share: number): string => percent(share).replace(' ', '\u00a0')

/** The wider of the interval of pairs and that of people. */
const wider = (a: Interval, b: Interval = a): Interval => ({ low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) })
