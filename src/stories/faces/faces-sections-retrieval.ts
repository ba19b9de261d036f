/**
 * @file The faces report's chapters on how well like finds like: retrieval, precision at k, neighbours, thresholds; and what to do next, and how it was made.
 */
import { callText, flagOf } from '../../base/index.ts'
import { galleryLine } from '../../people/index.ts'
import { environmentFacts, madeChapter, nextChapter } from '../../report/index.ts'
import { chapter, type Chapter } from '../../report/index.ts'
import { precisionTable } from './precision-table.ts'
import type { FaceDistances } from '../../people/index.ts'
import type { FacesReport } from './faces-report.ts'
import { interval, many, modelWords, path, type FacesFigures } from './faces-sections.ts'
import { computing, figure, figureText, foldedTable, html, pct, table, whole } from '../../report/index.ts'

/** Leave-one-out retrieval. */
export function facesRetrieval(r: FacesReport, figures: FacesFigures): Chapter {
  const f = r.retrieval
  if (f === undefined) {
    return chapter('retrieval', 'Retrieval', 'How well like finds like', html`<p>${r.noRetrieval ?? computing}</p>`)
  }
  const right = Math.round(f.knnAccuracy * f.queries)
  const rows: [string, string, string, string][] = [
    [
      'Nearest neighbour right (1-NN, Recall@1)',
      pct(f.knnAccuracy),
      interval(f.intervals.knnAccuracy),
      'the nearest other face shows the same person',
    ],
    ...Object.entries(f.recallAt)
      .filter(([k]) => k !== '1')
      .map(([k, v]): [string, string, string, string] => [
        `Recall@${k}`,
        pct(v),
        interval(f.intervals.recallAt[k]),
        `at least one of the ${k} nearest does`,
      ]),
    [
      'mAP',
      pct(f.map),
      interval(f.intervals.map),
      'average precision: 100 % when all other photos of the person come before anybody else’s',
    ],
  ]
  const shown = f.people.toSorted((a, b) => a.right / a.queries - b.right / b.queries || a.map - b.map)
  return chapter(
    'retrieval',
    'Retrieval',
    right === f.queries
      ? `Every one of ${many(f.queries, 'face')} finds its own person first`
      : `${whole(right)} of ${many(f.queries, 'face')} find their own person first`,
    html`<p>Each face in turn is taken out and asks all the others: who is nearest to me? Nobody is asked about a photo that is its own \
answer.${
      f.askable === undefined || f.askable <= f.queries
        ? ''
        : ` Of ${whole(f.askable)} faces ${whole(f.queries)} asked, drawn evenly from all people; each asked all the others.`
    }${
      f.lone === 0
        ? ''
        : ` ${f.lone === 1 ? 'One face has' : `${whole(f.lone)} faces have`} no other photo of the same person and so cannot ask, only mislead.`
    }</p>
${table(['Measure', 'Value', '95 % interval', 'What it says'], rows, { numeric: [1, 2], label: 'Retrieval' })}
<p>The intervals say how far chance alone could move a figure with so few photos. They take photos as independent; photos of one occasion are not, so the \
truth may be wider.${
      f.silhouette === undefined
        ? ''
        : ` The silhouette, which compares distances within and between people (1 best, 0 none), is ${f.silhouette.toFixed(2)}.`
    }</p>
<h3>By person</h3>
${foldedTable(
  ['Person', 'Faces that asked', 'Nearest right', 'mAP'],
  shown.map((p) => [p.person, whole(p.queries), `${whole(p.right)} (${pct(p.right / p.queries)})`, pct(p.map)]),
  { numeric: [1, 2, 3], label: 'Retrieval by person, the worst first', what: 'people', rest: 'report.json' },
)}
${
  f.precisionAt.length > 0 &&
  html`<h3>How many can be right?</h3>
<p>Ask for the <em>k</em> nearest faces instead of one: the share that shows the right person is <strong>precision at k</strong>. While k is not above the \
number of the person’s other photos, it can be 100 %. Beyond that it must fall, however good the network is, as there are no more right photos to find: with \
10 others, the best 20 answers hold at most 10 right ones, 50 %. That limit is the <strong>ceiling</strong>, dashed below; read the distance to it, not \
the height.</p>
${figure(figures.precision, 'precision', 'Precision at k against its ceiling.')}
${precisionTable(f)}`
}`,
  )
}

