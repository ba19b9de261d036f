/** @file The report's chapter on everything else that is no digit: one table, a column a network. */
import { omniglotLookAlikes } from '../../digits/index.ts'
import { chapter, computing, html, pct, table, whole, type Chapter, type Html } from '../../report/index.ts'
import { allOutliersSeen, type DigitsReport, type OutliersSeen } from './digits-report.ts'
import type { KeptShare, OutlierRow, OutlierTable, ScriptSummary, WorkingPoint } from './outlier-table.ts'
import { networkNames } from './rejection-tables.ts'

/** What each network keeps of scripts, shapes, noise and more, and of digits of other sources. */
export function outliers(r: DigitsReport): Chapter {
  const judged = r.outlierTable
  const seen =
    judged === undefined ? [] : allOutliersSeen.filter((network) => judged.rows.every((row) => row.figures[network] !== undefined))
  if (judged === undefined || seen.length === 0)
    return chapter(
      'judged',
      'Outliers',
      'What else is no digit',
      r.complete ? html`<p>No outliers were judged in this run.</p>` : html`<div class="figure waiting"><p>${computing}</p></div>`,
    )
  const digits = judged.rows.filter(({ kind }) => kind === 'digits')
  const alike = judged.rows.some(({ lookAlikes }) => lookAlikes > 0)
  return chapter(
    'judged',
    'Outliers',
    titleOf(judged, seen.includes('invented') ? 'invented' : seen[0]),
    html`<p>A rule that was tried on letters alone may fail on everything else. So each network, by the score it leads with, was asked about other things \
that are no digit, none of which it was trained on or chosen by. The figures are shares <strong>refused</strong>, below them the range that holds the truth \
with 95 % probability.${
      alike &&
      html` Some characters <em>are</em> digits to the eye: a ring is a 0, a bar is a 1. They were listed by looking at their drawings, before any network was \
asked; <em>others</em> are the characters that look like no digit.`
    }</p>
<h3 id="judged-95"><a href="#judged-95">Where 95 % of digits are kept</a></h3>
${outlierRows(judged, 'kept95', seen)}
<details><summary>The same where 84 % of digits are kept and read right</summary>${outlierRows(judged, 'kept84', seen)}</details>
<h3 id="judged-digits"><a href="#judged-digits">And digits of other sources are kept</a></h3>
<p>Here the figures are shares <strong>kept</strong>, where 95 % of the validation digits are, and below at the <em>other threshold</em>, of 84 % \
kept and right. They should be as high below as in the first row: a network that refuses digits for how they \
were drawn refuses letters for the same reason.</p>
${table(
  ['Digits', 'Images', ...seen.map((network) => networkNames[network])],
  digits.map((row) => [
    row.name,
    whole(row.images),
    ...seen.map((network) => {
      const { kept95, kept84 } = row.figures[network]!
      const { low, high } = kept95.interval
      return html`${pct(kept95.kept / kept95.of)}<small>${range(low, high)}</small><small>other threshold ${pct(kept84.kept / kept84.of)}</small>`
    }),
  ]),
  { label: 'Digits of several sources, kept', numeric: [1, ...seen.map((_, i) => 2 + i)] },
)}
${howJudged(judged)}`,
  )
}

/** "Japanese_(katakana)" -> "Japanese (katakana)". */
const shownName = (name: string): string => name.replaceAll('_', ' ')

function titleOf({ rows, scripts }: OutlierTable, network: OutliersSeen): string {
  const summary = scripts?.[network]?.kept95.all
  if (summary !== undefined)
    return (
      `On average ${pct(summary.mean)} of ${whole(summary.scripts)} scripts is refused; ` +
      `of the hardest, ${shownName(summary.worstName)}, ${pct(summary.worst)}`
    )
  const refused = rows
    .filter(({ kind }) => kind !== 'digits')
    .map(({ name, figures }) => ({ name: shownName(name), share: 1 - figures[network]!.kept95.kept / figures[network]!.kept95.of }))
    .toSorted((a, b) => a.share - b.share)
  const [least, most] = [refused[0], refused.at(-1)!]
  return `What else is no digit: from ${pct(least.share)} (${least.name}) to ${pct(most.share)} (${most.name}) is refused`
}

