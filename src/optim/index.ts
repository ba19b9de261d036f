/** @file Room `optim`: optimisers as graph nodes, learning-rate schedules as functions. */
export { adam, adamw, type AdamOptions } from './adam.ts'
export type { Optimizer } from './optimizer.ts'
export { constantRate, cosine, stepDecay, type CosineOptions, type Schedule } from './schedules.ts'
export { sgd, type SgdOptions } from './sgd.ts'
