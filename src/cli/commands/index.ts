/** @file All commands, in the order in which help lists them: one file each, one line here. */
import type { Register } from '../command.ts'
import { trainCommand } from './train.ts'

export const commands: readonly Register[] = [
  trainCommand,
]
