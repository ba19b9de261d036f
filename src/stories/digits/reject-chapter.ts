/** @file The chapter on rejection: all scores, the student's rule, and the same after training with non-digits. */
import { gatherRows } from '../../base/index.ts'
import { join } from 'node:path'
import { concat, take, type Dataset } from '../../dataset/index.ts'
import {
  inventedCharacters,
  lettersFrom,
  pseudoOutliers,
  reframed,
  renderedDigits,
  renderedLetters,
  trainFonts,
} from '../../digits/index.ts'
import { writeFileAtomic } from '../../files/index.ts'
import {
  detector,
  giniImpurityRule087,
  knnDistance,
  l2Normalize,
  logitScore,
  logitScorer,
  mahalanobis,
  outlierOdds,
  type LogitScoreName,
  type Scorer,
} from '../../openset/index.ts'
import { accuracy } from '../../metrics/index.ts'
import { rejectionCurve, rejectionHistogram } from '../../plots/index.ts'
import { headToJson, predictions, trainEmbedder, trainSoftmaxHead, type SoftmaxHead } from '../../train/index.ts'
import { firstPerClass } from '../first-per-class.ts'
import { outlierTraining, preset } from '../../digits/index.ts'
import { scoreWords } from './digits-sections.ts'
import type { DigitsReport, RejectionResult, OutliersSeen } from './digits-report.ts'
import type { SweepResult } from '../sweep/sweep.ts'
import { judge } from './chapters.ts'
import { embedderOf, embedSet, populationOf } from './embed-sets.ts'
import { judgeEmbedding } from './judge.ts'
import { captionedPicture, pick } from './pictures.ts'
import {
  judgeRule,
  judgeScore,
  rejectedIndices,
  type NamedScore,
  type Outputs,
  type Population,
  type RejectionData,
  type ScoredRejection,
} from './rejection.ts'
import { rejectionToJson } from './rejection-file.ts'
import { card, type Judged, type Run } from './run.ts'

const logitNames: readonly LogitScoreName[] = ['gini-impurity', 'gini-coefficient', 'max-softmax', 'energy']

/** The fitted scores, each with the output of the model it looks at. */
interface Fitted {
  readonly knn: Scorer
  readonly gauss: Scorer
  /** Only for a network that has seen outliers. */
  readonly odds?: Scorer
  readonly width: number
}

/**
 * Fits scores on training digits: 1,000 a class for neighbours, all for means and covariance; with outliers, also a linear softmax of eleven classes on the
 * features.
 */
async function fitScores({ runtime, seed, options }: Run, { train, dim, embed }: Judged, outliers?: Dataset): Promise<Fitted> {
  const labels = train.dataset.labels
  const rows = firstPerClass(train.dataset, 1000)
  const chosen = gatherRows(train.embedding, dim, rows)
  const width = train.features.length / labels.length
  const unit = l2Normalize(train.features, width) as Float32Array
  const fitted = { width, knn: knnDistance(chosen, dim, { k: 5 }), gauss: mahalanobis(unit, width, labels) }
  if (outliers === undefined) return fitted
  const { classes } = train.dataset
  const other = l2Normalize((await embed(outliers, 0)).features, width) as Float32Array
  const vectors = new Float32Array(unit.length + other.length)
  vectors.set(unit)
  vectors.set(other, unit.length)
  const eleven = new Int32Array(vectors.length / width).fill(classes.length)
  eleven.set(labels)
  const { weight, bias } = await trainSoftmaxHead({
    vectors,
    dim: width,
    labels: eleven,
    classes: [...classes, 'none of these'],
    seed,
    runtime,
    signal: options.signal,
  })
  return { ...fitted, odds: outlierOdds(weight, bias, width) }
}

