/** @file The faces report's chapter on a space that was learnt on the folder's own people. */
import { chapter, figure, html, pct, table, whole, type Chapter } from '../../report/index.ts'
import type { BeforeAfter, JudgedQuestions } from '../../people/index.ts'
import type { FacesReport } from './faces-report.ts'
import { many, type FacesFigures } from './faces-sections.ts'

/** What was learnt, or why not; undefined where nobody asked. */
export function facesLearned(r: FacesReport, figures: FacesFigures): Chapter | undefined {
  const l = r.learned
  if (l === undefined) return undefined
  if (l.earlier !== undefined)
    return chapter(
      'learned',
      'Learned',
      'An earlier run has learnt on these people',
      html`<p>Searches, groups and comparisons in this folder use the space that was learnt then, and new faces have been put into \
it: <small>${l.earlier}</small>. \
All other chapters of this page are about the network’s own space. Learn again when there are many new photos or names; without \
<code>head.onnx</code> the network’s own space is used.</p>`,
    )
  if (l.refused !== undefined)
    return chapter('learned', 'Learned', 'Too little to learn from', html`<p>Nothing was learnt: ${l.refused}</p>`)
  const { unseenPeople, unseenPhotos, worseCopies } = l.judged!
  const main = unseenPeople ?? unseenPhotos
  const title = !l.taken
    ? 'Learning on these people gains nothing that is sure'
    : main === undefined
      ? 'Learnt on these people'
      : `Learnt on these people: mean average precision ${pct(main.map.before)} before, ${pct(main.map.after)} after, on people not seen`
  return chapter(
    'learned',
    'Learned',
    title,
    html`<p>A small projection, the <strong>head</strong>, was trained to stand behind the network: by triplets from ${many(l.photos!, 'photo')} of \
${many(l.people!, 'confirmed person', 'confirmed people')}, and from ${many(l.copies!, 'worse copy', 'worse copies')} \
of them (blurred, tiny, compressed, too dark or light), it \
learns to put photos of one person nearer to each other than to anybody else’s. It begins as no change at all, and is pulled back there, so that few photos \
change little.</p>
<p><strong>Judged on what it has not seen.</strong> Five heads were trained without a fifth of the people each, and asked about these; five more without a \
fifth of the photos. The intervals are of the difference; whole people were drawn again${
      l.people! < 20 ? `, and ${whole(l.people!)} people are few: read them as a hint` : ''
    }.</p>
${table(
  ['Who asked', 'Measure', 'Before', 'After', 'Difference', '95\u00a0% interval'],
  [
    ...rows('Photos of people not seen', unseenPeople),
    ...rows('Photos not seen, of people seen', unseenPhotos),
    ...rows('Worse copies of photos of people not seen', worseCopies),
  ],
  { numeric: [2, 3, 4, 5], label: 'Before and after learning' },
)}
<p>${l.verdict!}</p>
${
  l.taken &&
  html`<p>From now on searches, groups and comparisons in this folder use the new space, with ${
    l.threshold === undefined
      ? 'no threshold of its own, as there are too few pairs to choose one'
      : html`a distance of up to <strong>${l.threshold.toFixed(3)}</strong> for one person, chosen on people that the head had not seen`
  }. Thresholds that were published for the network do not hold there, and the two spaces are never \
mixed: <small>${l.recipe!}</small>. All other chapters of \
this page are about the network’s own space.</p>`
}
${figures.learned !== undefined && figure(figures.learned, 'learned', 'The head has seen these people, so that the right map flatters it; the table does not.')}
${figures.learning !== undefined && figure(figures.learning, 'learning', 'Loss and triplets that still pull, while the head was trained.')}`,
  )
}

function rows(who: string, q: JudgedQuestions | undefined): string[][] {
  if (q === undefined) return []
  const row = (name: string, f: BeforeAfter): string[] => [
    `${who} (${whole(q.queries)})`,
    name,
    pct(f.before),
    pct(f.after),
    points(f.difference),
    `${points(f.low)}\u00a0to\u00a0${points(f.high)}`,
  ]
  return [
    row('Nearest is right', q.knnAccuracy),
    row('Mean average precision', q.map),
    ...(q.trueAccepts === undefined ? [] : [row('Pairs of one person found at 1\u00a0% false accepts', q.trueAccepts)]),
  ]
}

/** A difference of shares in hundredths. */
const points = (x: number): string => `${x < 0 ? '−' : '+'}${Math.abs(100 * x).toFixed(1)}`
