/** @file The report's chapter on training: the curves with honest words. */
import { counted } from '../../base/index.ts'
import { chapter, figure, figureText, html, pct, type Chapter } from '../../report/index.ts'
import type { DigitsReport, Figures } from './digits-report.ts'

/** The training curves with honest words. */
export function training(r: DigitsReport, figures: Figures): Chapter {
  const first = r.history[0]
  const last = r.history.at(-1)
  const moved =
    first !== undefined && last !== undefined && first !== last && first.activeTriplets !== null && last.activeTriplets !== null
      ? ` Here the active share went from ${pct(first.activeTriplets)} to ` +
        `${pct(last.activeTriplets)}${
          first.trainLoss !== null && last.trainLoss !== null
            ? `, the training loss from ${figureText(first.trainLoss)} to ${figureText(last.trainLoss)}`
            : ''
        }.`
      : ''
  const title =
    last?.knnAccuracy == null
      ? 'Training: loss, active triplets, accuracy'
      : `After ${counted(r.history.length, 'epoch')}, neighbours are right ${pct(last.knnAccuracy)} of the time`
  return chapter(
    'training',
    'Training',
    title,
    html`<p>Read the three curves together; the loss alone misleads.</p>
${figure(
  r.history.length === 0 ? undefined : figures.loss,
  'loss',
  'Loss on training and validation images, share of triplets that are still active, and kNN accuracy on validation images, by epoch.',
)}
<div class="note"><p><strong>Why the loss may not fall while training works.</strong> The loss is a mean over <em>active</em> triplets. As the network \
learns, easy triplets leave that mean and only hard ones stay, so the mean can stand still or even rise while fewer and fewer triplets are wrong. The falling \
curve of active triplets is the sign of learning, and the kNN accuracy is the judge.${moved}</p></div>
${
  r.history.some((h) => h.trainLoss !== null && !Number.isFinite(h.trainLoss)) &&
  html`<div class="note bad"><p>The loss was not a finite number in some epochs: training diverged there. A smaller learning rate usually helps.</p></div>`
}
<p>A training curve above its validation curve is no error here: training triplets are picked to be hard, validation triplets may not \
be.${r.bestEpoch === undefined ? '' : ` The weights of epoch ${r.bestEpoch} were kept.`}</p>`,
  )
}
