/** @file Every reader of outside bytes. */
import { dataReaders } from './data.ts'
import { faceReaders } from './faces.ts'
import { imageReaders } from './images.ts'
import { modelReaders } from './models.ts'
import { placeReaders } from './places.ts'
import type { Reader } from './reader.ts'
import { ruleReaders } from './rules.ts'
import { weightsReaders } from './weights.ts'

export const readers: readonly Reader[] = [
  ...dataReaders,
  ...imageReaders,
  ...modelReaders,
  ...weightsReaders,
  ...ruleReaders,
  ...faceReaders,
  ...placeReaders,
]