/** All outliers at one working point: scripts first, and what they come to. */
function outlierRows({ rows, scripts }: OutlierTable, point: WorkingPoint, seen: readonly OutliersSeen[]): Html {
  const of = (kind: OutlierRow['kind']) => rows.filter((row) => row.kind === kind)
  const cells = (row: OutlierRow) => [
    shownName(row.name),
    html`${whole(row.images)}${row.lookAlikes > 0 && html`<small>${whole(row.lookAlikes)} look like digits</small>`}`,
    ...seen.map((network) => {
      const figures = row.figures[network]![point]
      return html`${shareCell(figures)}${
        figures.unlike !== undefined && html`<small>others\u00a0${pct(1 - figures.unlike.kept / figures.unlike.of)}</small>`
      }`
    }),
  ]
  const sums = (what: 'mean' | 'worst') =>
    scripts === undefined
      ? []
      : [
          [
            html`<strong>${what === 'mean' ? 'Mean of the scripts' : 'Lowest of the scripts'}</strong>`,
            '',
            ...seen.map((network) => {
              const { all, unlike } = scripts[network]![point]
              return html`<strong>${pct(all[what])}</strong><small>${rangeOf(all, what)}</small>${
                unlike !== undefined && html`<small>others\u00a0${pct(unlike[what])}</small>`
              }`
            }),
          ],
        ]
  const body = [
    ...of('script').toSorted(byName).map(cells),
    ...sums('mean'),
    ...sums('worst'),
    ...[...of('letters'), ...of('outliers')].map(cells),
  ]
  return table(['No digits', 'Images', ...seen.map((network) => networkNames[network])], body, {
    label:
      point === 'kept95' ? 'Outliers refused where 95 % of digits are kept' : 'Outliers refused where 84 % of digits are kept and right',
    numeric: [1, ...seen.map((_, i) => 2 + i)],
  })
}

const byName = (a: OutlierRow, b: OutlierRow): number => (a.name < b.name ? -1 : 1)

const shareCell = ({ kept, of, interval: { low, high } }: KeptShare): Html =>
  html`${pct(1 - kept / of)}<small>${range(1 - high, 1 - low)}</small>`

/** "39–52 %", in one piece. */
const range = (low: number, high: number): string => `${(100 * low).toFixed(0)}\u2060–\u2060${pct(high, 0)}`

function rangeOf({ meanInterval, worstInterval }: ScriptSummary, what: 'mean' | 'worst'): string {
  const { low, high } = what === 'mean' ? meanInterval : worstInterval
  return range(low, high)
}

/** How look-alikes were judged, for the scripts of this run, and what the ranges are. */
function howJudged({ rows }: OutlierTable): Html {
  const judged = rows.flatMap(({ name, kind }) => (kind === 'script' && Object.hasOwn(omniglotLookAlikes, name) ? [name] : []))
  const unknown = rows.flatMap(({ name, kind }) => (kind === 'script' && !Object.hasOwn(omniglotLookAlikes, name) ? [shownName(name)] : []))
  return html`<details><summary>How this was counted</summary>
<p>Ranges in rows are Wilson’s 95 % intervals of a share.${
    judged.length + unknown.length > 1 &&
    ' Those of mean and lowest come from drawing whole characters, and for the mean whole scripts, again and again (bootstrap).'
  }</p>
${
  judged.length > 0 &&
  table(
    ['Script', 'Characters that look like digits', 'How it was judged'],
    judged.toSorted().map((name) => [shownName(name), alikeText(name), omniglotLookAlikes[name].judged]),
    { label: 'Characters that look like digits' },
  )
}
${unknown.length > 0 && html`<p>Nobody has judged which characters of ${unknown.join(', ')} look like digits.</p>`}</details>`
}

function alikeText(alphabet: string): string {
  const latin = (number: number) => String.fromCharCode(96 + number)
  const entries = Object.entries(omniglotLookAlikes[alphabet].digits)
  if (entries.length === 0) return 'none'
  return entries.map(([number, digit]) => `${alphabet === 'Latin' ? latin(Number(number)) : number} as ${digit}`).join(', ')
}
