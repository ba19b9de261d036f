/**
 * @file The report's chapters on learning: verdict, how it works, training, baselines, map, sweep. Each is a function of the report; words follow from the
 * figures.
 */
import { callText, counted, flagOf, printable } from '../../base/index.ts'
import {
  allOutliersSeen,
  outliersSeenBy,
  type DigitsReport,
  type FigureName,
  type RejectionResult,
  type OutliersSeen,
} from './digits-report.ts'
import { chapter, type Chapter } from '../../report/index.ts'
import { computing, duration, figure, figureText, html, pct, table, whole, type Html } from '../../report/index.ts'
import { lifeLine } from '../../report/index.ts'
import { tripletDiagram } from './triplet-diagram.ts'

/** SVG of each figure that is there already. */
export type Figures = Partial<Record<FigureName, string>>

/** "stranger-odds-moved" -> "Outlier odds over small moves": a score's name as words. @param inSentence without a capital, but for names */
export function scoreWords(name: string, inSentence = false): string {
  const words = name
    .replace(/^stranger/, 'outlier')
    .replace(/-moved$/, ' over small moves')
    .replaceAll('-', ' ')
    .replace(/\bknn\b/i, 'kNN')
    .replace(/^gini/i, 'Gini')
    .replace(/^mahalanobis/i, 'Mahalanobis')
  return inSentence || words.startsWith('kNN') ? words : words.charAt(0).toUpperCase() + words.slice(1)
}

/**
 * The rule that held-out data favours, on the last set of letters, so that two networks are compared on the same ones; without such a mark, the one
 * with the largest sum of digits kept and right and letters rejected.
 */
export function bestRejection(list: readonly RejectionResult[] | undefined, seen: OutliersSeen): RejectionResult | undefined {
  const letters = list?.at(-1)?.letters
  return (list ?? [])
    .filter((r) => r.letters === letters && r.rule !== 'student' && r.at !== '95 % of digits kept' && outliersSeenBy(r) === seen)
    .toSorted(
      (a, b) =>
        Number(b.preferred ?? false) - Number(a.preferred ?? false) ||
        b.digitsKeptRight + b.lettersRejected - a.digitsKeptRight - a.lettersRejected,
    )[0]
}

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

/** Raw pixels and an untrained network. */
export function baselines(r: DigitsReport, figures: Figures): Chapter {
  const [trained, pixels, untrained] = [r.knn, r.baselines?.rawPixels, r.baselines?.untrained]
  const title =
    trained === undefined || pixels === undefined
      ? 'Compared with doing almost nothing'
      : trained.mapAtR > pixels.mapAtR
        ? `Training lifts MAP@R from ${pct(pixels.mapAtR)} to ${pct(trained.mapAtR)}`
        : 'So far, raw pixels do no worse'
  const row = (name: string, f: { accuracy: number; mapAtR: number } | undefined) => [
    name,
    f === undefined ? computing : pct(f.accuracy, 2),
    f === undefined ? computing : pct(f.mapAtR, 2),
  ]
  return chapter(
    'baselines',
    'Baselines',
    title,
    html`<p>A high accuracy on digits is not yet a proof of learning. \
${
  untrained === undefined
    ? 'Comparing raw pixels already scores high.'
    : html`A network with <em>random</em> weights already names ${pct(untrained.accuracy)} of the digits by their nearest neighbours${
        pixels === undefined ? '' : `, and comparing raw pixels ${pct(pixels.accuracy)}`
      }.`
} Neighbour accuracy asks only for one or a few alike images nearby, and among tens of thousands there is nearly always one.</p>
<p><strong>MAP@R</strong> asks for more: of the R images of the same digit, how many are among the R nearest, and how early? That needs whole classes to lie \
together, which is what the triplet loss is for.</p>
${figure(figures.baselines, 'baselines', 'The same measure on the same test images: raw pixels, the network before training, and after.')}
${table(
  ['Method', `kNN accuracy${trained?.k === undefined ? '' : ` (k = ${trained.k})`}`, 'MAP@R'],
  [row('Raw pixels', pixels), row('Untrained network', untrained), row('Trained network', trained)],
  { numeric: [1, 2], label: 'Baselines' },
)}`,
  )
}

