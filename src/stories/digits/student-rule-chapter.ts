/** @file The student's rule where it comes from, as a part of the chapter on rejection. */
import { subset, type Dataset } from '../../dataset/index.ts'
import { preset } from '../../digits/index.ts'
import { giniImpurityRule087, logitScore } from '../../openset/index.ts'
import { rejectionHistogram } from '../../plots/index.ts'
import { randomTriplets } from '../../samplers/index.ts'
import { predictions, trainEmbedder, trainSoftmaxHead } from '../../train/index.ts'
import type { SweepResult } from '../sweep/sweep.ts'
import type { RejectionResult } from './digits-report.ts'
import { embedderOf, embedSet, populationOf } from './embed-sets.ts'
import { judgeRule, type Population } from './rejection.ts'
import { card, type Run } from './run.ts'

/**
 * The student's rule where it comes from: the student's network and margin, trained for a fifth of the sweep's steps, a head stopped after so few steps
 * that it is still flat, and "reject above 0.87" on the Gini impurity of its softmax. The same rule after more and more steps shows why it fades.
 */
export async function studentRule(run: Run, short: SweepResult, sets: readonly { name: string; images: Dataset }[]): Promise<void> {
  const { story, runtime, train, validation, test, seed } = run
  const { network, training } = preset('student', { dim: run.options.dim ?? 10, margin: 0.4 })
  const { weights } = await trainEmbedder({
    ...training,
    batches: randomTriplets({ triplets: 64 }),
    source: train,
    validation: subset(
      validation,
      Int32Array.from({ length: Math.min(1000, validation.count) }, (_, i) => i),
    ),
    network,
    seed,
    runtime,
    epochs: 1,
    stepsPerEpoch: Math.max(5, Math.round(short.report.steps / 5)),
    knnReferences: 1000,
    signal: run.options.signal,
  })
  const { model } = await embedderOf(runtime, network, card(run, "the student's network, margin 0.4"), weights)
  const classes = train.classes.length
  const known = await embedSet(model, validation)
  const asked = await embedSet(model, test)
  const letters = await Promise.all(sets.map(async (l) => ({ ...l, embedded: await embedSet(model, l.images) })))
  const rows: RejectionResult[] = []
  let widest = -1
  for (const steps of studentHeadSteps) {
    const head = await trainSoftmaxHead({
      vectors: known.embedding,
      dim: model.dim,
      labels: validation.labels,
      classes: train.classes,
      steps,
      batch: 128,
      learningRate: 0.002,
      seed,
      runtime,
      signal: run.options.signal,
    })
    const population = populationOf(asked, head)
    const testRight = [...predictions(population.logits, classes)].map((g, i) => g === test.labels[i])
    const data = {
      test: population,
      testRight,
      letters: letters.map((l) => ({ name: l.name, images: l.images, population: populationOf(l.embedded, head) })),
    }
    const found = judgeRule(
      data,
      {
        name: 'gini-impurity',
        note: `the student's network, its head after ${steps} steps of 128 digits`,
        score: (p) => logitScore('gini-impurity', p.logits, classes),
      },
      giniImpurityRule087,
    )
    for (const row of found) rows.push(row)
    const worth = found[found.length - 1].lettersRejected + found[found.length - 1].digitsKeptRight
    if (worth <= widest) continue
    widest = worth
    const impurity = (p: Population) => logitScore('gini-impurity', p.logits, classes)
    const last = data.letters[data.letters.length - 1]
    story.addFigure(
      'rejectionHistogramStudent',
      rejectionHistogram(
        {
          inScores: impurity(population),
          outScores: impurity(last.population),
          thresholds: [{ value: giniImpurityRule087.threshold, name: 'the rule' }],
          rejectWhen: 'above',
          scoreName: 'Gini impurity',
          outName: last.name,
        },
        { title: `The student's rule, with a head trained for ${steps} steps only` },
      ),
    )
  }
  await model.dispose()
  story.update({ rejection: [...(story.current.rejection ?? []), ...rows] })
}

const studentHeadSteps = [469, 938, 1876, 3752]
