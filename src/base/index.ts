/** @file Room `base`: errors, seeded random numbers, option checks, progress. Imports nothing. */
export { KindredError, ensure, show, type ErrorCode } from './errors.ts'
export { parseJson } from './json.ts'
export { checkChoice, checkOptions, editDistance, nearestName } from './options.ts'
export { rng, rngFromState, type Rng, type RngState } from './rng.ts'
export { silent, type Progress, type ProgressTask } from './progress.ts'
