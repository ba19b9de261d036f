/** @file All commands, in the order in which help lists them: one file each, one line here. */
import type { Register } from '../command.ts'
import { classifyCommand } from './classify.ts'
import { compareCommand } from './compare.ts'
import { digitsCommand } from './digits.ts'
import { embedCommand } from './embed.ts'
import { facesCommand } from './faces.ts'
import { groupCommand } from './group.ts'
import { mapCommand } from './map.ts'
import { rejectCommand } from './reject.ts'
import { searchCommand } from './search.ts'
import { sweepCommand } from './sweep.ts'
import { trainCommand } from './train.ts'
import { verifyCommand } from './verify.ts'

export const commands: readonly Register[] = [
  digitsCommand,
  facesCommand,
  compareCommand,
  searchCommand,
  verifyCommand,
  groupCommand,
  sweepCommand,
  trainCommand,
  embedCommand,
  mapCommand,
  classifyCommand,
  rejectCommand,
]
