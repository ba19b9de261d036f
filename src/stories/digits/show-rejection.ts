/** @file The figures of the chapter on rejection. */
import { rejectionCurve, rejectionHistogram } from '../../plots/index.ts'
import { whole } from '../../report/index.ts'
import { predictions } from '../../train/index.ts'
import { scoreWords } from './best-rejection.ts'
import { preferred } from './leading-score.ts'
import { captionedPicture, pick } from './pictures.ts'
import { rejectedIndices, type RejectionData, type ScoredRejection } from './rejection.ts'
import type { Run } from './run.ts'

export function showRejection(run: Run, data: RejectionData, scored: readonly ScoredRejection[], subtitle: string): void {
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
        thresholds: [
          { value: best.at95.threshold, name: 'keeps 95 %' },
          { value: best.at84.threshold, name: 'keeps 84 % right' },
        ],
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
  const { rejected, accepted } = rejectedIndices(best.letters[last], best.at95)
  const guesses = predictions(population.logits, train.classes.length)
  const passed = captionedPicture(
    pick(images, accepted),
    accepted.map((i) => `${images.classes[images.labels[i]]} as ${train.classes[guesses[i]]}`),
    'Letters that passed for digits',
    `${whole(accepted.length)} of ${whole(images.count)} ${name}`,
  )
  const refused = captionedPicture(
    pick(images, rejected),
    rejected.map((i) => images.classes[images.labels[i]]),
    'Letters that were rejected',
    `${whole(rejected.length)} of ${whole(images.count)} ${name}`,
  )
  if (passed !== undefined) story.addFigure('lettersAccepted', passed)
  if (refused !== undefined) story.addFigure('lettersRejected', refused)
}