/** Every score of one network: four of the head, three of distances, and the odds where outliers were seen. */
function scoresOf({ knn, gauss, odds, width }: Fitted, classes: number): NamedScore[] {
  const unit = (o: Outputs): Float32Array => l2Normalize(o.features, width) as Float32Array
  const overMoves = (score: (o: Outputs) => Float64Array) => (p: Population) => averaged([p, ...p.moved].map(score))
  return [
    ...logitNames.map((name): NamedScore => ({ name, score: (p) => logitScore(name, p.logits, classes) })),
    { name: 'knn-distance', note: 'to the 5th nearest of 1,000 training embeddings a class', score: (p) => knn.score(p.embedding) },
    {
      name: 'knn-distance-moved',
      note: 'the kNN distance, mean over the image and four small random moves of it',
      score: overMoves((o) => knn.score(o.embedding)),
    },
    {
      name: 'mahalanobis',
      note: `on the ${width} features before the embedding, unit length, one covariance for all classes`,
      score: (p) => gauss.score(unit(p)),
    },
    ...(odds === undefined
      ? []
      : [
          {
            name: 'stranger-odds',
            note: `a linear softmax on the same ${width} features whose eleventh class is “none of these”, trained on the outliers of training`,
            score: (p: Population) => odds.score(unit(p)),
          },
          {
            name: 'stranger-odds-moved',
            note: 'the same odds, mean over the image and four small random moves of it',
            score: overMoves((o) => odds.score(unit(o))),
          },
        ]),
  ]
}

const averaged = (scores: readonly Float64Array[]): Float64Array =>
  scores[0].map((_, i) => scores.reduce((sum, s) => sum + s[i], 0) / scores.length)

