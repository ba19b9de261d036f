/** @file Trainings that go on from the network of digits alone, each against outliers of another kind. */
import { concat, take, type Dataset } from '../../dataset/index.ts'
import { inventedCharacters, outlierTraining, pseudoOutliers, reframed, renderedDigits, renderedLetters } from '../../digits/index.ts'
import { trainEmbedder } from '../../train/index.ts'
import type { OutliersSeen } from './digits-report.ts'
import type { Run } from './run.ts'

/** One more training of the network, against outliers. */
export interface Lesson {
  readonly seen: OutliersSeen
  /** In words, after "against". */
  readonly name: string
  /** Part of the names of its files. */
  readonly file: string
  readonly what: string
  readonly words: string
  readonly outliers: () => Dataset
  readonly length: { readonly epochs: number; readonly stepsPerEpoch: number }
}

/** First what no one writes, so that it can be said what a network rejects that has seen no letter; from there, letters. */
export function lessons({ train, seed, options }: Run, fonts: readonly string[]): Lesson[] {
  const length = { epochs: 1, stepsPerEpoch: options.steps ?? 700 }
  const most = (count: number): number => Math.min(count, options.images ?? count)
  return [
    {
      seen: 'invented',
      name: 'invented characters',
      file: 'invented',
      what: 'trained on, with invented characters as extra negatives',
      words: 'The network that has also seen invented characters, but no letter.',
      outliers: () => inventedCharacters({ count: most(30_000), seed: seed + 3 }),
      length,
    },
    {
      seen: 'letters',
      name: 'letters',
      file: 'outliers',
      what: 'trained on, with invented characters and then letters as extra negatives',
      words: 'The network that has also seen letters, in other fonts than these.',
      outliers: () =>
        concat(
          renderedLetters({ fonts, perLetter: Math.ceil(most(400 * 26) / 26), seed: seed + 2 }),
          pseudoOutliers(train, { count: most(2500), seed }),
        ),
      length,
    },
  ]
}

/**
 * Training digits, and with them digits in other people's pictures: drawn in fonts, and MNIST's enlarged and framed again. Without these a network learns to
 * refuse whatever was not made as MNIST was.
 */
export function digitsOfAllKinds({ train, seed, options }: Run, fonts: readonly string[]): Dataset {
  if (train.classes.join('') !== '0123456789') return train // garments, say, are drawn in no font
  const each = Math.min(5000, options.images ?? 5000, train.count)
  return concat(train, renderedDigits({ fonts, perDigit: Math.ceil(each / 10), seed: seed + 4 }), reframed(take(train, each)))
}

/** A network after one more training, and what it was trained against. */
export interface Learnt {
  readonly weights: ReadonlyMap<string, Float32Array>
  readonly outliers: Dataset
}

/** Goes on from given weights, with outliers in every batch. @param source digits to learn */
export function teach(run: Run, lesson: Lesson, source: Dataset, weights: ReadonlyMap<string, Float32Array>): Promise<Learnt> {
  const { preset: p, train, validation, seed, apart: runtime, progress, options, story } = run
  return story.stage(`Training against ${lesson.name}`, `training on, against ${lesson.name}`, async () => {
    const outliers = lesson.outliers()
    const learnt = await trainEmbedder({
      ...outlierTraining(p, train.classes.length),
      ...lesson.length,
      network: p.network,
      weights,
      source,
      validation,
      outliers,
      seed,
      runtime,
      progress,
      signal: options.signal,
    })
    return { weights: learnt.weights, outliers }
  })
}
