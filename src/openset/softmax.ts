/** @file From logits to probabilities, in float64 and without overflow. */
import { checkOptions, ensure } from '../base/index.ts'
import { rowCount, type Rows } from './rows.ts'

/** How logits are softened. */
export interface TemperatureOptions {
  /** Logits are divided by it; above 1 softens. Default 1. */
  temperature?: number
}

/**
 * Probabilities p_i = exp(z_i / T) / sum_j exp(z_j / T), the row maximum taken off first.
 *
 * The result is float64: in float32 many sure rows would be equal, and scores made of them tie.
 *
 * @param logits row-major [n, classes]
 * @param classes entries per row
 * @throws KindredError `usage` when lengths do not fit, temperature is not positive or a logit is not finite
 * Cost: O(n classes)
 */
export function softmax(logits: Rows, classes: number, options: TemperatureOptions = {}): Float64Array {
  const temperature = temperatureOf('softmax', options)
  const n = rowCount('softmax', logits, classes)
  const out = new Float64Array(logits.length)
  for (let i = 0; i < n; i++) {
    const lse = logSumExp(logits, i * classes, classes, temperature)
    for (let c = i * classes; c < (i + 1) * classes; c++) out[c] = Math.exp(logits[c] / temperature - lse)
  }
  return out
}

/** log sum_j exp(z_j / T) of one row that starts at element `at`; throws on NaN and +Infinity. Cost: O(classes) */
export function logSumExp(logits: Rows, at: number, classes: number, temperature: number): number {
  let most = -Infinity
  for (let c = at; c < at + classes; c++) {
    most = Math.max(most, logits[c] / temperature)
  }
  let sum = 0
  for (let c = at; c < at + classes; c++) sum += Math.exp(logits[c] / temperature - most)
  const total = most + Math.log(sum)
  if (!Number.isFinite(total))
    ensure(false, 'softmax', 'logits must be finite (some of a row may be -Infinity)', `row ${at / classes} with sum ${total}`)
  return total
}

/** Reads and checks the temperature option. */
export function temperatureOf(where: string, options: TemperatureOptions): number {
  checkOptions(where, options, ['temperature'])
  const { temperature = 1 } = options
  ensure(temperature > 0 && Number.isFinite(temperature), where, 'temperature must be a positive number', temperature)
  return temperature
}
