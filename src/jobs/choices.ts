/**
 * @file Lists of choices that other rooms decide. They are written out again, so that a schema loads without these rooms; one that lacks a choice or
 * has one too many
 * does not compile.
 */
import type { Mining, PresetName } from '../digits/index.ts'
import type { DetectorName, LooksName } from '../faces/index.ts'
import type { VggLayer } from '../nn/index.ts'
import type { RuntimeKind } from '../runtime/index.ts'

/** A list that holds each name of T. */
const every =
  <T extends string>() =>
  <const List extends readonly T[]>(list: [T] extends [List[number]] ? List : never): List =>
    list

export const detectorNames = every<DetectorName>()(['ssd', 'tiny', 'haar', 'yunet'])
export const looksNames = every<LooksName>()(['all', 'first'])
export const presetNames = every<PresetName>()(['student', 'default', 'best'])
export const minings = every<Mining>()(['random', 'batch-hard', 'semi-hard', 'soft-negative'])
export const runtimeKinds = every<RuntimeKind>()(['auto', 'native', 'wasm'])
export const vggLayers = every<VggLayer>()(['fc7', 'fc7/relu', 'fc8', 'pool5/avg', 'pool5/max'])
