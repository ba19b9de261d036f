/** @file Every way to score how far from the digits an image lies, fitted to one network. */
import { gatherRows } from '../../base/index.ts'
import type { Dataset } from '../../dataset/index.ts'
import { knnDistance, l2Normalize, logitScorer, mahalanobis, outlierOdds, type LogitScoreName, type Scorer } from '../../openset/index.ts'
import { trainSoftmaxHead } from '../../train/index.ts'
import { firstPerClass } from '../first-per-class.ts'
import { namedScore } from './look.ts'
import type { NamedScore } from './rejection.ts'
import type { Judged, Run } from './run.ts'

const logitNames: readonly LogitScoreName[] = ['gini-impurity', 'gini-coefficient', 'max-softmax', 'energy']

/** The fitted scores, each with the output of the model it looks at. */
export interface Fitted {
  readonly knn: Scorer
  readonly gauss: Scorer
  /** Only for a network that has seen outliers. */
  readonly odds?: Scorer
  readonly width: number
}

/**
 * Fits scores on training digits: 1,000 a class for neighbours, all for means and covariance; with outliers, also a linear softmax of eleven classes on the
 * features.
 */
export async function fitScores({ runtime, seed, options }: Run, { train, dim, embed }: Judged, outliers?: Dataset): Promise<Fitted> {
  const labels = train.dataset.labels
  const rows = firstPerClass(train.dataset, 1000)
  const chosen = gatherRows(train.embedding, dim, rows)
  const width = train.features.length / labels.length
  const unit = l2Normalize(train.features, width) as Float32Array
  const fitted = { width, knn: knnDistance(chosen, dim, { k: 5 }), gauss: mahalanobis(unit, width, labels) }
  if (outliers === undefined) return fitted
  const { classes } = train.dataset
  const other = l2Normalize((await embed(outliers, 0)).features, width) as Float32Array
  const vectors = new Float32Array(unit.length + other.length)
  vectors.set(unit)
  vectors.set(other, unit.length)
  const eleven = new Int32Array(vectors.length / width).fill(classes.length)
  eleven.set(labels)
  const { weight, bias } = await trainSoftmaxHead({
    vectors,
    dim: width,
    labels: eleven,
    classes: [...classes, 'none of these'],
    seed,
    runtime,
    signal: options.signal,
  })
  return { ...fitted, odds: outlierOdds(weight, bias, width) }
}

/** Every score of one network: four of the head, three of distances, and the odds where outliers were seen. */
export function scoresOf({ knn, gauss, odds, width }: Fitted, classes: number): NamedScore[] {
  const features = `the ${width} features before the embedding`
  return [
    ...logitNames.map((name) => namedScore({ scorer: logitScorer(name, classes), input: 'logits' })),
    namedScore({ scorer: knn, input: 'embedding' }, 'to the 5th nearest of 1,000 training embeddings a class'),
    namedScore({ scorer: knn, input: 'embedding', moved: true }, 'the kNN distance, mean over the image and four small moves of it'),
    namedScore({ scorer: gauss, input: 'unit features' }, `on ${features}, unit length, one covariance for all classes`),
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
  ]
}
