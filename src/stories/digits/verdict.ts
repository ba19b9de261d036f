/** @file Top of a digits report: what was done and what came out, in words that follow from the figures. */
import { flagOf, printable } from '../../base/index.ts'
import { computing, duration, html, lifeLine, pct, whole, type Html } from '../../report/index.ts'
import { bestRejection, scoreWords } from './best-rejection.ts'
import { allOutliersSeen, type DigitsReport } from './digits-report.ts'

/** Top of the page: what was done and what came out, in numbers. */
export function verdict(r: DigitsReport): Html {
  const knn = r.knn
  const pixels = r.baselines?.rawPixels
  const title =
    knn === undefined
      ? r.stopped !== undefined
        ? 'No result'
        : 'A network is learning which digits are alike'
      : `A ${r.embedding.dim}-number fingerprint names ${pct(knn.accuracy)} of unseen digits`
  const gain = knn !== undefined && pixels !== undefined ? mistakes(knn.accuracy, pixels.accuracy) : undefined
  const [alone, invented, taught] = allOutliersSeen.map((seen) => bestRejection(r.rejection, seen))
  const rejected = invented ?? alone
  const tile = (value: string, name: string, detail: string, waiting = false) =>
    html`<li><b${waiting ? html` class="wait"` : ''}>${value}</b><span>${name}</span><small>${detail}</small></li>`
  return html`<h1>${title}</h1>
<p class="lead">A small network saw ${whole(r.dataset.train)} handwritten digits and was told only which ones show the <strong>same</strong> digit and which \
do not. It learned to turn an image into ${r.embedding.dim} numbers, an <strong>embedding</strong>, so that alike digits lie close together. This page shows \
how well that worked on ${whole(r.dataset.test)} digits it never \
saw${r.complete && r.stopped === undefined ? `; everything took ${duration(r.seconds)}` : ''}.</p>
${lifeLine(r, `What was done is kept: the same command with ${flagOf('resume')} goes on from the last checkpoint of the training, where there is one.`)}
<ul class="tiles">
${
  knn === undefined
    ? tile('…', 'kNN accuracy', computing, true)
    : tile(
        pct(knn.accuracy),
        'kNN accuracy',
        `nearest neighbours name the digit right${pixels === undefined ? '' : `; raw pixels alone: ${pct(pixels.accuracy)}`}`,
      )
}
${
  knn === undefined
    ? tile('…', 'MAP@R', computing, true)
    : tile(
        pct(knn.mapAtR),
        'MAP@R',
        `how purely a digit’s nearest images are the same digit${pixels === undefined ? '' : `; raw pixels: ${pct(pixels.mapAtR)}`}`,
      )
}
${
  r.head === undefined
    ? tile('…', 'Softmax head', computing, true)
    : tile(pct(r.head.accuracy), 'Softmax head', `a linear classifier on the frozen embedding; calibration error ${pct(r.head.ece)}`)
}
${
  rejected === undefined
    ? taught === undefined
      ? tile('…', 'Letters rejected', computing, true)
      : ''
    : tile(
        pct(rejected.lettersRejected),
        'Letters rejected',
        `${rejected.letters}, by ${scoreWords(rejected.score, true)}, never having seen one${
          invented === undefined ? '' : ' but characters that no one writes'
        }, while ${pct(rejected.digitsKeptRight)} of digits are kept and right`,
      )
}
${
  taught !== undefined &&
  tile(
    pct(taught.lettersRejected),
    'Letters rejected, after seeing others',
    `${taught.letters}, by ${scoreWords(taught.score, true)}; ${pct(taught.digitsKeptRight)} of digits kept and right`,
  )
}
</ul>
${gain !== undefined && html`<p>${gain}</p>`}
${
  (r.warnings ?? []).length > 0 &&
  html`<div class="note bad" role="note"><p><strong>Read with care.</strong></p>\
${(r.warnings ?? []).map((w) => html`<p>${printable(w)}</p>`)}</div>`
}`
}

function mistakes(ours: number, theirs: number): string {
  const both = `The trained network names ${pct(1 - ours)} of the digits wrongly; simply comparing raw pixels, ${pct(1 - theirs)}.`
  if (ours > theirs + 0.002) return both
  if (ours < theirs - 0.002) return `${both} Training is not finished, or went wrong.`
  return `${both} That is no difference; what training changed shows in MAP@R and in the map below.`
}
