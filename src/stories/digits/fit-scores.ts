/** @file Every way to score how far from the digits an image lies, fitted to one network. */
import { gatherRows } from '../../base/index.ts'
import type { Dataset } from '../../dataset/index.ts'
import {
  distanceAndOdds,
  knnDistance,
  l2Normalize,
  logitScorer,
  mahalanobis,
  outlierOdds,
  type LogitScoreName,
  type Scorer,
} from '../../openset/index.ts'
import { trainSoftmaxHead } from '../../train/index.ts'
import { firstPerClass } from '../first-per-class.ts'
import { namedScore } from './look.ts'
import type { NamedScore } from './rejection.ts'
import type { Judged, Run } from './run.ts'

/** Whose distance counts. */
const neighbour = 5

const logitNames: readonly LogitScoreName[] = ['gini-impurity', 'gini-coefficient', 'max-softmax', 'energy']

/** The fitted scores, each with the output of the model it looks at. */
export interface Fitted {
  readonly knn: Scorer
  readonly gauss: Scorer
  /** Only for a network that has seen outliers: on the features, and together with the distance on the embedding. */
  readonly odds?: Scorer
  readonly both?: Scorer
  readonly width: number
}

/**
 * Fits scores on training digits: 1,000 a class for neighbours, all for means and covariance; with outliers, also a linear softmax of eleven classes on the
 * features, and one on the embedding, whose odds are added to the distance in units of their spread over training digits that are no references.
 */
export async function fitScores({ runtime, seed, options }: Run, { train, dim, embed }: Judged, outliers?: Dataset): Promise<Fitted> {
  const labels = train.dataset.labels
  const rows = firstPerClass(train.dataset, 1000)
  const chosen = gatherRows(train.embedding, dim, rows)
  const width = train.features.length / labels.length
  const unit = l2Normalize(train.features, width) as Float32Array
  const fitted = { width, knn: knnDistance(chosen, dim, { k: neighbour }), gauss: mahalanobis(unit, width, labels) }
  if (outliers === undefined) return fitted
  const { classes } = train.dataset
  const seen = await embed(outliers, 0)
  const head = async (known: Float32Array, other: Float32Array, each: number) => {
    const vectors = new Float32Array(known.length + other.length)
    vectors.set(known)
    vectors.set(other, known.length)
    const eleven = new Int32Array(vectors.length / each).fill(classes.length)
    eleven.set(labels)
    const names = [...classes, 'none of these']
    return trainSoftmaxHead({ vectors, dim: each, labels: eleven, classes: names, seed, runtime, signal: options.signal })
  }
  const onFeatures = await head(unit, l2Normalize(seen.features, width) as Float32Array, width)
  const { weight, bias } = await head(train.embedding, seen.embedding, dim)
  const references = new Set(rows)
  const others = [...labels.keys()].filter((i) => !references.has(i)).slice(0, 2000)
  const scale = others.length === 0 ? chosen : gatherRows(train.embedding, dim, others)
  return {
    ...fitted,
    odds: outlierOdds(onFeatures.weight, onFeatures.bias, width),
    both: distanceAndOdds({ references: chosen, k: neighbour, weight, bias }, dim, scale),
  }
}

/**
 * Every score of one network, from the simplest to what looks at most: four of the head, three of distances, and where outliers were seen the odds, alone and
 * with the distance.
 */
export function scoresOf({ knn, gauss, odds, both, width }: Fitted, classes: number): NamedScore[] {
  const features = `the ${width} features before the embedding`
  return [
    ...logitNames.map((name) => namedScore({ scorer: logitScorer(name, classes), input: 'logits' })),
    namedScore({ scorer: gauss, input: 'unit features' }, `on ${features}, unit length, one covariance for all classes`),
    namedScore({ scorer: knn, input: 'embedding' }, 'to the 5th nearest of 1,000 training embeddings a class'),
    namedScore({ scorer: knn, input: 'embedding', moved: true }, 'the kNN distance, mean over the image and four small moves of it'),
    ...(odds === undefined
      ? []
      : [
          namedScore(
            { scorer: odds, input: 'unit features' },
            `a linear softmax on ${features} whose eleventh class is “none of these”, trained on the outliers of training`,
          ),
          namedScore(
            { scorer: odds, input: 'unit features', moved: true },
            'the same odds, mean over the image and four small moves of it',
          ),
        ]),
    ...(both === undefined
      ? []
      : [false, true].map((moved) =>
          namedScore(
            { scorer: both, input: 'embedding', moved },
            `the kNN distance and the odds of such a softmax on the embedding, each in units of its spread over digits${moved ? ', mean over moves' : ''}`,
          ),
        )),
  ]
}
