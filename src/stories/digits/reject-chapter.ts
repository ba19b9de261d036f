/** @file The chapter on rejection: all scores, the student's rule, and the same after training with non-digits. */
import { join } from 'node:path'
import { take, type Dataset } from '../../dataset/index.ts'
import { renderedLetters, trainFonts } from '../../digits/index.ts'
import { writeFileAtomic } from '../../files/index.ts'
import { accuracy } from '../../metrics/index.ts'
import { giniImpurityRule087, logitScore } from '../../openset/index.ts'
import { headToJson, predictions, type SoftmaxHead } from '../../train/index.ts'
import type { SweepResult } from '../sweep/sweep.ts'
import { judge } from './chapters.ts'
import type { OutliersSeen } from './digits-report.ts'
import { populationOf } from './embed-sets.ts'
import { fitHead } from './fit-head.ts'
import { fitScores, scoresOf } from './fit-scores.ts'
import { judgeEmbedding } from './judge.ts'
import { preferred, rowsOf, writeRule } from './leading-score.ts'
import type { Learnt, Lesson } from './lessons.ts'
import { digitSets, drawnSets, lettersOf, scriptSets } from './outlier-sets.ts'
import { withNetwork, type JudgedSet, type ScoredSet, type SetKind } from './outlier-table.ts'
import { judgeRule, judgeScore, rejectedIndices, type RejectionData } from './rejection.ts'
import type { Judged, Run } from './run.ts'
import { showRejection } from './show-rejection.ts'
import { studentRule } from './student-rule-chapter.ts'

/** Letters on which every score is judged; `row` is their name on the table of outliers. */
interface LetterSet {
  readonly name: string
  readonly row: string
  readonly kind: SetKind
  readonly images: Dataset
}

const lettersIn = (sets: readonly Pick<JudgedSet, 'kind' | 'images'>[]): number =>
  sets.reduce((n, { kind, images }) => n + (kind === 'script' || kind === 'letters' ? images.count : 0), 0)

/** The fonts in which letters are learnt; in the last three, scores are chosen. */
export const learntFonts: readonly string[] = trainFonts.slice(0, -3).map((f) => f.name)

/** The chapter's parts: of the network of digits alone, and of one that was trained on against outliers. */
export interface RejectionChapter {
  readonly alone: (judged: Judged, head: SoftmaxHead, short: Promise<SweepResult | undefined>) => Promise<void>
  readonly after: (lesson: Lesson, learnt: Learnt) => Promise<void>
}

/** Draws what is rejected. */
export async function openRejection(run: Run): Promise<RejectionChapter> {
  const { story, options, seed, train, runtime } = run
  const sets = await story.stage('Letters', 'drawing letters', async () => {
    const chooseFonts = trainFonts.slice(-3).map((f) => f.name)
    const rendered = renderedLetters({ fonts: 'test', perLetter: 40, seed })
    const drawn =
      options.letters === undefined ? undefined : await lettersOf(options.letters, { progress: run.progress, signal: options.signal })
    const letters: LetterSet[] = [{ name: 'letters in unseen fonts', row: 'letters in unseen fonts', kind: 'letters', images: rendered }]
    if (drawn !== undefined) letters.push({ name: 'hand-drawn letters', row: drawn.lead.name, kind: 'script', images: drawn.lead.images })
    return {
      others: [...scriptSets(drawn?.others ?? []), ...drawnSets(run.test, { seed, count: 300 })],
      digits: digitSets(take(run.test, Math.min(1000, run.test.count)), { seed }),
      choose: renderedLetters({ fonts: chooseFonts, perLetter: 20, seed: seed + 1 }),
      letters,
    }
  })
  story.update({ dataset: { ...story.current.dataset, letters: lettersIn([...sets.letters, ...sets.others]) } })
  const classes = train.classes.length
  const dataOf = async (j: Judged, h: SoftmaxHead): Promise<RejectionData> => {
    const held = populationOf(j.validation, h)
    const test = populationOf(j.test, h)
    const right = (p: typeof held, d: Dataset) => [...predictions(p.logits, classes)].map((g, i) => g === d.labels[i])
    return {
      held,
      heldOf: `${run.validation.count.toLocaleString('en')} validation digits of ${story.current.dataset.name ?? 'the data'}`,
      heldRight: right(held, run.validation),
      test,
      testRight: right(test, run.test),
      choose: populationOf(await j.embed(sets.choose), h),
      letters: await Promise.all(sets.letters.map(async (l) => ({ ...l, population: populationOf(await j.embed(l.images), h) }))),
    }
  }
  /** Judges one network by every score; tells rows, controls and figures, and writes the rule. */
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
    const { name, at84, at95 } = preferred(scored)
    const { score } = scores.find((s) => s.name === name)!
    const onTable: ScoredSet[] = sets.letters.map(({ row, kind, images }, i) => ({
      set: { name: row, kind, images },
      scores: score(data.letters[i].population),
    }))
    for (const set of [...sets.others, ...sets.digits]) onTable.push({ set, scores: score(populationOf(await j.embed(set.images), h)) })
    const digitControls = sets.digits.map(({ name: digits, images }, i) => {
      const { scores } = onTable[onTable.length - sets.digits.length + i]
      const share = rejectedIndices(scores, at95).rejected.length / images.count
      return { digits, count: images.count, rejected: { ...story.current.digitControls?.[i].rejected, [seen]: share } }
    })
    const outlierTable = withNetwork(story.current.outlierTable ?? { rows: [] }, seen, onTable, { kept95: at95, kept84: at84 })
    story.update({ rejection: [...(story.current.rejection ?? []), ...rowsOf(scored)], digitControls, outlierTable })
    showRejection(run, data, scored, files.words)
    writeRule(run, j.hash, scored, data.held.moved.length, files.rule)
    return data
  }
  const alone: RejectionChapter['alone'] = async (judged, head, short) => {
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
    const swept = await short
    if (swept !== undefined)
      await story.stage("The student's rule", "repeating the student's rule", () => studentRule(run, swept, sets.letters))
  }
  const after: RejectionChapter['after'] = async (lesson, { weights, outliers }) => {
    const learned = await judge(run, weights, `model-${lesson.file}.onnx`, lesson.what, false)
    await story.stage(`Rejection after ${lesson.name}`, 'judging what is no digit, once more', async () => {
      const found = await judgeEmbedding(
        runtime,
        learned.dim,
        { vectors: learned.train.embedding, labels: train.labels },
        { vectors: learned.test.embedding, labels: run.test.labels },
        { progress: run.progress, signal: options.signal },
      )
      const own = await fitHead(run, learned)
      const data = await judgeAll(lesson.seen, learned, own, { rule: `reject-${lesson.file}.json`, words: lesson.words }, outliers)
      story.update({
        after: {
          ...story.current.after,
          [lesson.seen]: {
            knn: { accuracy: found.accuracy, mapAtR: found.mapAtR },
            headAccuracy: accuracy(run.test.labels, predictions(data.test.logits, classes)),
          },
        },
      })
      writeFileAtomic(join(options.out, `head-${lesson.file}.json`), headToJson(own, learned))
    })
  }
  return { alone, after }
}
