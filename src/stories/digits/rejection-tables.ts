/** @file The tables of the chapter on rejection: scores, networks side by side, controls. */
import { askedPercent, callText, counted, flagOf } from '../../base/index.ts'
import { computing, figureText, html, pct, table, whole, type Html } from '../../report/index.ts'
import { bestRejection, scoreWords } from './best-rejection.ts'
import { allOutliersSeen, outliersSeenBy, type DigitsReport, type OutliersSeen, type RejectionResult } from './digits-report.ts'

/** Digits that came about as letters did, and how many of them each network rejects. */
export function controls(list: DigitsReport['digitControls']): Html | false {
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

/** A network by what it has seen, for the head of a column or row. */
export const networkNames: Readonly<Record<OutliersSeen, string>> = {
  none: 'Digits alone',
  invented: 'And invented characters',
  letters: 'And other letters',
}

/** The networks side by side: what each has seen, what it rejects, and what that costs. */
export function threeNetworks(r: DigitsReport): Html | false {
  const rows = allOutliersSeen.flatMap((seen) => {
    const row = bestRejection(r.rejection, seen)
    return row === undefined ? [] : [{ seen, row, figures: seen === 'none' ? r.knn : r.after?.[seen]?.knn }]
  })
  if (rows.length === 0) return false
  return html`${
    rows.length === 1
      ? html`<h3 id="outliers"><a href="#outliers">What it comes to</a></h3>
<p>The network with its preferred score, judged on ${rows[0].row.letters}.</p>`
      : html`<h3 id="outliers"><a href="#outliers">What having seen outliers is worth</a></h3>
<p>The network can be trained on, with images in every batch that are no digit and must lie far from all of them. <em>Invented characters</em> are \
strokes put together by chance: no one writes them, so that what this network says of letters is still said without having seen one. <em>Letters</em>, in \
other hands than the judged ones, are a different and easier promise: it holds for things like those that were shown. Each network is shown with its \
preferred score, judged on ${rows[0].row.letters}.</p>`
  }
${table(
  ['The network has seen', 'Score', 'Digits kept and right', 'Letters rejected', '… that look like no digit', 'kNN accuracy', 'MAP@R'],
  rows.map(({ seen, row, figures }) => [
    networkNames[seen],
    html`${scoreWords(row.score)}${row.at !== undefined && html`<small>threshold for ${row.at}</small>`}`,
    pct(row.digitsKeptRight),
    pct(row.lettersRejected),
    pct(row.lettersRejectedUnlike),
    pct(figures?.accuracy, 2),
    pct(figures?.mapAtR),
  ]),
  { label: 'Networks that have seen different outliers', numeric: [2, 3, 4, 5, 6] },
)}
${promiseWords(rows[0].row.promise)}`
}

/** What the file beside a model promises, as `reject` says it, and how to use it. */
function promiseWords(promise: RejectionResult['promise']): Html | false {
  if (promise === undefined) return false
  const { keep, interval, of } = promise
  return html`<p><strong>To use it:</strong> <code>${callText('reject', ['model.onnx', 'PICTURES'])}</code> says of each picture whether it is kept or \
refused, by this very score and threshold, which lie in <code>reject.json</code> beside the model (of the other networks beside theirs). Of further \
digits like those that set the \
threshold (${of}), it keeps at least ${askedPercent(keep)} on average; with the ones at hand, between ${pct(interval.low)} and \
${pct(interval.high)} (95 % interval). Your own digits differ from those: <code>${flagOf('calibrate')} DIR</code> sets the threshold by 30 or more of them.</p>`
}

/** The working point shown in a column of its own. */
const kept95 = '95 % of digits kept'

/** Every score on every set of letters, a table for each network. */
export function scoreTables(list: readonly RejectionResult[], complete: boolean): Html {
  if (list.length === 0)
    return complete ? html`<p>No rejection was measured in this run.</p>` : html`<div class="figure waiting"><p>${computing}</p></div>`
  const sets = [...new Set(list.map((e) => e.letters))]
  const rowsIn = list.filter((e) => e.at !== kept95).length
  return html`<details><summary>All scores on every set of letters: ${counted(rowsIn, 'row')}</summary>${sets.flatMap((letters) =>
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
  )}<p>AUROC: the chance that a random letter looks stranger than a random digit; 0.5 is a coin, 1 is perfect.</p></details>`
}
