/** @file The report's chapters on the embedding: compared with doing almost nothing, and as a map. */
import { chapter, computing, figure, html, pct, table, whole, type Chapter } from '../../report/index.ts'
import type { DigitsReport, Figures } from './digits-report.ts'

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
  const early = m === undefined ? r.earlyMap : undefined
  return chapter(
    'map',
    'Map',
    early === undefined ? 'Where the test digits lie' : `Where digits lie after ${whole(early.steps)} steps of training`,
    html`<p>Nobody can look at ${r.embedding.dim} dimensions, so ${m?.method ?? 't-SNE'} draws them in two, trying to keep neighbours together. Each point is \
one of ${
      early === undefined
        ? html`${m?.points === undefined ? 'the' : whole(m.points)} test images; the numerals name the clusters.`
        : html`${whole(early.points)} validation images, as a network that is still being trained places them; a map of test images takes its place in the end.`
    }</p>
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
