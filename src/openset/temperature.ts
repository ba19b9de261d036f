/**
 * @file Temperature scaling: one number, fitted on held-out logits, that makes a classifier as sure as it should be.
 *
 * It changes no prediction. Source: Guo, Pleiss, Sun, Weinberger 2017, "On calibration of modern neural networks".
 */
import { ensure } from '../base/index.ts'
import { rowCount, type Rows } from './rows.ts'
import { logSumExp } from './softmax.ts'
import type { ClassLabels } from './scorer.ts'

/** A fitted temperature. */
export interface TemperatureFit {
  /** Divide logits by it. */
  temperature: number
  /** Mean negative log-likelihood in nats at temperature 1, and at this one. */
  nllBefore: number
  nllAfter: number
  /** True when the best temperature lies at an end of the search range [0.01, 100]: all held-out rows right, or no better than chance. */
  atBound: boolean
}

const COLDEST = 0.01
const HOTTEST = 100

/**
 * The temperature with the least negative log-likelihood on held-out logits.
 *
 * In b = 1 / T the loss is convex: slope mean(E_p[z] - z_y), curvature mean(Var_p[z]); Newton's method on the slope, with
 * bisection whenever a step would leave the bracket.
 *
 * @param logits held-out, row-major [n, classes]; not trained on
 * @param classes entries per row
 * @param labels the true class of each row, 0 to classes - 1
 * @throws KindredError `usage` when lengths do not fit
 * Cost: about 10 passes of O(n classes)
 */
export function fitTemperature(logits: Rows, classes: number, labels: ClassLabels): TemperatureFit {
  const where = 'temperature scaling'
  const n = rowCount(where, logits, classes)
  ensure(n > 0 && labels.length === n, where, `labels must hold one class for each of ${n} rows, and at least one`, labels.length)
  for (const label of labels) ensure(label >= 0 && label < classes, where, `labels must be from 0 to ${classes - 1}`, label)

  let low = 1 / HOTTEST
  let high = 1 / COLDEST
  let b = 1
  if (slope(logits, classes, labels, low).slope >= 0) b = high = low
  else if (slope(logits, classes, labels, high).slope <= 0) b = low = high
  for (let step = 0; step < 100 && high - low > 1e-12 * high; step++) {
    const at = slope(logits, classes, labels, b)
    if (at.slope < 0) low = b
    else high = b
    const newton = b - at.slope / at.curvature
    const next = newton > low && newton < high ? newton : (low + high) / 2
    const done = Math.abs(next - b) <= 1e-12 * b
    b = next
    if (done) break
  }
  const temperature = 1 / b
  return {
    temperature,
    nllBefore: nll(logits, classes, labels, 1),
    nllAfter: nll(logits, classes, labels, temperature),
    atBound: b === 1 / HOTTEST || b === 1 / COLDEST,
  }
}

function slope(logits: Rows, classes: number, labels: ClassLabels, b: number): { slope: number; curvature: number } {
  let first = 0
  let second = 0
  for (let i = 0; i < labels.length; i++) {
    const at = i * classes
    const lse = logSumExp(logits, at, classes, 1 / b)
    let mean = 0
    let square = 0
    for (let c = at; c < at + classes; c++) {
      const z = logits[c] - logits[at + labels[i]]
      const p = Math.exp(logits[c] * b - lse)
      mean += p * z
      square += p * z * z
    }
    first += mean
    second += square - mean * mean
  }
  return { slope: first / labels.length, curvature: second / labels.length }
}

function nll(logits: Rows, classes: number, labels: ClassLabels, temperature: number): number {
  let sum = 0
  for (let i = 0; i < labels.length; i++)
    sum += logSumExp(logits, i * classes, classes, temperature) - logits[i * classes + labels[i]] / temperature
  return sum / labels.length
}