/** The map. */
export function map(r: DigitsReport, figures: Figures): Chapter {
  const m = r.map
  return chapter(
    'map',
    'Map',
    'Where the test digits lie',
    html`<p>Nobody can look at ${r.embedding.dim} dimensions, so ${m?.method ?? 't-SNE'} draws them in two, trying to keep neighbours together. Each point is \
one of ${m?.points === undefined ? 'the' : whole(m.points)} test images; the letters name the clusters.</p>
${figure(
  figures.map,
  'map',
  html`Trust nearness, not distance: which points are neighbours means something, how far apart two clusters are does not.${
    m === undefined
      ? ''
      : ` ${pct(m.neighbourPreservation)} of each point’s ${m.neighbours ?? 10} nearest neighbours in the embedding are also its neighbours on the map.`
  }`,
)}
${
  figures.mapImages !== undefined &&
  figure(figures.mapImages, 'mapImages', 'The same map with the images themselves: styles of writing lie together within a digit.')
}
${
  figures.neighbours !== undefined &&
  html`<h3>Nearest neighbours</h3>${figure(figures.neighbours, 'neighbours', 'A few test images, each with the images that lie nearest to it.')}`
}`,
  )
}

/** The margin sweep. */
export function sweep(r: Pick<DigitsReport, 'sweep' | 'complete'>, figures: Pick<Figures, 'sweepPanels' | 'sweepCurves'>): Chapter {
  const list = r.sweep ?? []
  const fallen = list.filter((s) => s.collapsed)
  const usable = list
    .filter((s) => !s.collapsed && s.knnAccuracy !== null && Number.isFinite(s.knnAccuracy))
    .toSorted((a, b) => b.knnAccuracy! - a.knnAccuracy!)
  const title =
    usable.length === 0 ? 'What the margin does' : `Of ${list.length} margins, ${figureText(usable[0].margin)} names most digits right`
  const spread =
    usable.length < 2
      ? ''
      : ` Between the best and the worst usable margin lie ${((usable[0].knnAccuracy! - usable.at(-1)!.knnAccuracy!) * 100).toFixed(1)} percentage points ` +
        `of kNN accuracy: read smaller differences as chance, since each margin was trained once.`
  return chapter(
    'sweep',
    'Margin',
    title,
    list.length === 0 && r.complete
      ? html`<p>This run trained with one margin only. To see what the margin does, train once for each value from 0 to 0.9:</p><pre><code>\
${callText('sweep', [])}</code></pre>`
      : html`<p>The margin says how much farther a negative must be than a positive. Too small, and the network may stop early or collapse; too large, and it \
chases triplets it can never satisfy. So the network was trained again for each margin, and each time the same test images were drawn.${spread}</p>
${
  fallen.length > 0 &&
  html`<div class="note bad"><p><strong>Collapsed: margin ${fallen.map((s) => figureText(s.margin)).join(', ')}.</strong> All images got nearly the same \
embedding. ${
    fallen.some((s) => s.margin === 0) ? 'With margin 0 that costs nothing, so nothing holds the network back. ' : ''
  }The loss looks fine in such a run, and the map shows only noise.</p></div>`
}
${figure(
  figures.sweepPanels,
  'sweepPanels',
  'One map for each margin. Each is scaled on its own: compare how well the colours separate, not how large the clusters are.',
)}
${figure(
  figures.sweepCurves,
  'sweepCurves',
  'The figures against the margin. The loss grows with the margin by its very formula, so it cannot choose the margin; kNN accuracy can.',
)}
${
  list.length > 0 &&
  table(
    ['Margin', 'Loss', 'Active', 'kNN accuracy', 'Head accuracy', 'Silhouette', ''],
    list.map((s) => [
      figureText(s.margin),
      figureText(s.loss),
      pct(s.activeTriplets),
      pct(s.knnAccuracy),
      pct(s.headAccuracy),
      figureText(s.silhouette),
      s.collapsed ? 'collapsed' : s === usable[0] ? 'best kNN' : '',
    ]),
    { numeric: [0, 1, 2, 3, 4, 5], label: 'Margin sweep' },
  )
}`,
  )
}
