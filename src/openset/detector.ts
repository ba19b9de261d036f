/**
 * @file A fitted detector: a score, a rule, scikit-learn's three questions, and a form that survives JSON.
 *
 * As scikit-learn's outlier detectors: `scoreSamples` is high for ordinary points, whatever the score's own direction;
 * `decisionFunction` is negative for outliers; `predict` says +1 (ordinary) or -1 (outlier).
 */
import { checkChoice, ensure, KindredError } from '../base/index.ts'
import { fromBase64 } from './base64.ts'
import { gaussianScorer, knnDistance, meansScorer } from './embedding-scores.ts'
import { rowCount, type Rows } from './rows.ts'
import { logitScore, scoreInfo, type LogitScoreName } from './score-table.ts'
import type { Scorer, ScorerState } from './scorer.ts'
import { strangerOdds } from './stranger-odds.ts'
import { temperatureOf, type TemperatureOptions } from './softmax.ts'
import { isRejected, type RejectionRule } from './thresholds.ts'

/** A detector as plain JSON. */
export interface DetectorJson {
  format: 'kindred-detector'
  version: 1
  scorer: ScorerState
  rule?: RejectionRule
}

/** A fitted detector. Rows are logits or embeddings, as the score says. */
export interface Detector {
  readonly scorer: Scorer
  /** The rule, once there is one. */
  readonly rule: RejectionRule | undefined
  /** The score itself, in its own direction. */
  scores(x: Rows): Float64Array
  /** The score turned so that high = ordinary. */
  scoreSamples(x: Rows): Float64Array
  /** How far on the kept side of the threshold: negative = outlier, 0 = just kept. */
  decisionFunction(x: Rows): Float64Array
  /** +1 = ordinary, -1 = outlier. */
  predict(x: Rows): Int8Array
  /** The same score with a rule. */
  withRule(rule: RejectionRule): Detector
  /** All of it as plain JSON; {@link detectorFromJson} reads it. */
  toJSON(): DetectorJson
}

/**
 * A scorer that needs no training data: one of the logit scores.
 *
 * @param name which score
 * @param classes logits a row
 */
export function logitScorer(name: LogitScoreName, classes: number, options: TemperatureOptions = {}): Scorer {
  const info = scoreInfo(name)
  ensure(info.input === 'logits', 'logit scorer', 'name must be a score of logits', name)
  const temperature = temperatureOf('logit scorer', options)
  return {
    name,
    width: classes,
    outlierWhen: info.outlierWhen,
    score: (x) => logitScore(name, x, classes, { temperature }),
    state: () => ({ name, width: classes, settings: { temperature }, arrays: {} }),
  }
}

/**
 * A detector of a fitted score.
 *
 * @param scorer from `logitScorer`, `knnDistance`, `mahalanobis`, `classMeanDistance` or `strangerOdds`
 * @param rule when to reject; may be added later by `withRule`
 * @example detector(knnDistance(train, 64)).withRule(conformalThreshold(heldOutScores, 0.05, 'above'))
 * Source: scikit-learn's OutlierMixin (score_samples, decision_function, predict)
 */
export function detector(scorer: Scorer, rule?: RejectionRule): Detector {
  if (rule !== undefined) {
    checkChoice('detector', 'rejectWhen', rule.rejectWhen, ['above', 'below'])
    ensure(Number.isFinite(rule.threshold), 'detector', 'threshold must be a finite number', rule.threshold)
  }
  const needRule = (): RejectionRule => {
    ensure(rule !== undefined, 'detector', 'there must be a rule before anything is rejected', 'none', 'Call withRule(conformalThreshold(...)) first.')
    return rule
  }
  const scores = (x: Rows): Float64Array => {
    rowCount(`detector ${scorer.name}`, x, scorer.width)
    return scorer.score(x)
  }
  const sign = (rule?.rejectWhen ?? scorer.outlierWhen) === 'above' ? -1 : 1
  return {
    scorer,
    rule,
    scores,
    scoreSamples: (x) => scores(x).map((score) => sign * score),
    decisionFunction: (x) => {
      const { threshold } = needRule()
      return scores(x).map((score) => sign * (score - threshold))
    },
    predict: (x) => {
      const found = needRule()
      return Int8Array.from(scores(x), (score) => (isRejected(score, found) ? -1 : 1))
    },
    withRule: (next) => detector(scorer, { threshold: next.threshold, rejectWhen: next.rejectWhen }),
    toJSON: () => ({ format: 'kindred-detector', version: 1, scorer: scorer.state(), ...(rule === undefined ? {} : { rule }) }),
  }
}

/**
 * The detector that `toJSON` wrote; gives the same scores to the last bit.
 *
 * @throws KindredError `corrupt` when the object is none of ours
 */
export function detectorFromJson(json: unknown): Detector {
  const { format, version, scorer, rule } = (json ?? {}) as Partial<DetectorJson>
  if (format !== 'kindred-detector' || version !== 1 || scorer === undefined) {
    throw new KindredError('corrupt', 'detector', 'the object must be a kindred-detector of version 1', `format ${String(format)}, version ${String(version)}`)
  }
  return detector(scorerFromState(scorer), rule)
}

function scorerFromState({ name, width, settings, arrays }: ScorerState): Scorer {
  const array = (key: string): Float64Array => new Float64Array(fromBase64(arrays[key]))
  if (name === 'class-mean-distance') return meansScorer(array('means'), width, settings.normalize === true)
  if (name === 'mahalanobis') return gaussianScorer(array('maps'), array('centres'), width, settings.relative === true)
  if (name === 'stranger-odds') return strangerOdds(new Float32Array(fromBase64(arrays.weight)), new Float32Array(fromBase64(arrays.bias)), width)
  if (name === 'knn-distance') {
    const k = Number(settings.k)
    return knnDistance(new Float32Array(fromBase64(arrays.references)), width, { k, normalize: settings.normalize === true })
  }
  return logitScorer(scoreInfo(name).name as LogitScoreName, width, { temperature: Number(settings.temperature) })
}
