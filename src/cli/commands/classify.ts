/** @file `kindred classify`: which class each picture is of, by the softmax head beside the model. */
import { dirname, join } from 'node:path'
import { KindredError } from '../../base/index.ts'
import { readBytes } from '../../files/index.ts'
import { load, type TrainedEmbedder } from '../../models/index.ts'
import { softmax } from '../../openset/index.ts'
import { headFromJson, headLogits, predictions, type SoftmaxHead } from '../../train/index.ts'
import type { Context } from '../context.ts'
import { loadPictures } from '../pictures.ts'

/** Reads the head of a model. */
export function headOf(modelPath: string, model: TrainedEmbedder, file: string = join(dirname(modelPath), 'head.json')): SoftmaxHead {
  try {
    return headFromJson(new TextDecoder().decode(readBytes(file, 'classify')), file, model)
  } catch (error) {
    if (!(error instanceof KindredError) || error.code !== 'not-found') throw error
    throw new KindredError(
      'not-found',
      'classify',
      `the softmax head ${file} must exist`,
      'no such file',
      'kindred train and kindred digits write one beside the model; or pass --head.',
      { cause: error },
    )
  }
}

export async function classify(options: { head?: string }, given: Context, path: string, paths: string[]): Promise<void> {
  const model = await load(path, { runtime: await given.runtime({ say: false }) })
  try {
    const head = headOf(path, model, options.head)
    const { pixels, ids, labels, skipped } = await loadPictures(paths, model, given)
    const n = head.classes.length
    const logits = headLogits(head, await model.embed(pixels))
    const probabilities = softmax(logits, n)
    const found = [...predictions(logits, n)].map((c, i) => ({
      picture: ids[i],
      class: head.classes[c],
      probability: probabilities[i * n + c],
      ...(labels === undefined ? {} : { label: labels[i] }),
    }))
    const right = labels?.every((l) => head.classes.includes(l)) ? found.filter((f) => f.class === f.label).length : undefined
    given.result({ pictures: found, ...(right === undefined ? {} : { accuracy: right / found.length }), skipped }, [
      ...found.map((f) => `${f.class}  ${(100 * f.probability).toFixed(1).padStart(5)} %  ${f.picture}`),
      ...(right === undefined ? [] : [`${right} of ${found.length} as their folders say`]),
    ])
  } finally {
    await model.dispose()
  }
}
