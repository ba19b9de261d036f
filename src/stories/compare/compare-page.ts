/**
 * @file The report of a comparison as one HTML page: the same faces by two models, and whether the difference is more than luck.
 */
import { printable } from '../../base/index.ts'
import type { CompareFigure, CompareReport, Difference } from './compare-report.ts'
import { environmentFacts, madeChapter } from '../../report/index.ts'
import { chapter, type Chapter } from '../../report/index.ts'
import { detectorWords, interval, many, modelWords } from '../faces/faces-sections.ts'
import { computing, duration, figure, foldedTable, html, pct, table, whole, type Html } from '../../report/index.ts'
import { lifeLine } from '../../report/index.ts'
import { pageFrame } from '../../report/index.ts'

type Figures = Partial<Record<CompareFigure, string>>

/** Percentage points with sign: "+12.3". */
const points = (share: number): string => `${share > 0 ? '+' : share < 0 ? '−' : '±'}${Math.abs(share * 100).toFixed(1)}`
const range = ({ low, high }: Difference): string => `${points(low)} to ${points(high)}`

/** Writes the page, also while the run goes on. */
export function comparePage(report: CompareReport, figures: Figures): string {
  const chapters = [maps(figures), measured(report), luck(report), disagree(report, figures), made(report)]
  return pageFrame({
    title: 'Compare: one folder, two models',
    description: 'Report of a comparison by kindred',
    complete: report.complete,
    verdict: verdict(report),
    chapters,
  })
}

function verdict(r: CompareReport): Html {
  const [first, second] = r.names.map(modelWords)
  const d = r.difference
  const better = d === undefined || d.map.value === 0 ? undefined : d.map.value > 0 ? second : first
  const sure = d !== undefined && (d.map.verdict === 'more than luck' || d.knnAccuracy.verdict === 'more than luck')
  const title =
    r.stopped !== undefined
      ? 'No result'
      : d === undefined
        ? `${first} and ${second} on the same faces`
        : better === undefined
          ? `${first} and ${second} do equally well`
          : sure
            ? `${better} finds people better, and that is more than luck`
            : `${better} came out ahead, but that may be luck`
  const tile = (value: string, name: string, detail: string) => html`<li><b>${value}</b><span>${name}</span><small>${detail}</small></li>`
  const side = (i: number) => {
    const f = r.models[i]?.retrieval
    const name = [first, second][i]
    return f === undefined
      ? ''
      : html`${tile(
          pct(f.knnAccuracy),
          `Nearest right, ${name}`,
          `95 % interval ${interval(f.intervals.knnAccuracy)}`,
        )}${tile(pct(f.map), `mAP, ${name}`, `95 % interval ${interval(f.intervals.map)}`)}`
  }
  return html`<h1>${title}</h1>
<p class="lead">${r.faces === 0 ? 'The faces of a folder' : `${many(r.faces, 'face')} from ${many(r.photos.withFace, 'photo')}`}, found once and embedded \
twice: by <strong>${first}</strong> and by <strong>${second}</strong>, each with the cut-out it wants. All else is the same: photos, detector, landmarks, \
seed.${
    r.photos.withFace < r.photos.total
      ? ` No face was found in ${whole(r.photos.total - r.photos.withFace)} of ${many(r.photos.total, 'photo')}: all figures are over the others.`
      : ''
  }${r.complete && r.stopped === undefined ? ` Everything took ${duration(r.seconds)}.` : ''}</p>
${lifeLine(r)}
<ul class="tiles">${side(0)}${side(1)}</ul>
${
  (r.warnings ?? []).length > 0 &&
  html`<div class="note bad" role="note"><p><strong>Read with care.</strong></p>${(r.warnings ?? []).map((w) => html`<p>${printable(w)}</p>`)}</div>`
}`
}

function maps(figures: Figures): Chapter {
  return chapter(
    'maps',
    'Maps',
    'The same faces, twice',
    html`<p>Each model turns a face into numbers, a place among many directions; the map draws those places in two, trying to keep neighbours together. The \
models do not know the names; the colours of the frames come from the folders. Where a model knows people apart, each colour lies by itself. Where it sees \
only pictures, faces lie together that share light, pose or hair.</p>
${figure(figures.maps, 'maps', 'Trust nearness, not distance: how far apart two groups lie means nothing, and neither does the map’s direction.')}`,
  )
}