export async function reject(run: Run, judged: Judged, head: SoftmaxHead, short: SweepResult | undefined): Promise<void> {
  const { story, options, seed, train, runtime } = run
  const sets = await story.stage('Letters', 'drawing letters', async () => {
    const chooseFonts = trainFonts.slice(-3).map((f) => f.name)
    const rendered = renderedLetters({ fonts: 'test', perLetter: 40, seed })
    const letters: { name: string; images: Dataset }[] = [{ name: 'letters in unseen fonts', images: rendered }]
    if (options.letters !== undefined)
      letters.push({ name: 'hand-drawn letters', images: await lettersFrom(options.letters, { progress: run.progress }) })
    const plain = take(run.test, Math.min(1000, run.test.count))
    const controls = [
      { digits: 'MNIST’s own test digits', images: plain },
      { digits: 'the same, enlarged to 105 pixels and framed as letters are', images: reframed(plain) },
      { digits: 'digits drawn in the unseen fonts', images: renderedDigits({ fonts: 'test', perDigit: 100, seed }) },
    ]
    return {
      controls,
      choose: renderedLetters({ fonts: chooseFonts, perLetter: 20, seed: seed + 1 }),
      letters,
      learn: trainFonts.slice(0, -3).map((f) => f.name),
    }
  })
  story.update({ dataset: { ...story.current.dataset, letters: sets.letters.reduce((n, l) => n + l.images.count, 0) } })
  const classes = train.classes.length
  const dataOf = async (j: Judged, h: SoftmaxHead): Promise<RejectionData> => {
    const held = populationOf(j.validation, h)
    const test = populationOf(j.test, h)
    const right = (p: typeof held, d: Dataset) => [...predictions(p.logits, classes)].map((g, i) => g === d.labels[i])
    return {
      held,
      heldRight: right(held, run.validation),
      test,
      testRight: right(test, run.test),
      choose: populationOf(await j.embed(sets.choose), h),
      letters: await Promise.all(sets.letters.map(async (l) => ({ ...l, population: populationOf(await j.embed(l.images), h) }))),
    }
  }
  /** Judges one network by every score; tells rows, controls and figures, and writes the detector. */
  const judgeAll = async (
    seen: OutliersSeen,
    j: Judged,
    h: SoftmaxHead,
    files: { rule: string; words: string },
    outliers?: Dataset,
  ): Promise<RejectionData> => {
    const data = await dataOf(j, h)
    const fitted = await fitScores(run, j, outliers)
    const scores = scoresOf(fitted, classes)
    const scored = scores.map((s) => judgeScore(data, s, seen))
    const { name, at95 } = preferred(scored)
    const { score } = scores.find((s) => s.name === name)!
    const digitControls: NonNullable<DigitsReport['digitControls']>[number][] = []
    for (const [i, { digits, images }] of sets.controls.entries()) {
      const share = rejectedIndices(score(populationOf(await j.embed(images), h)), at95).rejected.length / images.count
      digitControls.push({ digits, count: images.count, rejected: { ...story.current.digitControls?.[i].rejected, [seen]: share } })
    }
    story.update({ rejection: [...(story.current.rejection ?? []), ...rowsOf(scored)], digitControls })
    showRejection(run, data, scored, files.words)
    writeDetector(run, j.hash, fitted, classes, scored, files.rule)
    return data
  }
  await story.stage('Rejection', 'judging what is no digit', async () => {
    const data = await judgeAll('none', judged, head, { rule: 'reject.json', words: 'The network that has seen digits alone.' })
    const rule = judgeRule(
      data,
      {
        name: 'gini-impurity',
        note: 'the rule "above 0.87" with this well trained head',
        score: (p) => logitScore('gini-impurity', p.logits, classes),
      },
      giniImpurityRule087,
    )
    story.update({ rejection: [...story.current.rejection!, ...rule] })
  })
  if (short !== undefined)
    await story.stage("The student's rule", "repeating the student's rule", () => studentRule(run, short, sets.letters))
  if (options.outliers === false) return
  let { weights } = judged
  for (const lesson of lessons(run, sets.learn)) {
    const { outliers, learned } = await story.stage(`Training against ${lesson.name}`, `training on, against ${lesson.name}`, async () => {
      const outliers = lesson.outliers()
      weights = (await trainFurther(run, weights, outliers, lesson.length)).weights
      return { outliers, learned: await judge(run, weights, `model-${lesson.file}.onnx`, lesson.what, false) }
    })
    await story.stage(`Rejection after ${lesson.name}`, 'judging what is no digit, once more', async () => {
      const found = await judgeEmbedding(
        runtime,
        learned.dim,
        { vectors: learned.train.embedding, labels: train.labels },
        { vectors: learned.test.embedding, labels: run.test.labels },
      )
      const plain = await trainSoftmaxHead({
        vectors: learned.train.embedding,
        dim: learned.dim,
        labels: train.labels,
        classes: train.classes,
        seed,
        runtime,
        signal: options.signal,
      })
      const data = await judgeAll(lesson.seen, learned, plain, { rule: `reject-${lesson.file}.json`, words: lesson.words }, outliers)
      story.update({
        after: {
          ...story.current.after,
          [lesson.seen]: {
            knn: { accuracy: found.accuracy, mapAtR: found.mapAtR },
            headAccuracy: accuracy(run.test.labels, predictions(data.test.logits, classes)),
          },
        },
      })
      writeFileAtomic(join(options.out, `head-${lesson.file}.json`), headToJson(plain, learned))
    })
  }
}

