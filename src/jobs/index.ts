/** @file Room `jobs`: each thing kindred does as a value with a schema of what it takes. Node only. Loading this room loads no verb. */
export { checkInput } from './check-input.ts'
export { asCommandLine, commandOf } from './command-of.ts'
export { jobContext, type JobContext, type JobOptions } from './context.ts'
export { choicesOf, elementOf, fieldsOf, problemWith, type Field } from './fields.ts'
export { loadVerb, perform, runVerb, verbNames, type VerbInput, type VerbName, type VerbResult } from './run-verb.ts'
export type { FieldMeta, Verb } from './verb.ts'
export { verbs } from './verbs.ts'
export { version, versions } from './version.ts'
