/** @file The report's chapter on how it works: triplets, and the loss that this run used. */
import { chapter, figure, figureText, html, whole, type Chapter } from '../../report/index.ts'
import type { DigitsReport, Figures } from './digits-report.ts'
import { tripletDiagram } from './triplet-diagram.ts'

/** Anchor, positive, negative; the formula. */
export function howItWorks(r: DigitsReport, figures: Figures): Chapter {
  const margin = r.embedding.margin
  return chapter(
    'how',
    'How it works',
    'Three images at a time: pull one closer, push one away',
    html`<p>The network never hears “this is a 7”. It sees <strong>triplets</strong>: an <strong>anchor</strong>, a <strong>positive</strong> that shows the \
same digit, and a <strong>negative</strong> that shows another. The same network, with the same weights, embeds all three.</p>
${figure(figures.triplets, 'triplets', 'Triplets from the training images: anchor, positive, negative.')}
<p>With d the distance between two embeddings, the <strong>triplet loss</strong> of one triplet is</p>
<p class="formula" role="math" aria-label="loss equals the maximum of zero and distance of anchor and positive minus distance of anchor and negative plus \
margin">loss = max(0, d(<span class="a">a</span>, <span class="p">p</span>) − d(<span class="a">a</span>, <span class="n">n</span>) + margin)</p>
<p>It is zero as soon as the negative is farther from the anchor than the positive by at least the <strong>margin</strong>\
${margin === undefined ? '' : ` (here ${figureText(margin)})`}. Triplets that are solved so teach nothing more; those that still cost something are called \
<strong>active</strong>. The margin is there because without it the network could put all images in one place: every distance 0, every loss 0, and nothing \
learned. That is called <strong>collapse</strong>. With a margin, that way out costs the whole margin on every triplet.</p>
${figure(
  tripletDiagram(),
  'diagram',
  'One training step moves the positive towards the anchor and the negative away from it. Inside the dashed ring a negative still costs; beyond it the ' +
    'triplet is solved.',
)}
<p>${
      r.embedding.architecture === undefined
        ? ''
        : `The network: ${r.embedding.architecture}${r.embedding.parameters === undefined ? '' : ` (${whole(r.embedding.parameters)} weights)`}. `
    }${r.embedding.miner === undefined ? '' : `Triplets are chosen by ${r.embedding.miner}. `}Its output is ${r.embedding.dim} numbers for each \
image${r.embedding.normalised === true ? ', scaled to length 1' : ''}.</p>`,
  )
}