/** One more training of the network, against outliers. */
interface Lesson {
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
function lessons({ train, seed, options }: Run, fonts: readonly string[]): Lesson[] {
  const length = { epochs: 1, stepsPerEpoch: options.steps ?? 700 }
  const most = (count: number): number => Math.min(count, options.images ?? count)
  return [
    {
      seen: 'invented',
      name: 'invented characters',
      file: 'invented',
      what: 'trained on, with invented characters as extra negatives',
      words: 'The network that has also seen invented characters, but no letter.',
      outliers: () => inventedCharacters({ count: most(10_000), seed: seed + 3 }),
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

/** The score that rejects most of the held-out letters where 84 % of the digits are kept and right. */
function preferred(scored: readonly ScoredRejection[]): ScoredRejection {
  return scored.reduce((a, b) => (b.heldOutRejected > a.heldOutRejected ? b : a))
}

/** All rows, those of the preferred score marked. */
function rowsOf(scored: readonly ScoredRejection[]): RejectionResult[] {
  const best = preferred(scored)
  return scored.flatMap((s) => (s === best ? s.rows.map((r) => ({ ...r, preferred: true })) : s.rows))
}

/**
 * Writes the detector of the preferred score that needs one look at an image, so that `kindred reject` can use it; it keeps 95 % of the validation digits. It
 * looks at the head's logits as they are: the head has divided them by its temperature.
 */
function writeDetector(
  run: Run,
  model: string,
  { knn, gauss, odds }: Fitted,
  classes: number,
  scored: readonly ScoredRejection[],
  file: string,
): void {
  const { name, at95 } = preferred(scored.filter((s) => !s.name.endsWith('-moved')))
  const [scorer, input] =
    name === 'knn-distance'
      ? ([knn, 'embedding'] as const)
      : name === 'mahalanobis'
        ? ([gauss, 'unit features'] as const)
        : name === 'stranger-odds'
          ? ([odds!, 'unit features'] as const)
          : ([logitScorer(name as LogitScoreName, classes), 'logits'] as const)
  writeFileAtomic(join(run.options.out, file), rejectionToJson({ model, input, detector: detector(scorer, at95) }))
}

/**
 * The student's rule where it comes from: the student's network and margin, a head stopped after so few steps that it is still flat,
 * and "reject above 0.87" on the Gini impurity of its softmax. The same rule after more and more steps shows why it fades.
 */
async function studentRule(run: Run, short: SweepResult, sets: readonly { name: string; images: Dataset }[]): Promise<void> {
  const { story, runtime, train, validation, test, seed } = run
  const weights = short.weights.get(0.4)
  if (weights === undefined) return
  const { model } = await embedderOf(
    runtime,
    preset('student', { dim: run.options.dim ?? 10 }).network,
    card(run, "the student's network, margin 0.4"),
    weights,
  )
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

/** Goes on from given weights, with outliers in every batch. */
function trainFurther(run: Run, weights: ReadonlyMap<string, Float32Array>, outliers: Dataset, length: Lesson['length']) {
  const { preset: p, train, validation, seed, runtime, progress, options } = run
  return trainEmbedder({
    ...outlierTraining(p),
    ...length,
    network: p.network,
    weights,
    source: train,
    validation,
    outliers,
    seed,
    runtime,
    progress,
    signal: options.signal,
  })
}

function showRejection(run: Run, data: RejectionData, scored: readonly ScoredRejection[], subtitle: string): void {
  const { story, train } = run
  const last = data.letters.length - 1
  const { name } = data.letters[last]
  const best = preferred(scored)
  story.addFigure(
    'rejectionHistogram',
    rejectionHistogram(
      {
        inScores: best.test,
        outScores: best.letters[last],
        thresholds: [{ value: best.at84.threshold, name: 'keeps 84 % right' }],
        rejectWhen: best.rejectWhen,
        scoreName: scoreWords(best.name),
        outName: name,
      },
      { subtitle },
    ),
  )
  story.addFigure(
    'rejectionCurve',
    rejectionCurve(
      scored.map((s) => ({
        name: scoreWords(s.name),
        rejectWhen: s.rejectWhen,
        inScores: s.test,
        inRight: Array.from(data.testRight, Number),
        outScores: s.letters[last],
      })),
      { outName: name, subtitle },
    ),
  )
  const { images, population } = data.letters[last]
  const { rejected, accepted } = rejectedIndices(best.letters[last], best.at84)
  const guesses = predictions(population.logits, train.classes.length)
  const passed = captionedPicture(
    pick(images, accepted),
    accepted.map((i) => `${images.classes[images.labels[i]]} as ${train.classes[guesses[i]]}`),
    'Letters that passed for digits',
    `${accepted.length} of ${images.count} ${name}`,
  )
  const refused = captionedPicture(
    pick(images, rejected),
    rejected.map((i) => images.classes[images.labels[i]]),
    'Letters that were rejected',
    `${rejected.length} of ${images.count} ${name}`,
  )
  if (passed !== undefined) story.addFigure('lettersAccepted', passed)
  if (refused !== undefined) story.addFigure('lettersRejected', refused)
}
