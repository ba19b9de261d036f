/** @file Files that lie beside a model and belong to it. */
import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { KindredError } from '../base/index.ts'
import { readBytes } from '../files/index.ts'
import type { TrainedEmbedder } from '../models/index.ts'
import { rejectionFromJson, type RejectionFile } from '../stories/index.ts'
import { headFromJson, type SoftmaxHead } from '../train/index.ts'

/** A file that goes with a model. */
interface Companion<T> {
  /** What it is, and who writes one: for the error where there is none. */
  readonly what: string
  readonly made: string
  /** The first part of its name, and the option that names another file. */
  readonly name: string
  readonly option: string
  readonly parse: (text: string, file: string, model: TrainedEmbedder) => T
}

const headFile: Companion<SoftmaxHead> = {
  what: 'softmax head',
  made: '`train()` and `digits()` write one beside the model',
  name: 'head',
  option: 'head',
  parse: headFromJson,
}

const ruleFile: Companion<RejectionFile> = {
  what: 'rejection rule',
  made: '`digits()` chooses one and writes it beside its model',
  name: 'reject',
  option: 'rule',
  parse: rejectionFromJson,
}

/**
 * The softmax head of a model: of model.onnx head.json, of model-NAME.onnx head-NAME.json; of a model that was renamed the one beside it that belongs to it.
 *
 * @param file in place of those
 * @throws KindredError `not-found`, saying what was looked for and where it comes from, `corrupt`, or `mismatch` where all are of other models
 */
export function readHead(where: string, modelPath: string, model: TrainedEmbedder, file?: string): SoftmaxHead {
  return readCompanion(where, headFile, modelPath, model, file)
}

/** The rejection rule of a model: reject.json, reject-NAME.json. Parameters and errors as for {@link readHead}. */
export function readRule(where: string, modelPath: string, model: TrainedEmbedder, file?: string): RejectionFile {
  return readCompanion(where, ruleFile, modelPath, model, file)
}

/** Whether a rule lies beside a model under a name of its own or the plain one; nothing is read. */
export function hasRule(modelPath: string): boolean {
  return namesBeside(ruleFile.name, modelPath).some((name) => existsSync(join(dirname(modelPath), name)))
}

function readCompanion<T>(where: string, companion: Companion<T>, modelPath: string, model: TrainedEmbedder, given: string | undefined): T {
  const { what, made, option, name, parse } = companion
  const folder = dirname(modelPath)
  const files = given === undefined ? namesBeside(name, modelPath).map((own) => join(folder, own)) : [given]
  let other: KindredError | undefined
  for (const file of files) {
    try {
      return parse(new TextDecoder().decode(readBytes(file, where)), file, model)
    } catch (error) {
      if (!(error instanceof KindredError)) throw error
      if (error.code === 'mismatch') other ??= error
      else if (error.code !== 'not-found') throw error
    }
  }
  if (given === undefined) {
    const found = ofThisModel(companion, folder, files, model)
    if (found !== undefined) return found
  }
  if (other !== undefined) throw other
  throw new KindredError(
    'not-found',
    where,
    `the ${what} ${files.join(' or ')} must exist`,
    'no such file',
    `${made}; or name another with \`${option}\`.`,
    { option },
  )
}

/** `head-NAME.json` of `model-NAME.onnx`, then the plain name. */
function namesBeside(name: string, modelPath: string): string[] {
  const [, own] = /^model(-.+)$/.exec(basename(modelPath, extname(modelPath))) ?? []
  return own === undefined ? [`${name}.json`] : [`${name}${own}.json`, `${name}.json`]
}

/** Of a renamed model: whichever file of that kind says that it is this model's; files that cannot be read say nothing. */
function ofThisModel<T>({ name, parse }: Companion<T>, folder: string, tried: readonly string[], model: TrainedEmbedder): T | undefined {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    return undefined
  }
  for (const own of names.filter((n) => n.startsWith(`${name}-`) && n.endsWith('.json')).sort()) {
    const file = join(folder, own)
    if (tried.includes(file)) continue
    try {
      return parse(new TextDecoder().decode(readBytes(file, file)), file, model)
    } catch (error) {
      if (!(error instanceof KindredError)) throw error
    }
  }
  return undefined
}
