/** @file The report's chapter on how it works: triplets, and the loss that this run used. */
import { chapter, figure, figureText, html, whole, type Chapter, type Html } from '../../report/index.ts'
import type { DigitsReport, Figures } from './digits-report.ts'
import { lossWords, type LossWords } from './loss-words.ts'
import { tripletDiagram } from './triplet-diagram.ts'

/** Anchor, positive, negative; the formula. */
export function howItWorks(r: DigitsReport, figures: Figures): Chapter {
  const loss = lossWords(r)
  const { architecture, parameters, dim, normalised } = r.embedding
  return chapter(
    'how',
    'How it works',
    'Three images at a time: pull one closer, push one away',
    html`<p>The network never hears “this is a 7”. It sees <strong>triplets</strong>: an <strong>anchor</strong>, a <strong>positive</strong> that shows the \
same digit, and a <strong>negative</strong> that shows another. The same network, with the same weights, embeds all three.</p>
${figure(figures.triplets, 'triplets', 'Triplets from the training images: anchor, positive, negative.')}
${formula(loss)}
${margin(r.embedding.margin, loss)}
${figure(tripletDiagram(), 'diagram', `One training step moves the positive towards the anchor and the negative away from it. ${loss.ring}`)}
<p>${
      architecture === undefined ? '' : `The network: ${architecture}${parameters === undefined ? '' : ` (${whole(parameters)} weights)`}. `
    }${loss.chosen === undefined ? '' : `${loss.chosen} `}Its output is ${dim} numbers for each image${normalised === true ? ', scaled to length 1' : ''}.</p>`,
  )
}

function formula({ name, formula }: LossWords): Html {
  if (formula === undefined) return html`<p>What the network learns from is the <strong>${name}</strong>.</p>`
  return html`<p>With d the distance between two embeddings, the <strong>${name}</strong> is</p>
<p class="formula" role="math" aria-label="${formula.spoken}">${formula.html}</p>
<p>${formula.explained}</p>`
}

function margin(value: number | undefined, { tuples, collapse, formula }: LossWords): Html | false {
  if (formula === undefined) return false
  return html`<p>${value === undefined ? '' : `The margin of this run is ${figureText(value)}. `}Those ${tuples} that are solved teach nothing more; those \
that still cost something are called <strong>active</strong>.${
    collapse !== undefined &&
    html` Were all images put in one place, every distance would be 0 and nothing learned: that is called <strong>collapse</strong>. With this loss and this \
margin, that way out costs ${collapse}.`
  }</p>`
}
