/** @file Top of a digits report: what was done and what came out, in words that follow from the figures. */
import { flagOf, printable } from '../../base/index.ts'
import { computing, duration, html, lifeLine, pct, whole, type Html } from '../../report/index.ts'
import { bestRejection } from './best-rejection.ts'
import { allOutliersSeen, type DigitsReport, type RejectionResult } from './digits-report.ts'

/** Top of the page: what was done and what came out, in numbers. */
export function verdict(r: DigitsReport): Html {
  const { knn, head } = r
  const pixels = r.baselines?.rawPixels
  const title =
    knn !== undefined
      ? `The network recognises ${pct(knn.accuracy)} of handwritten digits that it has never seen`
      : r.stopped !== undefined
        ? 'No result'
        : 'A network is learning which digits are alike'
  const gain = knn !== undefined && pixels !== undefined ? mistakes(knn.accuracy, pixels.accuracy) : undefined
  const against = (share: number | undefined) => (share === undefined ? '' : `; comparing raw pixels: ${pct(share)}`)
  return html`<h1>${title}</h1>
<p class="lead">A small network saw ${whole(r.dataset.train)} handwritten digits and was told only which ones show the <strong>same</strong> digit and which \
do not. It learned to turn an image into ${r.embedding.dim} numbers, an <strong>embedding</strong>, so that alike digits lie close together. This page shows \
how well that worked on ${whole(r.dataset.test)} digits it never \
saw${r.complete && r.stopped === undefined ? `; everything took ${duration(r.seconds)}` : ''}.</p>
${lifeLine(r, `What was done is kept: the same command with ${flagOf('resume')} goes on from the last checkpoint of the training, where there is one.`)}
<ul class="tiles">
${tile(
  knn?.accuracy,
  'recognised by their neighbours',
  `kNN accuracy: the digits whose embeddings lie nearest say which digit it is${against(pixels?.accuracy)}`,
)}
${tile(knn?.mapAtR, 'purity of the neighbourhood', `MAP@R: how much of what lies around a digit is the same digit${against(pixels?.mapAtR)}`)}
${tile(
  head?.accuracy,
  'recognised by a classifier',
  `softmax head: trained on the finished embedding; how sure it says it is differs from how often it is right by ${pct(head?.ece)} on average`,
)}
${letterTiles(r)}
</ul>
${gain !== undefined && html`<p>${gain}</p>`}
${
  (r.warnings ?? []).length > 0 &&
  html`<div class="note bad" role="note"><p><strong>Read with care.</strong></p>\
${(r.warnings ?? []).map((w) => html`<p>${printable(w)}</p>`)}</div>`
}`
}

/** A figure with its name; while it is missing, that it is being computed. */
const tile = (share: number | undefined, name: string, detail: string): Html =>
  share === undefined
    ? html`<li><b class="wait">…</b><span>${name}</span><small>${computing}</small></li>`
    : html`<li><b>${pct(share)}</b><span>${name}</span><small>${detail}</small></li>`

/** Letters refused as no digit: by the network that has seen none, and by the one that has seen others. */
function letterTiles(r: DigitsReport): Html {
  const [alone, invented, taught] = allOutliersSeen.map((seen) => bestRejection(r.rejection, seen))
  const untaught = invented ?? alone
  const cost = (row: RejectionResult) => `while ${pct(row.digitsKeptRight)} of the digits are kept and read right`
  const known =
    invented === undefined
      ? 'the network has seen digits alone'
      : 'the network has seen digits, and strokes put together by chance as examples of no digit'
  return html`${
    (untaught !== undefined || taught === undefined) &&
    tile(
      untaught?.lettersRejected,
      'of letters refused, no letter seen before',
      untaught === undefined ? '' : `${untaught.letters}, ${cost(untaught)}; ${known}`,
    )
  }
${
  taught !== undefined &&
  tile(
    taught.lettersRejected,
    'of letters refused, others seen before',
    `${taught.letters}, ${cost(taught)}; the network has seen letters in other hands or fonts`,
  )
}`
}

function mistakes(ours: number, theirs: number): string {
  const both = `The trained network gets ${pct(1 - ours)} of the digits wrong; simply comparing raw pixels, ${pct(1 - theirs)}.`
  if (ours > theirs + 0.002) return both
  if (ours < theirs - 0.002) return `${both} Training is not finished, or went wrong.`
  return `${both} That is no difference; what training changed shows in MAP@R.`
}
