/**
 * @file The one table of primitives: total over all names, so an op without evaluation, or a differentiable op without derivative, does not compile.
 */
import type { OpName } from '../ops/attrs.ts'
import { elementwise } from './elementwise.ts'
import { linear } from './linear.ts'
import { reductions } from './reduce.ts'
import type { Rules } from './rule.ts'
import { shaping } from './shaping.ts'

export const rules: Rules<OpName> = { ...elementwise, ...reductions, ...shaping, ...linear }
