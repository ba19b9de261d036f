/** @file The words of all commands, in the order in which help lists them: one file each, one line here. What a command does is loaded when it is called. */
import type { Register } from '../command.ts'
import { compareWords } from './compare.ts'
import { digitsWords } from './digits.ts'
import { doctorWords } from './doctor.ts'
import { facesWords } from './faces.ts'
import { groupWords } from './group.ts'
import { searchWords } from './search.ts'
import { sweepWords } from './sweep.ts'
import { trainWords } from './train.ts'
import { verifyWords } from './verify.ts'

export const commands: readonly Register[] = [
  digitsWords,
  facesWords,
  compareWords,
  searchWords,
  verifyWords,
  groupWords,
  sweepWords,
  trainWords,
  doctorWords,
]
