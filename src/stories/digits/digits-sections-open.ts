/**
 * @file The report's chapters on use: the softmax head, rejecting what is no digit, what to try next, how it was made.
 */
import { callText } from '../../base/index.ts'
import { environmentFacts, madeChapter, nextChapter } from '../../report/index.ts'
import { allOutliersSeen, outliersSeenBy, type DigitsReport, type RejectionResult, type OutliersSeen } from './digits-report.ts'
import { chapter, type Chapter } from '../../report/index.ts'
import { bestRejection, scoreWords, type Figures } from './digits-sections.ts'
import { computing, figure, figureText, html, pct, table, whole, type Html } from '../../report/index.ts'

/** The softmax head with confusion and calibration. */
export function head(r: DigitsReport, figures: Figures): Chapter {
  const h = r.head
  return chapter(
    'head',
    'Classifier',
    h === undefined
      ? 'A classifier on top of the frozen embedding'
      : `A linear head on the frozen embedding is right ${pct(h.accuracy)} of the time`,
    html`<p>The embedding does not name digits; a <strong>softmax head</strong> does. It is one linear layer that turns the ${r.embedding.dim} numbers into \
ten probabilities. The network below it is frozen: only the head learned here, so its accuracy tells how well the classes can be parted by straight cuts.</p>
${figure(figures.confusion, 'confusion', 'Rows: what the image shows. Columns: what the head said. What is right is pale, so that mistakes stand out.')}
${figures.errors !== undefined && figure(figures.errors, 'errors', 'Digits that the head misread. Some would puzzle a person too.')}
<h3 id="calibration"><a href="#calibration">Does it know how sure it may be?</a></h3>
<p>A head is calibrated when, of all images it is 90 % sure about, 9 in 10 are right. The expected calibration error (ECE) is the mean \
gap${h === undefined ? '' : `, here ${pct(h.ece, 2)}`}.${
      h?.temperature === undefined
        ? ''
        : ` Probabilities were softened with temperature ${figureText(h.temperature)}, fitted on validation images.`
    } It holds for digits only: about images of other things a calibrated head can still be confidently wrong.</p>
${figure(figures.reliability, 'reliability', 'Accuracy against confidence. Bars below the diagonal: too sure; above: too modest.')}`,
  )
}

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
and letters alike; then nothing reaches 0.87 and the rule rejects nothing. For the coefficient the same words would throw away the digits it is <em>surest\
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
${scoreTables(list, r.complete)}
${threeNetworks(r)}
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

/** Digits that came about as letters did, and how many of them each network rejects. */
function controls(list: DigitsReport['digitControls']): Html | false {
  if (list === undefined) return false
  const seen = allOutliersSeen.filter((n) => list.every((c) => c.rejected[n] !== undefined))
  return html`<h3 id="controls"><a href="#controls">Is it the form that is rejected, or the way it is drawn?</a></h3>
<p>Letters come from other pens and files than MNIST’s digits. A network that is shown them as outliers could learn the traces of pen and file in place of \
the form, and would then reject <em>digits</em> that bear the same traces. So such digits are asked too: below is the share of them that each network \
rejects, by its preferred score, where 95 % of MNIST’s digits are kept. \
${seen.length < 2 ? '' : 'The columns should be alike; where one is far higher than the first, the figures above for its network are flattered.'}</p>
${table(
  ['Digits', 'Images', ...seen.map((n) => networkNames[n])],
  list.map((c) => [c.digits, whole(c.count), ...seen.map((n) => pct(c.rejected[n]))]),
  { label: 'Digits that came about as the letters did', numeric: [1, 2, 3, 4] },
)}`
}

const networkNames: Readonly<Record<OutliersSeen, string>> = {
  none: 'Digits alone',
  invented: 'And invented characters',
  letters: 'And other letters',
}

/** The networks side by side: what each has seen, what it rejects, and what that costs. */
function threeNetworks(r: DigitsReport): Html | false {
  const rows = allOutliersSeen.flatMap((seen) => {
    const row = bestRejection(r.rejection, seen)
    return row === undefined ? [] : [{ seen, row, figures: seen === 'none' ? r.knn : r.after?.[seen]?.knn }]
  })
  if (rows.length < 2) return false
  return html`<h3 id="outliers"><a href="#outliers">What having seen outliers is worth</a></h3>
<p>The network can be trained on, with images in every batch that are no digit and must lie far from all of them. <em>Invented characters</em> are a few \
strokes of a pen joined by chance: no one writes them, so that what this network says of letters is still said without having seen one. <em>Letters</em>, in \
other hands than the judged ones, are a different and easier promise: it holds for things like those that were shown. Each network is shown with its \
preferred score, judged on ${rows[0].row.letters}.</p>
${table(
  ['The network has seen', 'Score', 'Digits kept and right', 'Letters rejected', '… that look like no digit', 'kNN accuracy', 'MAP@R'],
  rows.map(({ seen, row, figures }) => [
    networkNames[seen],
    scoreWords(row.score),
    pct(row.digitsKeptRight),
    pct(row.lettersRejected),
    pct(row.lettersRejectedUnlike),
    pct(figures?.accuracy, 2),
    pct(figures?.mapAtR),
  ]),
  { label: 'Networks that have seen different outliers', numeric: [2, 3, 4, 5, 6] },
)}`
}

