/** @file The report's chapter on rejecting what is no digit. */
import { chapter, figure, html, pct, table, whole, type Chapter } from '../../report/index.ts'
import { bestRejection } from './best-rejection.ts'
import { allOutliersSeen, type DigitsReport, type Figures } from './digits-report.ts'
import { comingNote } from './coming.ts'
import { controls, scoreTables, threeNetworks } from './rejection-tables.ts'

/** Rejecting what is no digit. */
export function rejection(r: DigitsReport, figures: Figures): Chapter {
  const list = r.rejection ?? []
  const [alone, invented, taught] = allOutliersSeen.map((seen) => bestRejection(list, seen))
  const best = invented ?? alone
  const student = list.find((e) => e.rule === 'student')
  const title =
    best === undefined
      ? 'Saying “that is no digit”'
      : `“That is no digit”: ${pct(best.lettersRejected)} of letters caught, ${pct(best.digitsKeptRight)} of digits kept and right`
  return chapter(
    'rejection',
    'Rejecting',
    title,
    html`<p>Shown a letter, a digit classifier still answers with a digit: its ten probabilities must add up to 1. To refuse, we need a <strong>score</strong>\
 that tells letters from digits, and a <strong>threshold</strong>. ${r.dataset.letters === undefined ? 'The test uses' : `Here ${whole(r.dataset.letters)}`} \
images of letters, brought into the same frame as the digits.</p>
<h3 id="two-ginis"><a href="#two-ginis">Two quantities are called Gini</a></h3>
<p>Both are computed from the ten probabilities p, and they point in opposite directions. Confusing them turns the rule around.</p>
${table(
  ['', 'Gini impurity', 'Gini coefficient'],
  [
    ['Formula', '1 − Σ p²', html`Σ (2i − n − 1) p<sub>i</sub> / n, p sorted upwards: their inequality`],
    ['Sure of one digit', '0', '0.9'],
    ['No idea, all ten equal', '0.9', '0'],
    ['So reject when', html`the impurity is <strong>high</strong>`, html`the coefficient is <strong>low</strong>`],
  ],
  { label: 'The two Ginis' },
)}
<div class="note"><p><strong>The rule “reject above 0.87”</strong> makes sense only for the <em>impurity</em>, and only for a barely trained head, whose \
probabilities are still nearly uniform: an impurity of 0.87 is close to the largest possible, 0.9. Train the head further and its answers sharpen, for digits \
and letters alike; then ever fewer reach 0.87. For the coefficient the same words would throw away the digits it is <em>surest\
</em> about.${
      student === undefined
        ? ''
        : ` With this run’s head the rule rejects ${pct(student.lettersRejected)} of the letters and keeps ${pct(student.digitsKeptRight)} of the digits right.`
    } A threshold must be chosen from data, for this head.</p></div>
${
  figures.rejectionHistogramStudent !== undefined &&
  figure(
    figures.rejectionHistogramStudent,
    'rejectionHistogramStudent',
    'The impurity of digits and letters with a barely trained head, where the rule 0.87 comes from.',
  )
}
<h3 id="scores"><a href="#scores">Better scores, thresholds from data</a></h3>
<p>Every threshold marked “chosen” below was chosen on held-out data (validation digits, and letters in other fonts for the direction) and judged on test \
digits and on letters it was not chosen on, so that no figure flatters itself.</p>
${figure(figures.rejectionHistogram, 'rejectionHistogram', 'Where the score puts digits and letters. What lies in the tinted part is rejected.')}
${figure(figures.rejectionCurve, 'rejectionCurve', 'The whole trade, for every score: moving along a line trades digits kept against letters rejected.')}
${comingNote(r)}
${threeNetworks(r)}
${scoreTables(list, r.complete)}
<p>One hundred percent is out of reach: the letters o, l, i, z, s, q, g and b can be drawn exactly like 0, 1, 2, 5, 9 and \
6.${
      best?.lettersRejectedUnlike === undefined
        ? ''
        : ` Of the letters that look like no digit, ${pct(best.lettersRejectedUnlike)} are caught by ${
            invented === undefined ? 'the network of digits alone' : 'the network that has seen invented characters'
          }${taught?.lettersRejectedUnlike === undefined ? '' : `, ${pct(taught.lettersRejectedUnlike)} by the one that has seen letters`}.`
    }</p>
${controls(r.digitControls)}
${
  figures.lettersAccepted !== undefined &&
  figure(figures.lettersAccepted, 'lettersAccepted', 'Letters that passed for digits, with the digit they were taken for.')
}
${figures.lettersRejected !== undefined && figure(figures.lettersRejected, 'lettersRejected', 'Letters that were rejected.')}`,
  )
}