/** Some right, every wrong. */
export function facesNeighbours(r: FacesReport, figures: FacesFigures): Chapter {
  const wrong = r.retrieval?.wrong ?? []
  const title =
    r.retrieval === undefined
      ? 'Faces and their nearest'
      : wrong.length === 0
        ? 'No face is nearest to a stranger'
        : wrong.length === 1
          ? 'One face is nearest to a stranger'
          : `${whole(wrong.length)} faces are nearest to a stranger`
  return chapter(
    'neighbours',
    'Neighbours',
    title,
    html`<p>Figures say how often; pictures say why. The number below each neighbour is its distance.</p>
${figure(figures.neighbours, 'neighbours', r.retrieval === undefined ? 'Some faces with their nearest.' : 'One face of each person with its nearest.')}
${
  wrong.length > 0 &&
  html`<h3>Every mistake</h3>${figure(figures.wrong, 'wrong', 'Look for a reason: glasses, a turned head, another age, or a photo in the wrong folder.')}
${foldedTable(
  ['Photo', 'Nearest', 'Distance'],
  wrong.map((w) => [
    html`${path(w.photo)}<small>${w.person}</small>`,
    html`${path(w.nearest)}<small>${w.nearestPerson}</small>`,
    w.distance.toFixed(3),
  ]),
  { numeric: [2], label: 'Mistakes', what: 'mistakes', rest: 'report.json' },
)}`
}`,
  )
}

/** That a published limit is of other people's photos, and what it does here. */
function publishedHere(d: FaceDistances) {
  const t = d.thresholds.find(({ name }) => name.startsWith('published'))
  return (
    t !== undefined &&
    html`<p>The limit of ${t.value} comes from other people’s photos; on yours it takes ${whole(Math.round(t.falseAccepts * d.otherPairs))} of \
${many(d.otherPairs, 'pair')} of two people for one, and knows ${whole(Math.round(t.trueAccepts * d.samePairs))} of ${many(d.samePairs, 'pair')} of one person \
again.</p>`
  )
}

/** What a threshold means. */
export function facesThreshold(r: FacesReport, figures: FacesFigures): Chapter {
  const d = r.distances
  return chapter(
    'threshold',
    'Threshold',
    'When is near near enough?',
    html`<p>The nearest face is always somebody, even for a stranger. To be able to say <strong>“nobody you know”</strong>, a limit is needed: a distance up \
to which two photos are held to show one person. Any limit makes two kinds of mistake. Too wide, and strangers are taken for each other (<strong>false accept\
</strong>); too narrow, and a person is not known again (<strong>false reject</strong>). One falls as the other rises; there is no limit without either, \
unless the two groups below do not touch.</p>
${figure(
  figures.distances,
  'distances',
  d === undefined
    ? 'Distances between photos of one person, and of two.'
    : `Distances of ${many(d.samePairs, 'pair')} of photos of one person and ${many(d.otherPairs, 'pair')} of photos of two.`,
)}
${
  d !== undefined &&
  d.thresholds.length > 0 &&
  table(
    ['Limit', 'Distance', 'Strangers taken for each other', 'Same person known again'],
    d.thresholds.map((t) => [
      t.name,
      t.value.toFixed(3),
      html`${pct(t.falseAccepts, 2)}${
        t.falseAcceptsInterval !== undefined &&
        html`<small>95 % interval ${(t.falseAcceptsInterval.low * 100).toFixed(2)}\u2060–\u2060${pct(t.falseAcceptsInterval.high, 2)}</small>`
      }`,
      html`${pct(t.trueAccepts)}${t.trueAcceptsInterval !== undefined && html`<small>95 % interval ${interval(t.trueAcceptsInterval)}</small>`}`,
    ]),
    { numeric: [1, 2, 3], label: 'Thresholds' },
  )
}
${
  d !== undefined &&
  d.thresholds.length > 0 &&
  html`${publishedHere(d)}
<p>The intervals of a published limit take pairs as independent, which they are not, as each photo is in many; they are too narrow. Those of a limit \
chosen here are the wider of that and of drawing the people anew.</p>`
}
${d?.refused !== undefined && html`<div class="note"><p>${d.refused}</p></div>`}
<p>A distance is no probability. “95 % sure” would need to know how likely it was beforehand that the two photos show one person; this page does not, so it \
does not say it. With more people in the folder, a nearest stranger comes nearer: a limit chosen on five people is too wide for five thousand.</p>`,
  )
}

