/**
 * @file Room `base`: errors, seeded random numbers, option checks, progress, limits, text made safe to show, rows of vectors, numbers in words, SHA-256, a
 * small WebAssembly assembler. Imports no other room.
 */
export { KindredError, ensure, show, type ErrorCode } from './errors.ts'
export { callText, flagOf } from './call-text.ts'
export { budget, type Budget } from './budget.ts'
export { imagesARun } from './images-a-run.ts'
export { inOrder } from './in-order.ts'
export { checkRows } from './check-rows.ts'
export { counted, duration, percent } from './format.ts'
export { checkAs, parseJsonAs, type Schema } from './json.ts'
export { defaultLimits, ensureWithin, limits, overLimit, setLimits, type Limits } from './limits.ts'
export { largest, nonFiniteAt, smallest } from './numbers.ts'
export { checkChoice, checkOptions, editDistance, nearestName } from './options.ts'
export { installCommand, missingParts, parts, type Part, type PartName } from './parts.ts'
export { rng, rngFromState, type Rng, type RngState } from './rng.ts'
export { escapeControls, printable, printableJson, printableLines, quoteCommand } from './printable.ts'
export { gatherRows, squaredDistance, unitRows } from './rows.ts'
export { redact, redactWord } from './redact.ts'
export { sha256, sha256Pieces, type Sha256 } from './sha256.ts'
export { silent, type Progress, type ProgressTask } from './progress.ts'
export { stopIfAborted } from './stop-if-aborted.ts'
export { moduleOf, types as wasmTypes, wasm, type Code as WasmCode } from './wasm-assembler.ts'
