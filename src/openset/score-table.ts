/**
 * @file Every score of this room with the direction in which it points: one table, the only place that says so.
 */
import { checkChoice, ensure } from '../base/index.ts'
import type { Rows } from './rows.ts'
import { softmax, type TemperatureOptions } from './softmax.ts'
import { energy, entropy, giniCoefficient, giniImpurity, maxLogit, maxSoftmax, softmaxMargin } from './softmax-scores.ts'

/** On which side of a threshold something lies. */
export type Side = 'above' | 'below'

/** Scores that need only a classifier's logits. */
export type LogitScoreName = 'gini-coefficient' | 'gini-impurity' | 'max-softmax' | 'entropy' | 'softmax-margin' | 'energy' | 'max-logit'

/** Scores that need training embeddings to be fitted on. */
export type EmbeddingScoreName = 'knn-distance' | 'mahalanobis' | 'class-mean-distance' | 'stranger-odds' | 'distance-and-odds'

/** A score's name and direction. */
export interface ScoreInfo {
  name: LogitScoreName | EmbeddingScoreName
  /** Outliers have scores above (the score measures strangeness) or below (it measures sureness). */
  outlierWhen: Side
  /** What one row holds. */
  input: 'logits' | 'embeddings'
  /** One line for people. */
  says: string
}

/** All scores, each with its direction. */
export const scores: readonly ScoreInfo[] = [
  {
    name: 'gini-coefficient',
    outlierWhen: 'below',
    input: 'logits',
    says: 'inequality of the probabilities: 0 uniform, (n-1)/n one-hot; high = sure',
  },
  { name: 'gini-impurity', outlierWhen: 'above', input: 'logits', says: '1 - sum p^2: 0 one-hot, (n-1)/n uniform; high = unsure' },
  { name: 'max-softmax', outlierWhen: 'below', input: 'logits', says: 'the largest probability' },
  { name: 'entropy', outlierWhen: 'above', input: 'logits', says: 'Shannon entropy of the probabilities, in nats' },
  { name: 'softmax-margin', outlierWhen: 'below', input: 'logits', says: 'the largest probability less the second' },
  { name: 'energy', outlierWhen: 'above', input: 'logits', says: '-T log sum exp(z / T)' },
  { name: 'max-logit', outlierWhen: 'below', input: 'logits', says: 'the largest logit' },
  { name: 'knn-distance', outlierWhen: 'above', input: 'embeddings', says: 'distance to the k-th nearest training embedding' },
  { name: 'mahalanobis', outlierWhen: 'above', input: 'embeddings', says: 'squared Mahalanobis distance to the nearest class mean' },
  { name: 'class-mean-distance', outlierWhen: 'above', input: 'embeddings', says: 'Euclidean distance to the nearest class mean' },
  {
    name: 'stranger-odds',
    outlierWhen: 'above',
    input: 'embeddings',
    says: 'log odds of "none of these" in a linear softmax with one class more',
  },
  {
    name: 'distance-and-odds',
    outlierWhen: 'above',
    input: 'embeddings',
    says: 'distance to the k-th nearest training embedding and log odds of "none of these", each in units of its spread',
  },
]

/** The table's entry of a name; throws with the nearest name when there is none. */
export function scoreInfo(name: string): ScoreInfo {
  ensure(
    name !== 'gini',
    'score',
    'name must say which Gini is meant',
    name,
    'Take "gini-impurity" (high = unsure) or "gini-coefficient" (high = sure).',
  )
  checkChoice(
    'score',
    'name',
    name,
    scores.map((score) => score.name),
  )
  return scores.find((score) => score.name === name)!
}

/**
 * Any of the logit scores by name.
 *
 * @param name which score
 * @param logits row-major [n, classes]
 * @param classes entries per row
 * @param options temperature; the maximum logit knows none and ignores it
 * @returns one float64 per row
 * Cost: O(n classes)
 */
export function logitScore(name: LogitScoreName, logits: Rows, classes: number, options: TemperatureOptions = {}): Float64Array {
  if (name === 'energy') return energy(logits, classes, options)
  if (name === 'max-logit') return maxLogit(logits, classes)
  const ofProbabilities = {
    'gini-coefficient': giniCoefficient,
    'gini-impurity': giniImpurity,
    'max-softmax': maxSoftmax,
    entropy,
    'softmax-margin': softmaxMargin,
  }
  checkChoice('logit score', 'name', name, [...(Object.keys(ofProbabilities) as LogitScoreName[]), 'energy', 'max-logit'])
  return ofProbabilities[name](softmax(logits, classes, options), classes)
}
