/**
 * @file Scales and ticks: from values to pixels, and the round values between.
 *
 * Tick steps are 1, 2 or 5 times a power of ten, chosen as in d3-array's `ticks` (Heckbert, "Nice numbers for graph labels", Graphics Gems 1990).
 */
import { percent as inPercent } from '../base/index.ts'

/** A map from values to pixels with its ticks. */
export interface Scale {
  (value: number): number
  domain: [number, number]
  range: [number, number]
  ticks: number[]
  format: (value: number) => string
}

/** About `count` round values within [low, high]. */
export function ticks(low: number, high: number, count = 5): number[] {
  if (!(high > low) || count <= 0) return [low]
  const step = tickStep(low, high, count)
  const out: number[] = []
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) out.push(Number((i * step).toFixed(decimals + 1)))
  return out
}

function tickStep(low: number, high: number, count: number): number {
  const raw = (high - low) / count
  const power = 10 ** Math.floor(Math.log10(raw))
  const error = raw / power
  return power * (error >= Math.sqrt(50) ? 10 : error >= Math.sqrt(10) ? 5 : error >= Math.sqrt(2) ? 2 : 1)
}

/** The interval widened to whole tick steps. */
export function nice(low: number, high: number, count = 5): [number, number] {
  if (low === high) return low === 0 ? [0, 1] : [low - Math.abs(low) * 0.5, high + Math.abs(high) * 0.5]
  const step = tickStep(low, high, count)
  return [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step]
}

/** A straight scale: value -> pixels, linear. */
export function linear(domain: [number, number], range: [number, number], count = 5, format?: (value: number) => string): Scale {
  const [a, b] = domain
  const [p, q] = range
  const k = b === a ? 0 : (q - p) / (b - a)
  const at = ticks(a, b, count)
  return Object.assign((v: number) => p + (v - a) * k, { domain, range, ticks: at, format: format ?? plain(at) })
}

/** A logarithmic scale; values at or below 0 sit at the lower end. */
export function log10(domain: [number, number], range: [number, number], count = 6): Scale {
  const [a, b] = [Math.log10(domain[0]), Math.log10(domain[1])]
  const k = b === a ? 0 : (range[1] - range[0]) / (b - a)
  const at: number[] = []
  const every = Math.max(1, Math.ceil((b - a) / count))
  for (let e = Math.ceil(a - 1e-9); e <= b + 1e-9; e += every) at.push(10 ** e)
  if (at.length < 3)
    for (let e = Math.floor(a); e <= b; e++)
      for (const m of [2, 5]) if (m * 10 ** e >= domain[0] && m * 10 ** e <= domain[1]) at.push(m * 10 ** e)
  return Object.assign((v: number) => range[0] + (Math.max(a, Math.log10(Math.max(v, Number.MIN_VALUE))) - a) * k, {
    domain,
    range,
    ticks: at.sort((x, y) => x - y),
    format: short,
  })
}

/**
 * A straight scale in two stretches with a gap between them, for values far apart: the lower stretch gets three tenths of the range.
 *
 * @param stretches two domains, the lower first; values in the gap between them lie on a straight line across it
 * @returns the scale, and where in the range its gap lies
 */
export function broken(
  [lower, upper]: readonly [readonly [number, number], readonly [number, number]],
  range: [number, number],
): { scale: Scale; breakAt: number } {
  const at = (share: number): number => range[0] + (range[1] - range[0]) * share
  const parts = [
    linear([...lower], [at(0), at(0.3)], 1),
    linear([lower[1], upper[0]], [at(0.3), at(0.4)]),
    linear([...upper], [at(0.4), at(1)], 3),
  ]
  const ticksOf = [...parts[0].ticks, ...parts[2].ticks]
  const scale = Object.assign((v: number) => parts[v <= lower[1] ? 0 : v < upper[0] ? 1 : 2](v), {
    domain: [lower[0], upper[1]] as [number, number],
    range,
    ticks: ticksOf,
    format: plain(ticksOf),
  })
  return { scale, breakAt: at(0.35) }
}

/** Numbers with as many decimals as the ticks need. */
export function plain(at: readonly number[]): (value: number) => string {
  let decimals = 0
  for (const v of at) while (decimals < 6 && Math.abs(Number(v.toFixed(decimals)) - v) > 1e-9 * Math.max(1, Math.abs(v))) decimals++
  return (v) => (Math.abs(v) >= 10_000 ? thousands(v) : minus(v.toFixed(decimals)))
}

/** A share as a percentage: 0.972 -> "97.2 %". */
export function percent(share: number, decimals = 1): string {
  return Number.isFinite(share) ? minus(inPercent(share, decimals)) : 'n/a'
}

/** Shares as percentages with as many decimals as the ticks need. */
export function percentTicks(at: readonly number[]): (value: number) => string {
  const format = plain(at.map((v) => v * 100))
  return (v) => `${format(v * 100)} %`
}

/** A number with three significant digits, small and large ones as powers of ten. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return 'n/a'
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size >= 10_000 || size < 0.001)
    return minus(
      value
        .toExponential(size >= 1e4 ? 1 : 0)
        .replace('e+', 'e')
        .replace('.0e', 'e'),
    )
  return minus(String(Number(value.toPrecision(3))))
}

/** 60000 -> "60,000". */
export function thousands(value: number): string {
  return minus(String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ','))
}

/** The true minus sign in place of the hyphen. */
export function minus(text: string): string {
  return text.replace(/^-/, '−').replace(/e-/, 'e−')
}