/** The working point shown in a column of its own. */
const kept95 = '95 % of digits kept'

function scoreTables(list: readonly RejectionResult[], complete: boolean): Html {
  if (list.length === 0)
    return complete ? html`<p>No rejection was measured in this run.</p>` : html`<div class="figure waiting"><p>${computing}</p></div>`
  const sets = [...new Set(list.map((e) => e.letters))]
  return html`${sets.flatMap((letters) =>
    allOutliersSeen.map((seen) => {
      const all = list.filter((e) => e.letters === letters && outliersSeenBy(e) === seen)
      // One row a score: its main working point, and beside it what the same score does where 95 % of the digits are kept.
      const at95 = (score: string) => all.find((e) => e.score === score && e.at === kept95)
      const rows = all
        .filter((e) => e.at !== kept95)
        .toSorted((a, b) => Number(a.rule === 'student') - Number(b.rule === 'student') || b.lettersRejected - a.lettersRejected)
      if (rows.length === 0) return undefined
      return html`<h3>${letters}, ${
        {
          none: 'by the network of digits alone',
          invented: 'by the network that has also seen invented characters',
          letters: 'by the network that has also seen other letters',
        }[seen]
      }</h3>${table(
        [
          'Score',
          'Reject when',
          'Digits kept and right',
          'Letters rejected',
          'Rejected where 95 % of digits are kept',
          'AUROC',
          'Letters accepted at 95 % digits (FPR95)',
        ],
        rows.map((e) => [
          html`${scoreWords(e.score)}<small>${
            e.rule === 'student'
              ? 'rule taken over, not chosen here'
              : `threshold chosen on held-out data${e.at === undefined ? '' : ` for ${e.at}`}`
          }${e.note === undefined ? '' : `; ${e.note}`}</small>`,
          `${e.rejectWhen} ${figureText(e.threshold)}`,
          pct(e.digitsKeptRight),
          pct(e.lettersRejected),
          e.rule === 'student' ? '—' : pct(at95(e.score)?.lettersRejected ?? Number.NaN),
          Number.isFinite(e.auroc) ? e.auroc.toFixed(3) : '—',
          pct(e.fpr95),
        ]),
        { numeric: [2, 3, 4, 5, 6], label: `Scores on ${letters}` },
      )}`
    }),
  )}<p>AUROC: the chance that a random letter looks stranger than a random digit; 0.5 is a coin, 1 is perfect.</p>`
}

/** Proposals with exact commands. */
export function next(r: DigitsReport): Chapter {
  const margin = r.embedding.margin ?? 0.4
  const proposals = r.next ?? [
    ...(r.sweep === undefined || r.sweep.length === 0
      ? [{ command: callText('sweep', []), why: 'Trains once for each margin from 0 to 0.9 and shows the maps side by side.' }]
      : []),
    {
      command: callText('digits', [], { margin: figureText(margin < 0.5 ? margin * 2 : margin / 2) }),
      why: 'Another margin: watch the active triplets more than the loss.',
    },
    {
      command: callText('digits', [], { dim: r.embedding.dim < 32 ? 32 : 2 }),
      why:
        r.embedding.dim < 32
          ? 'More numbers in the embedding leave more room for classes to part.'
          : 'Two numbers can be drawn without any projection.',
    },
    {
      command: callText('digits', [], { seed: (r.seed ?? 0) + 1 }),
      why: 'The same again with other chance: how much of a difference is luck?',
    },
  ]
  return nextChapter(proposals)
}

/** Versions, seed, data, time. */
export function made(r: DigitsReport): Chapter {
  return madeChapter(
    r,
    [
      [
        'Data',
        `${r.dataset.name ?? 'digits'}: ${whole(r.dataset.train)} ` +
          `training${r.dataset.validation === undefined ? '' : `, ${whole(r.dataset.validation)} validation`}, ${whole(r.dataset.test)} test images`,
      ],
      ...(r.seed === undefined ? [] : ([['Seed', String(r.seed)]] as [string, string][])),
      ...environmentFacts(r),
      ...Object.entries(r.dataset.sha256 ?? {}).map(([file, hash]) => [`SHA-256 of ${file}`, hash] as [string, string]),
    ],
    html`<p>Same seed and same machine give the same numbers. The numbers of this page are also in <code>report.json</code>.</p>`,
  )
}
