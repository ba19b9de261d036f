/** @file `kindred reject`: which pictures belong to no known class, by the rule that a digits run chose and wrote beside its model. */
import { dirname, join } from 'node:path'
import { KindredError } from '../../base/index.ts'
import { readBytes } from '../../files/index.ts'
import { load, type TrainedEmbedder } from '../../models/index.ts'
import { l2Normalize } from '../../openset/index.ts'
import { rejectionFromJson, type RejectionFile } from '../../stories/index.ts'
import { headLogits } from '../../train/index.ts'
import type { Context } from '../context.ts'
import { loadPictures } from '../pictures.ts'
import { headOf } from './classify.ts'

export async function reject(options: { rule?: string; head?: string }, given: Context, path: string, paths: string[]): Promise<void> {
  const model = await load(path, { runtime: await given.runtime({ say: false }) })
  try {
    const rule = ruleOf(path, model, options.rule)
    const { pixels, ids, skipped } = await loadPictures(paths, model, given)
    const rows = await rowsOf(rule, path, model, pixels, options.head)
    const { detector } = rule
    const scores = detector.scores(rows)
    const answers = detector.predict(rows)
    const found = ids.map((picture, i) => ({ picture, rejected: answers[i] < 0, score: scores[i] }))
    const rejected = found.filter((f) => f.rejected).length
    given.result({ score: detector.scorer.name, rule: detector.rule, pictures: found, rejected, skipped }, [
      ...found.map((f) => `${f.rejected ? 'rejected' : 'kept    '}  ${f.score.toPrecision(4).padStart(9)}  ${f.picture}`),
      `${rejected} of ${found.length} rejected (${detector.scorer.name} ${detector.rule!.rejectWhen} ${detector.rule!.threshold.toPrecision(4)})`,
    ])
  } finally {
    await model.dispose()
  }
}

function ruleOf(modelPath: string, model: TrainedEmbedder, file: string = join(dirname(modelPath), 'reject.json')): RejectionFile {
  try {
    return rejectionFromJson(new TextDecoder().decode(readBytes(file, 'reject')), file, model)
  } catch (error) {
    if (!(error instanceof KindredError) || error.code !== 'not-found') throw error
    throw new KindredError(
      'not-found',
      'reject',
      `the rejection rule ${file} must exist`,
      'no such file',
      'kindred digits chooses one and writes it beside its model; or pass --rule.',
      { cause: error },
    )
  }
}

/** What the rule looks at: the embedding, the unit-length features before it, or the head's logits. */
async function rowsOf(
  { input }: RejectionFile,
  path: string,
  model: TrainedEmbedder,
  pixels: Uint8Array,
  head: string | undefined,
): Promise<Float32Array | Float64Array> {
  if (input === 'embedding') return model.embed(pixels)
  if (input === 'logits') return headLogits(headOf(path, model, head), await model.embed(pixels))
  return l2Normalize((await model.run(pixels, ['features'])).features, model.outputs.features)
}
