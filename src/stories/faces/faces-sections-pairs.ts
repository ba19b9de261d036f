/** @file The faces report's chapter on who may be one person: pairs of groups, folders and lone faces, and folders that look like two people. */
import { chapter, figure, html, table, whole, type Chapter } from '../../report/index.ts'
import type { FacesReport } from './faces-report.ts'
import { many, path, type FacesFigures } from './faces-sections.ts'

/** Rows of the table. */
const listed = 50

/** The chapter; undefined where nobody looked. */
export function facesPairs(r: FacesReport, figures: FacesFigures): Chapter | undefined {
  const s = r.suggestions
  if (s === undefined) return undefined
  const parts = [
    s.count === 0 ? undefined : `${many(s.count, 'pair')} may be one person`,
    s.split.length === 0 ? undefined : `${many(s.split.length, 'folder')} may show two people`,
  ].filter((part) => part !== undefined)
  return chapter(
    'pairs',
    'Who else',
    parts.length === 0 ? 'No two groups look like one person, and no folder like two' : parts.join(', '),
    html`<p>Faces of one person may fall apart, into two folders, a folder and a lone face, or two groups without a name. Those that lie nearest are \
below; only somebody who knows them can say. The distances here: ${s.words}.</p>
${
  s.pairs.some((p) => p.odds !== null) &&
  html`<p>Beside a pair stands how many of your labelled pairs about as far apart show one person. Those are pairs of people with many photos; \
among strangers the share is lower.</p>`
}
${
  s.count > 0 &&
  html`${figure(figures.pairs, 'pairs', 'The nearest pairs, and the mean distance of their faces between them.')}
${table(
  ['One', 'Other', 'Mean distance', 'Closest', 'Labelled pairs so far apart: one person'],
  s.pairs
    .slice(0, listed)
    .map((p) => [
      html`${p.a}<small>${path(p.photos[0])}</small>`,
      html`${p.b}<small>${path(p.photos[1])}</small>`,
      p.distance.toFixed(3),
      p.nearest.toFixed(3),
      p.odds === null ? '—' : `${whole(p.odds.same)} of ${whole(p.odds.of)}`,
    ]),
  { numeric: [2, 3, 4], label: 'Pairs that may be one person' },
)}${s.count > listed && html`<p>${`… and ${whole(s.count - listed)} more.`}</p>`}`
}
${
  s.split.length > 0 &&
  html`<h3>Folders that may show two people</h3>
<p>No chain of near faces joins the parts of these folders: two people, or one at two ages or in two kinds of photos.</p>
${table(
  ['Folder', 'Faces in each part', 'Mean distance', 'A photo of each'],
  s.split
    .slice(0, listed)
    .map((f) => [
      f.person,
      f.pieces.map(whole).join(', '),
      f.distance.toFixed(3),
      html`${path(f.photos[0])}<small>${path(f.photos[1])}</small>`,
    ]),
  { numeric: [2], label: 'Folders that may show two people' },
)}`
}`,
  )
}
