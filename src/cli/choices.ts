/**
 * @file What may follow an option, as far as other rooms decide it. It is written out again here, and a test compares: help and wrong words are answered
 * without loading the rooms that do the work.
 */
import type { DetectorName } from '../faces/index.ts'
import type { Mining, PresetName } from '../digits/index.ts'
import type { RuntimeKind } from '../runtime/index.ts'

export const detectorNames: readonly DetectorName[] = ['ssd', 'tiny', 'haar']
export const presetNames: readonly PresetName[] = ['student', 'default']
export const minings: readonly Mining[] = ['random', 'batch-hard', 'semi-hard', 'soft-negative']
export const runtimeKinds: readonly RuntimeKind[] = ['auto', 'native', 'wasm']
export const vggLayers = ['fc7', 'fc7/relu', 'fc8', 'pool5/avg', 'pool5/max'] as const

/** How the file of `kindred group` is used. */
export const groupFileHelp = `OUT/groups.jsonl holds one group a line. Edit it and run the command again:
  name a group     "name":null -> "name":"Anna"
  merge            give two lines the same name
  split            cut a line in two, share the faces out, give each a name; a few sure faces of each are enough, the others follow
  not a person     put the face into a line with "name":"-"
  confirm          move a face from "found" (near a named group) to "faces"
Faces in "faces" of a named line stay there and never join another name. Lines without a name are found anew each time.`
