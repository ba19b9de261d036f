/** @file The report's chapter on training: the curves, and words that follow from them and from the loss that was used. */
import { counted } from '../../base/index.ts'
import { chapter, figure, figureText, html, pct, type Chapter } from '../../report/index.ts'
import type { DigitsReport, Figures } from './digits-report.ts'
import { lossWords, type LossWords } from './loss-words.ts'

/** The training curves with honest words. */
export function training(r: DigitsReport, figures: Figures): Chapter {
  const kept = r.history.find((h) => h.epoch === r.bestEpoch) ?? r.history.at(-1)
  const title =
    kept?.knnAccuracy == null
      ? 'Training: loss, active triplets, accuracy'
      : `After ${counted(kept.epoch, 'epoch')}, neighbours are right ${pct(kept.knnAccuracy)} of the time`
  const loss = lossWords(r)
  return chapter(
    'training',
    'Training',
    title,
    html`<p>Three curves, to be read together: what the network is told to make small, how much there is left to learn from, and how well the result works.</p>
${figure(
  r.history.length === 0 ? undefined : figures.loss,
  'loss',
  `Loss on training and validation images, share of ${loss.tuples} that are still active, and kNN accuracy on validation images, by epoch.`,
)}
<div class="note"><p><strong>What the loss says.</strong> \
${loss.meanOf === undefined ? '' : `${loss.meanOf} So it falls when fewer of them cost something, and when those that do cost less. `}\
${loss.standstill === undefined ? '' : `${loss.standstill} `}${moved(r, loss)}The kNN accuracy is the judge: it asks what the embedding is for.</p></div>
${
  r.history.some((h) => h.trainLoss !== null && !Number.isFinite(h.trainLoss)) &&
  html`<div class="note bad"><p>The loss was not a finite number in some epochs: training diverged there. A smaller learning rate usually helps.</p></div>`
}
${validation(r)}
${r.bestEpoch !== undefined && html`<p>${keptWords(r)}</p>`}`,
  )
}

const isFigure = (v: number | null | undefined): v is number => v !== null && v !== undefined && Number.isFinite(v)

/** Which weights all that follows on the page is about. */
function keptWords({ history, bestEpoch }: DigitsReport): string {
  const [kept, last] = [history.find((h) => h.epoch === bestEpoch), history.at(-1)]
  const words = `The weights of epoch ${bestEpoch} were kept`
  if (!isFigure(kept?.knnAccuracy) || !isFigure(last?.knnAccuracy) || kept === last) return `${words}.`
  return (
    `${words} (kNN accuracy ${pct(kept.knnAccuracy)} on validation images), not those of the last epoch (${pct(last.knnAccuracy)}): ` +
    'all that follows is about them.'
  )
}

/** From the first epoch to the last. */
function moved({ history }: DigitsReport, { tuples, meanOf }: LossWords): string {
  const [first, last] = [history[0], history.at(-1)]
  if (last === undefined || first === last || !isFigure(first.activeTriplets) || !isFigure(last.activeTriplets)) return ''
  const active = `Here the share of active ${tuples} went from ${pct(first.activeTriplets)} to ${pct(last.activeTriplets)}`
  if (!isFigure(first.trainLoss) || !isFigure(last.trainLoss)) return `${active}. `
  const each =
    meanOf === undefined || first.activeTriplets === 0 || last.activeTriplets === 0
      ? ''
      : ` (about ${figureText2(first.trainLoss / first.activeTriplets)} and ${figureText2(last.trainLoss / last.activeTriplets)} for each that was active)`
  return `${active}, the training loss from ${figureText(first.trainLoss)} to ${figureText(last.trainLoss)}${each}. `
}

/** Two significant digits: a quotient of two means is no more exact. */
const figureText2 = (v: number): string => figureText(Number(v.toPrecision(2)))

/** On which side of the training curve the validation curve ends, and what in this run makes the two differ. */
function validation(r: DigitsReport): ReturnType<typeof html> | false {
  const last = r.history.findLast((h) => isFigure(h.trainLoss) && isFigure(h.validationLoss))
  if (last === undefined) return false
  const [ours, theirs] = [last.validationLoss!, last.trainLoss!]
  const figures = `${figureText(ours)} against ${figureText(theirs)}`
  const side = Math.abs(ours - theirs) <= 0.02 * Math.abs(theirs) ? 'as high as' : ours < theirs ? 'below' : 'above'
  const reasons = [
    'the training loss is the mean over a whole epoch, from its first step on, while validation images are judged at the end of it',
    ...(r.training?.augmented === true
      ? ['training images are turned, scaled and moved at random, which makes them harder, and validation images are not']
      : []),
    ...(r.training?.averaged === true
      ? [
          'validation images are judged with a running mean of the weights over the last steps, which wavers less than the weights of one step',
        ]
      : []),
  ]
  return html`<p>The validation curve ends ${side} the training curve (${figures}). ${
    side === 'above'
      ? 'Images that the network has not learned from cost more than those it has; as long as the kNN accuracy on them rises, that does no harm.'
      : 'That is no error.'
  } The two are not measured alike: ${reasons.join('; ')}.</p>`
}
