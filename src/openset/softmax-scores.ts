/**
 * @file Scores made of a classifier's probabilities or logits: how sure is it, in one number per row.
 *
 * Some rise with sureness and some fall; `scores` in score-table.ts says which, and nothing in this room guesses.
 * Two different quantities are called "Gini": the coefficient (high = sure) and the impurity (high = unsure).
 */
import { checkRows, ensure } from '../base/index.ts'
import { rowCount, type Rows } from './rows.ts'
import { logSumExp, temperatureOf, type TemperatureOptions } from './softmax.ts'

/**
 * Gini coefficient of the probabilities, their inequality: G = sum_i (2i - n - 1) p_(i) / n, p_(1) <= ... <= p_(n).
 *
 * @param probabilities row-major [rows, classes]
 * @param classes n, entries per row
 * @returns one number per row, 0 for uniform to (n - 1) / n for one-hot. **High = sure; outliers lie below.**
 * Cost: O(n log n) per row. Source: Gini 1912; the sorted form as in Sen 1973
 */
export function giniCoefficient(probabilities: Rows, classes: number): Float64Array {
  const sorted = new Float64Array(classes)
  return perRow('Gini coefficient', probabilities, classes, (at) => {
    for (let c = 0; c < classes; c++) sorted[c] = probabilities[at + c]
    sorted.sort()
    let sum = 0
    for (let c = 0; c < classes; c++) sum += (2 * (c + 1) - classes - 1) * sorted[c]
    return sum / classes
  })
}

/**
 * Gini impurity of the probabilities: I = 1 - sum_i p_i^2, computed as sum_i p_i (sum of the others) so that even very
 * sure rows keep their order.
 *
 * @param probabilities row-major [rows, classes]
 * @returns one number per row, 0 for one-hot to (n - 1) / n for uniform. **High = unsure; outliers lie above.**
 * Cost: O(n) per row. Source: Breiman et al. 1984; DeepGini (Feng et al. 2020); core of DOCTOR (Granese et al. 2021)
 */
export function giniImpurity(probabilities: Rows, classes: number): Float64Array {
  return perRow('Gini impurity', probabilities, classes, (at) => {
    const top = largest(probabilities, at, classes)
    let others = 0
    for (let c = at; c < at + classes; c++) if (c !== top) others += probabilities[c]
    let sum = probabilities[top] * others
    for (let c = at; c < at + classes; c++) if (c !== top) sum += probabilities[c] * (probabilities[top] + others - probabilities[c])
    return sum
  })
}

/**
 * The largest probability of each row. **High = sure; outliers lie below.**
 *
 * @param probabilities row-major [rows, classes]
 * Cost: O(n) per row. Source: Hendrycks, Gimpel 2017
 */
export function maxSoftmax(probabilities: Rows, classes: number): Float64Array {
  return perRow('maximum softmax', probabilities, classes, (at) => probabilities[largest(probabilities, at, classes)])
}

/**
 * Shannon entropy H = -sum_i p_i ln p_i in nats, with 0 ln 0 = 0. **High = unsure; outliers lie above.**
 *
 * @param probabilities row-major [rows, classes]
 * @returns 0 to ln(classes), never NaN
 * Cost: O(n) per row
 */
export function entropy(probabilities: Rows, classes: number): Float64Array {
  return perRow('entropy', probabilities, classes, (at) => {
    let sum = 0
    for (let c = at; c < at + classes; c++) if (probabilities[c] > 0) sum -= probabilities[c] * Math.log(probabilities[c])
    return sum
  })
}

/**
 * The largest probability less the second largest. **High = sure; outliers lie below.**
 *
 * @param probabilities row-major [rows, classes], at least two classes
 * Cost: O(n) per row
 */
export function softmaxMargin(probabilities: Rows, classes: number): Float64Array {
  return perRow('softmax margin', probabilities, classes, (at) => {
    const top = largest(probabilities, at, classes)
    let second = 0
    for (let c = at; c < at + classes; c++) if (c !== top) second = Math.max(second, probabilities[c])
    return probabilities[top] - second
  })
}

/**
 * Energy E = -T ln sum_i exp(z_i / T). **High = outlying; outliers lie above.** (Some libraries give the negative.)
 *
 * @param logits row-major [rows, classes]
 * Cost: O(n) per row. Source: Liu, Wang, Owens, Li 2020, equation 4
 */
export function energy(logits: Rows, classes: number, options: TemperatureOptions = {}): Float64Array {
  const temperature = temperatureOf('energy', options)
  return Float64Array.from(
    { length: rowCount('energy', logits, classes) },
    (_, i) => -temperature * logSumExp(logits, i * classes, classes, temperature),
  )
}

/**
 * The largest logit of each row. **High = sure; outliers lie below.**
 *
 * @param logits row-major [rows, classes]
 * Cost: O(n) per row. Source: Hendrycks et al. 2022, "Scaling out-of-distribution detection for real-world settings"
 */
export function maxLogit(logits: Rows, classes: number): Float64Array {
  return Float64Array.from({ length: rowCount('maximum logit', logits, classes) }, (_, i) => {
    let most = -Infinity
    for (let c = i * classes; c < (i + 1) * classes; c++) most = Math.max(most, logits[c])
    ensure(
      Number.isFinite(most),
      'maximum logit',
      'logits must be finite (some of a row may be -Infinity)',
      `row ${i} with maximum ${most}`,
    )
    return most
  })
}

function perRow(where: string, probabilities: Rows, classes: number, score: (at: number) => number): Float64Array {
  return Float64Array.from({ length: checkRows(where, probabilities, classes, 'probabilities') }, (_, i) => score(i * classes))
}

function largest(x: Rows, at: number, classes: number): number {
  let best = at
  for (let c = at + 1; c < at + classes; c++) if (x[c] > x[best]) best = c
  return best
}