function measured(r: CompareReport): Chapter {
  const [first, second] = r.names.map(modelWords)
  const [a, b] = r.models.map((m) => m.retrieval)
  const d = r.difference
  if (a === undefined || b === undefined || d === undefined)
    return chapter('figures', 'Figures', 'How well like finds like', html`<p>${r.noRetrieval ?? computing}</p>`)
  const share = (v: number, i: { low: number; high: number }) => html`${pct(v)}<small>${interval(i)}</small>`
  const row = (name: string, what: string, x: Html | string, y: Html | string, diff: Html | string) => [
    html`${name}<small>${what}</small>`,
    x,
    y,
    diff,
  ]
  const gap = (x: Difference) => html`${points(x.value)}<small>${range(x)}</small>`
  return chapter(
    'figures',
    'Figures',
    'How well like finds like',
    html`<p>Each of ${many(d.queries, 'face')} is taken out in turn and asks all the others: who is nearest to me? Small figures are 95 % intervals; \
differences are ${second} minus ${first}, in percentage points.</p>
${table(
  ['Measure', first, second, 'Difference'],
  [
    row(
      'Nearest neighbour right',
      'leave-one-out 1-NN, Recall@1',
      share(a.knnAccuracy, a.intervals.knnAccuracy),
      share(b.knnAccuracy, b.intervals.knnAccuracy),
      gap(d.knnAccuracy),
    ),
    ...Object.keys(d.recallAt).map((k) =>
      row(
        `Recall@${k}`,
        `at least one of the ${k} nearest is right`,
        share(a.recallAt[k], a.intervals.recallAt[k]),
        share(b.recallAt[k], b.intervals.recallAt[k]),
        gap(d.recallAt[k]),
      ),
    ),
    row('mAP', 'how early the other photos of the person come', share(a.map, a.intervals.map), share(b.map, b.intervals.map), gap(d.map)),
    row(
      'Silhouette',
      'people tight and apart: 1 best, 0 none',
      (a.silhouette ?? 0).toFixed(3),
      (b.silhouette ?? 0).toFixed(3),
      `${d.silhouette > 0 ? '+' : '−'}${Math.abs(d.silhouette).toFixed(3)}`,
    ),
    row('Numbers in a vector', '', whole(r.models[0].dim), whole(r.models[1].dim), ''),
  ],
  { numeric: [1, 2, 3], label: 'Both models' },
)}
<h3>By person</h3>
${foldedTable(
  ['Person', 'Faces', `Nearest right, ${first}`, `Nearest right, ${second}`, `mAP, ${first}`, `mAP, ${second}`],
  a.people.map((p, i) => [p.person, whole(p.queries), whole(p.right), whole(b.people[i].right), pct(p.map), pct(b.people[i].map)]),
  { numeric: [1, 2, 3, 4, 5], label: 'By person', what: 'people', rest: 'report.json' },
)}`,
  )
}

function luck(r: CompareReport): Chapter {
  const [first, second] = r.names.map(modelWords)
  const d = r.difference
  if (d === undefined)
    return chapter(
      'luck',
      'Luck',
      'Is the difference more than luck?',
      html`<p>${r.noRetrieval === undefined ? computing : 'Without names there is nothing to count.'}</p>`,
    )
  const { onlyFirst, onlySecond, pValue } = d.knnAccuracy
  const p =
    pValue < 0.0001
      ? 'less than 1 in 10,000'
      : pValue >= 0.995
        ? 'certain'
        : pValue < 0.01
          ? `1 in ${whole(Number((1 / pValue).toPrecision(2)))}`
          : `${Math.round(pValue * 100)} in 100`
  return chapter(
    'luck',
    'Luck',
    `Nearest neighbour: ${d.knnAccuracy.verdict}. mAP: ${d.map.verdict}`,
    html`<p>Both models were asked about the same faces, so only those count on which they disagree. ${first} alone is right on <strong>\
${whole(onlyFirst)}</strong>, ${second} alone on <strong>${whole(onlySecond)}</strong>. If they were equally good, each disagreement would be the toss of a \
coin; the chance of so uneven a split, or one more so, is ${p} (McNemar’s exact test). So for the nearest neighbour the difference <strong>\
${d.knnAccuracy.verdict === 'more than luck' ? 'is more than luck' : 'may be luck'}</strong>.</p>
<p>Average precision is compared face by face: drawing the faces anew a thousand times, with repeats, the difference in mAP lies from ${points(d.map.low)} to \
${points(d.map.high)} percentage points in 95 of 100 draws. ${
      d.map.verdict === 'more than luck'
        ? 'That does not reach zero: the difference is more than luck.'
        : 'That reaches zero: the difference may be luck.'
    }</p>
<div class="note"><p>Both tests take faces as independent. Photos of one occasion, or of few people, are not: with a handful of people the models are really \
compared on a handful of people. “May be luck” is no proof that they are equal; more photos would tell.</p></div>`,
  )
}

function disagree(r: CompareReport, figures: Figures): Chapter {
  const [first, second] = r.names.map(modelWords)
  const d = r.difference
  return chapter(
    'disagree',
    'Disagreements',
    d === undefined
      ? 'Where they disagree'
      : d.knnAccuracy.onlyFirst + d.knnAccuracy.onlySecond === 0
        ? 'They agree on every nearest face'
        : 'Where they disagree',
    html`${d === undefined && html`<p>${r.noRetrieval === undefined ? computing : 'Without names nobody can say who is right.'}</p>`}
${
  figures.firstWrong !== undefined &&
  html`<h3>${second} is right, ${first} is not</h3>${figure(figures.firstWrong, 'firstWrong', `Nearest faces as ${first} sees them.`)}`
}
${
  figures.secondWrong !== undefined &&
  html`<h3>${first} is right, ${second} is not</h3>${figure(figures.secondWrong, 'secondWrong', `Nearest faces as ${second} sees them.`)}`
}
${
  figures.precisionFirst !== undefined &&
  html`<h3>Precision at k</h3>${figure(
    figures.precisionFirst,
    'precisionFirst',
    `${first}: share of the right person among the k nearest, against the most there can be.`,
  )}`
}
${figures.precisionSecond !== undefined && figure(figures.precisionSecond, 'precisionSecond', `${second}, the same.`)}`,
  )
}

function made(r: CompareReport): Chapter {
  return madeChapter(
    r,
    [
      ['Folder', r.folder],
      [
        'Photos',
        `${whole(r.photos.total)}, ${whole(r.photos.withFace)} with a face, ${whole(r.photos.quarantined)} ` +
          `unreadable${(r.skipped ?? []).length === 0 ? '' : `, ${whole(r.skipped!.length)} passed over (see report.json)`}; detector ` +
          `${detectorWords[r.detector] ?? r.detector}`,
      ],
      ...r.models.map((m): [string, string] => [`Recipe, ${modelWords(m.model)}`, m.recipe]),
      ['Seed', String(r.seed)],
      ...environmentFacts(r),
    ],
    html`<p>Same photos, seed and machine give the same numbers. The numbers of this page are also in <code>report.json</code>.</p>`,
  )
}
