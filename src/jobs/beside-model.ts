/** @file Files that lie beside a model and belong to it. */
import { dirname, join } from 'node:path'
import { KindredError } from '../base/index.ts'
import { readBytes } from '../files/index.ts'
import type { TrainedEmbedder } from '../models/index.ts'
import { rejectionFromJson, type RejectionFile } from '../stories/index.ts'
import { headFromJson, type SoftmaxHead } from '../train/index.ts'

/** A file that goes with a model. */
interface Companion {
  /** What it is, and who writes one: for the error where there is none. */
  readonly what: string
  readonly made: string
  /** Its name beside a model, and the option that names another. */
  readonly name: string
  readonly option: string
}

/**
 * The text of such a file.
 *
 * @param file in place of the one beside the model
 * @throws KindredError `not-found`, saying where it comes from
 */
function readCompanion<T>(
  where: string,
  { what, made, name, option }: Companion,
  modelPath: string,
  file: string = join(dirname(modelPath), name),
  parse: (text: string, file: string) => T,
): T {
  try {
    return parse(new TextDecoder().decode(readBytes(file, where)), file)
  } catch (error) {
    if (!(error instanceof KindredError) || error.code !== 'not-found') throw error
    throw new KindredError(
      'not-found',
      where,
      `the ${what} ${file} must exist`,
      'no such file',
      `${made}; or name another with \`${option}\`.`,
      { cause: error, option },
    )
  }
}

const headFile: Companion = {
  what: 'softmax head',
  made: '`train()` and `digits()` write one beside the model',
  name: 'head.json',
  option: 'head',
}

/** The softmax head of a model. @throws KindredError `not-found`, `corrupt`, or `mismatch` for the head of another model */
export function readHead(where: string, modelPath: string, model: TrainedEmbedder, file?: string): SoftmaxHead {
  return readCompanion(where, headFile, modelPath, file, (text, name) => headFromJson(text, name, model))
}

const ruleFile: Companion = {
  what: 'rejection rule',
  made: '`digits()` chooses one and writes it beside its model',
  name: 'reject.json',
  option: 'rule',
}

/** The rejection rule of a model. @throws KindredError as {@link readHead} */
export function readRule(where: string, modelPath: string, model: TrainedEmbedder, file?: string): RejectionFile {
  return readCompanion(where, ruleFile, modelPath, file, (text, name) => rejectionFromJson(text, name, model))
}
