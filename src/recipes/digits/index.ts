/** @file The digits story. */
export { digits } from './digits.ts'
export { rejectionFromJson, rejectionToJson, type RejectionFile, type RejectionInput } from './rejection-file.ts'
export type { DigitsOptions } from './run.ts'
