/** @file Learning-rate schedules: plain functions of the step, fed to the graph as a scalar. */
import { checkOptions, ensure } from '../base/index.ts'

/** The learning rate of a step; the first step is 1. */
export type Schedule = (step: number) => number

/** The same rate always. */
export const constantRate = (rate: number): Schedule => {
  ensure(Number.isFinite(rate) && rate > 0, 'learning rate', 'it must be a number > 0', rate)
  return () => rate
}

/** Options of {@link cosine}. */
export interface CosineOptions {
  /** Steps in which the rate rises linearly from rate/warmUp to rate. Default 0. */
  readonly warmUp?: number
  /** What the rate falls to, as a share of it. Default 0. */
  readonly floor?: number
}

/** Rises linearly, then falls along half a cosine to floor*rate at step `total` (Loshchilov & Hutter 2017, SGDR, equation 5). */
export function cosine(rate: number, total: number, options: CosineOptions = {}): Schedule {
  checkOptions('cosine schedule', options, ['warmUp', 'floor'])
  const { warmUp = 0, floor = 0 } = options
  constantRate(rate)
  ensure(total >= 1 && warmUp >= 0, 'cosine schedule', 'total must be >= 1 and warmUp >= 0', [total, warmUp])
  return (step) => {
    if (step <= warmUp) return (rate * step) / warmUp
    const progress = Math.min(1, (step - warmUp) / Math.max(1, total - warmUp))
    return rate * (floor + ((1 - floor) * (1 + Math.cos(Math.PI * progress))) / 2)
  }
}

/** The rate times `factor` at every multiple of `every` steps. */
export function stepDecay(rate: number, every: number, factor: number): Schedule {
  constantRate(rate)
  ensure(every >= 1 && factor > 0, 'step decay', 'every must be >= 1 and factor > 0', [every, factor])
  return (step) => rate * factor ** Math.floor((step - 1) / every)
}
