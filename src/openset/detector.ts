/**
 * @file A fitted detector: a score, a rule, scikit-learn's three questions, and a form that survives JSON.
 *
 * As scikit-learn's outlier detectors: `scoreSamples` is high for ordinary points, whatever the score's own direction;
 * `decisionFunction` is negative for outliers; `predict` says +1 (ordinary) or -1 (outlier).
 */
import * as z from 'zod'
import { checkAs, checkChoice, ensure, KindredError, show } from '../base/index.ts'
import { fromBase64 } from './base64.ts'
import { gaussianScorer, knnDistance, meansScorer } from './embedding-scores.ts'
import { rowCount, type Rows } from './rows.ts'
import { logitScore, scoreInfo, scores as knownScores, type LogitScoreName } from './score-table.ts'
import type { Scorer, ScorerState } from './scorer.ts'
import { distanceAndOdds } from './distance-and-odds.ts'
import { outlierOdds } from './outlier-odds.ts'
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
 * @param scorer from `logitScorer`, `knnDistance`, `mahalanobis`, `classMeanDistance`, `outlierOdds` or `distanceAndOdds`
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
    ensure(
      rule !== undefined,
      'detector',
      'there must be a rule before anything is rejected',
      'none',
      'Call withRule(conformalThreshold(...)) first.',
    )
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
    toJSON: () => ({ format: 'kindred-detector', version: 1, scorer: scorer.state(), rule }),
  }
}

const schema = z.object({
  format: z.literal('kindred-detector'),
  version: z.literal(1),
  scorer: z.object({
    name: z.enum(knownScores.map((score) => score.name)),
    width: z.int().positive().max(1_000_000),
    settings: z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])),
    arrays: z.record(z.string(), z.base64()),
  }),
  rule: z.object({ threshold: z.number(), rejectWhen: z.enum(['above', 'below']) }).optional(),
})

/**
 * The detector that `toJSON` wrote; gives the same scores to the last bit.
 *
 * @param where what errors call it: the file it comes from
 * @throws KindredError `corrupt` when the object is none of ours, or its numbers do not make a score
 */
export function detectorFromJson(json: unknown, where = 'detector'): Detector {
  const { scorer, rule } = checkAs(json, where, schema)
  try {
    return detector(scorerFromState(scorer, where), rule)
  } catch (error) {
    if (!(error instanceof KindredError) || error.code === 'corrupt') throw error
    throw new KindredError('corrupt', where, `${error.where}: ${error.expected}`, error.got, undefined, { cause: error })
  }
}

function scorerFromState({ name, width, settings, arrays }: z.infer<typeof schema>['scorer'], where: string): Scorer {
  /** Rows of `each` numbers, none of which overflows when it is squared. */
  const array = <T extends Float32Array | Float64Array>(
    key: string,
    type: (new (bytes: ArrayBuffer) => T) & { readonly BYTES_PER_ELEMENT: number },
    each: number,
  ): T => {
    const bytes = Object.hasOwn(arrays, key) ? fromBase64(arrays[key]) : undefined
    const size = bytes === undefined ? 0 : bytes.byteLength / type.BYTES_PER_ELEMENT
    if (bytes === undefined || size === 0 || size % each !== 0)
      throw new KindredError(
        'corrupt',
        where,
        `scorer.arrays.${key} must hold one or more rows of ${each} numbers`,
        bytes === undefined ? 'nothing' : `${bytes.byteLength} bytes`,
      )
    const values = new type(bytes)
    const odd = values.findIndex((v: number) => !(Math.abs(v) <= 1e18))
    if (odd >= 0)
      throw new KindredError('corrupt', where, `scorer.arrays.${key} must hold finite numbers below 1e18`, `${values[odd]} at ${odd}`)
    return values
  }
  if (name === 'class-mean-distance') return meansScorer(array('means', Float64Array, width), width, settings.normalize === true)
  if (name === 'mahalanobis') {
    const relative = settings.relative === true
    const [maps, centres] = [array('maps', Float64Array, width * width), array('centres', Float64Array, width)]
    const [groups, places] = [maps.length / width ** 2 - (relative ? 1 : 0), centres.length / width - (relative ? 1 : 0)]
    if (groups < 1 || places < 1 || places % groups !== 0)
      throw new KindredError(
        'corrupt',
        where,
        'scorer.arrays must hold a map and a centre for each group',
        `${groups} maps and ${places} centres`,
      )
    return gaussianScorer(maps, centres, width, relative)
  }
  if (name === 'stranger-odds') return outlierOdds(array('weight', Float32Array, width), array('bias', Float32Array, 1), width)
  if (name === 'distance-and-odds') {
    const parts = {
      references: array('references', Float32Array, width),
      k: Number(settings.k),
      weight: array('weight', Float32Array, width),
      bias: array('bias', Float32Array, 1),
    }
    return distanceAndOdds(parts, width, { distanceSpread: Number(settings.distanceSpread), oddsSpread: Number(settings.oddsSpread) })
  }
  if (name === 'knn-distance')
    return knnDistance(array('references', Float32Array, width), width, { k: Number(settings.k), normalize: settings.normalize === true })
  const temperature = settings.temperature
  if (typeof temperature !== 'number' || !(temperature >= 1e-6 && temperature <= 1e6))
    throw new KindredError(
      'corrupt',
      where,
      'scorer.settings.temperature must be a number from 1e-6 to 1e6',
      show(temperature ?? 'nothing'),
    )
  return logitScorer(name as LogitScoreName, width, { temperature })
}