/** Proposals with exact commands. @param home the folder of the run */
export function facesNext(r: FacesReport, home: string = r.folder): Chapter {
  const named = r.people.some((p) => p.person !== null)
  const out = home // what is known of the faces is asked, rather than the photos once more
  const other = r.model === 'dlib' ? 'pixels' : 'dlib'
  const proposals = [
    {
      command: callText('compare', [r.folder], { models: `${other},${r.model}` }),
      why:
        r.model === 'dlib'
          ? 'Is the network worth it? The same faces by their raw pixels and by the network, side by side.'
          : 'Another network on the same faces, side by side, with a test whether the difference is more than luck.',
    },
    {
      command: callText('search', [out, 'QUERY.jpg'], { k: 5 }),
      why: `Who of these does a new photo show? With ${flagOf('threshold')} it can say that it is nobody you know.`,
    },
    ...(named
      ? [
          {
            command: callText('verify', ['A.jpg', 'B.jpg'], { calibrate: out }),
            why: 'Do two photos show one person? The limit is taken from these photos.',
          },
        ]
      : [{ command: callText('group', [out]), why: 'Sorts faces without names into groups that you can name.' }]),
    ...(r.gallery === undefined
      ? [
          {
            command: callText('faces', [r.folder], { gallery: 'gallery' }),
            why: 'Keeps the faces in a gallery that is quick to search and can grow.',
          },
        ]
      : []),
  ]
  return nextChapter(proposals)
}

/** Recipe, versions, seed, time. */
export function facesMade(r: FacesReport): Chapter {
  return madeChapter(
    r,
    [
      ['Folder', r.folder],
      ['Model', modelWords(r.model)],
      ...(r.recipe === undefined ? [] : ([['Recipe of the vectors', r.recipe]] as [string, string][])),
      ...(r.licence === undefined ? [] : ([['Licence of the weights', r.licence]] as [string, string][])),
      ...(r.gallery === undefined
        ? []
        : ([['Gallery', `${r.gallery.place}: ${galleryLine(r.gallery)}, ${whole(r.gallery.count)} in all`]] as [string, string][])),
      [
        'This run',
        `${many(r.photos.processed, 'photo')} looked at, ${many(r.embedded ?? 0, 'vector')} ` +
          `made${r.photos.processed < r.photos.total || (r.embedded ?? 0) < r.faces ? '; the rest was kept from an earlier run' : ''}`,
      ],
      ...(r.photosPerSecond === null
        ? []
        : ([['Speed', `${figureText(r.photosPerSecond)} photos a second, from the file to the vectors`]] as [string, string][])),
      ['Seed', String(r.seed)],
      ...environmentFacts(r),
    ],
    html`<p>Same photos, seed and machine give the same numbers. The numbers of this page are also in <code>report.json</code>; each face with its photo, box \
and landmarks is a line of <code>manifest.jsonl</code>, its crop lies in <code>crops/</code>, its vector in <code>vectors/</code>.</p>
<p>Faces are personal data. Everything here was computed on this machine; nothing was sent anywhere.</p>`,
  )
}
