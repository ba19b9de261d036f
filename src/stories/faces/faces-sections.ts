/**
 * @file The faces report's chapters: verdict, how it works, what was found, map. Each is a function of the report; words follow from the figures.
 */
import { printable } from '../../base/index.ts'
import { chapter, type Chapter } from '../../report/index.ts'
import { findTips } from '../../people/index.ts'
import type { FacesFigure, FacesReport } from './faces-report.ts'
import { computing, duration, figure, figureText, foldedTable, html, pct, whole, type Html } from '../../report/index.ts'
import { lifeLine } from '../../report/index.ts'

/** SVG of each figure that is there already. */
export type FacesFigures = Partial<Record<FacesFigure, string>>

/** "1 photo", "3 photos". */
export const many = (n: number, one: string, more = `${one}s`): string => `${whole(n)}\u00a0${n === 1 ? one : more}`

/** A file's name, which may break anywhere. */
export const path = (name: string): Html => html`<span class="path">${name}</span>`

/** Detectors in words. */
export const detectorWords: Readonly<Record<string, string>> = {
  ssd: 'SSD MobileNetV1',
  tiny: 'the tiny face detector',
  haar: 'the Haar cascade',
}

/** A model's name in words. */
export function modelWords(name: string): string {
  const known: Record<string, string> = {
    dlib: 'dlib’s face network',
    'vgg-face': 'VGG-Face',
    vgg16: 'VGG16 (ImageNet)',
    pixels: 'raw pixels',
  }
  return (
    known[name] ??
    name
      .split(/[/\\]/)
      .at(-1)!
      .replace(/\.(onnx|json)$/i, '')
  )
}

/** An interval as "92.1–99.0 %". */
export const interval = ({ low, high }: { low: number; high: number }): string => `${(low * 100).toFixed(1)}\u2060–\u2060${pct(high)}`

/** Top of the page: what was done and what came out, in numbers. */
export function facesVerdict(r: FacesReport): Html {
  const { photos, retrieval } = r
  const names = r.people.filter((p) => p.person !== null).length
  const done = r.map !== undefined || r.complete
  const all = photos.total + (photos.notRead ?? 0)
  const missed = all - photos.withFace
  const right = retrieval === undefined ? 0 : Math.round(retrieval.knnAccuracy * retrieval.queries)
  const title =
    missed > 0 && r.faces > 0
      ? `A face was found in ${whole(photos.withFace)} of ${many(all, 'photo')} (${pct(photos.withFace / all)})${
          retrieval === undefined
            ? ''
            : `; of those that could ask, the nearest face is right for ${whole(right)} of ${whole(retrieval.queries)}`
        }`
      : retrieval !== undefined
        ? `The nearest face shows the same person ${pct(retrieval.knnAccuracy)} of the time`
        : r.faces > 0
          ? `${many(r.faces, 'face')} found in ${many(photos.withFace, 'photo')}`
          : r.stopped !== undefined
            ? 'No result'
            : 'Looking for faces'
  const tile = (value: string, name: string, detail: string, waiting = false) =>
    html`<li><b${waiting ? html` class="wait"` : ''}>${value}</b><span>${name}</span><small>${detail}</small></li>`
  const numbers = r.dim === undefined ? 'numbers' : `${whole(r.dim)} numbers`
  return html`<h1>${title}</h1>
<p class="lead">${photos.total === 0 ? 'A folder of photos' : many(photos.total, 'photo')}${names > 0 ? ` of ${many(names, 'person', 'people')}` : ''}: each \
face was found, turned upright, cut out, and made into ${numbers}, an <strong>embedding</strong>, so that faces of one person lie close together and those of \
different people far apart.${r.complete && r.stopped === undefined ? ` Everything took ${duration(r.seconds)}.` : ''}</p>
${lifeLine(r)}
<ul class="tiles">
${
  photos.total === 0
    ? tile('…', 'Photos with a face', computing, true)
    : tile(
        `${whole(photos.withFace)} of ${whole(all)}`,
        'Photos with a face',
        `${photos.withoutFace === 0 ? (missed === 0 ? 'none missed' : 'none without') : `${whole(photos.withoutFace)} without`}${
          photos.quarantined === 0 ? '' : `; ${whole(photos.quarantined)} could not be read`
        }${(photos.notRead ?? 0) === 0 ? '' : `; ${whole(photos.notRead!)} of formats that are not read here`}`,
      )
}
${
  retrieval === undefined
    ? r.noRetrieval === undefined && !done
      ? tile('…', 'Nearest neighbour right', computing, true)
      : ''
    : html`${
        r.overAll !== undefined &&
        r.overAll.asking < r.overAll.photos &&
        tile(
          pct(r.overAll.share),
          'Nearest right, of all photos',
          `${whole(r.overAll.right)} of ${many(r.overAll.photos, 'labelled photo')}, a missed one counting as wrong; ` +
            `95 % interval ${interval(r.overAll.interval)}`,
        )
      }${tile(
        pct(retrieval.knnAccuracy),
        missed === 0 ? 'Nearest neighbour right' : 'Nearest right, of faces found',
        `of ${many(retrieval.queries, 'face')}, each asking all the others; 95 % interval ${interval(retrieval.intervals.knnAccuracy)}`,
      )}`
}
${
  retrieval !== undefined &&
  tile(
    pct(retrieval.map),
    missed === 0 ? 'Mean average precision' : 'Mean average precision, of faces found',
    `how early the other photos of the same person come; 95 % interval ${interval(retrieval.intervals.map)}`,
  )
}
${retrieval === undefined && r.faces > 0 && tile(whole(r.faces), 'Faces', 'each with a crop and a vector')}
${r.photosPerSecond !== null && tile(figureText(r.photosPerSecond), 'Photos a second', 'found, aligned and embedded, networks being open')}
</ul>
${
  (r.warnings ?? []).length > 0 &&
  html`<div class="note bad" role="note"><p><strong>Read with care.</strong></p>\
${(r.warnings ?? []).map((w) => html`<p>${printable(w)}</p>`)}</div>`
}`
}

/** What an embedding is, for someone who never heard of it. */
export function facesHow(r: FacesReport, figures: FacesFigures): Chapter {
  const learnt =
    r.model === 'pixels'
      ? 'Here no network was used at all: the numbers are the grey levels of the cut-out face, for comparison.'
      : `The network (${modelWords(r.model)}) had learnt this from photographs of other people; it was not trained on yours, and knows none of their names.`
  return chapter(
    'how',
    'How it works',
    'From a photo to a point',
    html`<p>A computer cannot compare two photographs of a face by their pixels: light, pose and background change nearly all of them. So each photo goes \
three steps.</p>
<ol><li><strong>Find.</strong> A detector (${detectorWords[r.detector] ?? r.detector}) looks for faces, and a second network marks 68 points on each: eyes, \
nose, mouth, jaw.</li>
<li><strong>Align.</strong> The photo is turned, scaled and shifted until those points lie where the next network expects them, and the face is cut out.</li>
<li><strong>Embed.</strong> The network turns the cut-out into ${r.dim === undefined ? 'some hundred' : whole(r.dim)} numbers. Think of them as a place, as \
latitude and longitude are for a town, only with more directions. Photos of one person are put close together.</li></ol>
<p>${learnt} “Alike” then simply means “near”: the <strong>distance</strong> between two such places is the straight line between them.</p>
${figure(figures.crops, 'crops', 'What the network gets to see: faces after aligning. Eyes and mouth are at the same height in all.')}`,
  )
}

/** What was passed over in the folder, and why; nothing where all was taken. */
export function skippedTable(skipped: FacesReport['skipped'] = []): Html | false {
  return (
    skipped.length > 0 &&
    html`<h3>Passed over</h3>${foldedTable(
      ['Where', 'Why'],
      skipped.map((s) => [path(s.path), s.reason]),
      { label: 'Passed over', what: 'places', rest: 'report.json' },
    )}`
  )
}

/** How many files were left alone, by reason. */
function ignoredTable({ ignored = [], photos }: FacesReport): Html | false {
  if (photos.ignored === 0) return false
  return html`<p>${`${photos.ignored === 1 ? 'One other file was' : `${whole(photos.ignored)} other files were`} left alone:`}</p>${foldedTable(
    ['Files', 'Why', 'Such as'],
    ignored.map(({ count, reason, files }) => [whole(count), reason, path(files.slice(0, 3).join(', '))]),
    { numeric: [0], label: 'Files left alone', what: 'reasons', rest: 'report.json' },
  )}`
}

/** Counts, misses, quarantine. */
export function facesFound(r: FacesReport, figures: FacesFigures = {}): Chapter {
  const { photos } = r
  const noFace = r.missed.filter((m) => m.kind === 'no-face')
  const bad = r.missed.filter((m) => m.kind !== 'no-face')
  const title =
    photos.total === 0
      ? 'Looking for faces'
      : photos.withFace === photos.total
        ? `A face in every one of ${many(photos.total, 'photo')}${(photos.notRead ?? 0) === 0 ? '' : ' that could be read'}`
        : `A face in ${whole(photos.withFace)} of ${many(photos.total, 'photo')}: ${whole(photos.total - photos.withFace)} missed`
  const list = (rows: FacesReport['missed'], label: string) =>
    foldedTable(
      ['Photo', 'Why'],
      rows.map((m) => [path(m.photo), m.reason]),
      { label, what: 'files', rest: 'quarantine.jsonl' },
    )
  const order = r.people.length <= 16 ? r.people : r.people.toSorted((a, b) => b.photos - a.photos)
  return chapter(
    'found',
    'Found',
    title,
    html`${
      r.people.length === 0
        ? html`<p>${computing}</p>`
        : foldedTable(
            ['Person', 'Photos', 'With a face', 'Faces'],
            order.map((p) => [p.person ?? 'no name', whole(p.photos), whole(p.withFace), whole(p.faces)]),
            { numeric: [1, 2, 3], label: 'Photos and faces by person', what: 'people', rest: 'report.json' },
          )
    }
${
  r.people.some((p) => p.person !== null) &&
  html`<p>The name of a folder is taken for the name of the person in it. Where a photo shows several people, the name goes to the largest face alone.</p>`
}
${secondLooks(r)}
<h3>Photos in which nobody was found</h3>
${
  photos.total === 0
    ? html`<p>${computing}</p>`
    : noFace.length === 0
      ? html`<p>None.</p>`
      : html`<p>The detector was not sure enough of any face in ${many(noFace.length, 'photo')}. Faces from the side, covered, very small or very dark are \
missed most often.</p><p>${`To try: ${findTips({ detector: r.detector })
          .map((tip) => tip.replaceAll('`', ''))
          .join('; ')}.`}</p>${
          figures.missed !== undefined &&
          figure(figures.missed, 'missed', `Photos in which nobody was found${noFace.length > 24 ? ', 24 of them, chosen evenly' : ''}.`)
        }${list(noFace, 'Photos without a face')}`
}
<h3>Files that could not be read</h3>
${
  photos.total === 0
    ? html`<p>${computing}</p>`
    : bad.length === 0
      ? html`<p>None.</p>`
      : html`<p>${
          bad.length === 1 ? 'One file was set aside with its reason' : `${whole(bad.length)} files were set aside with their reasons`
        }; the work went on without ${bad.length === 1 ? 'it' : 'them'}.</p>${list(bad, 'Files set aside')}`
}
${ignoredTable(r)}
${skippedTable(r.skipped)}`,
  )
}

/** How many faces only a second look found. */
function secondLooks({ faces, looks }: FacesReport) {
  const ways =
    looks === undefined
      ? []
      : (
          [
            ['with a border', looks.border],
            ['in enlarged parts of the photo', looks.tiles],
            ['turned', looks.turned],
          ] as const
        ).filter(([, n]) => n > 0)
  const sum = ways.reduce((total, [, n]) => total + n, 0)
  return (
    sum > 0 &&
    html`<p>${`Of ${many(faces, 'face')}, a second look found ${whole(sum)}: ${ways.map(([way, n]) => `${whole(n)} ${way}`).join(', ')}.`}</p>`
  )
}

/** The map. */
export function facesMap(r: FacesReport, figures: FacesFigures): Chapter {
  const m = r.map
  const named = r.people.some((p) => p.person !== null)
  return chapter(
    'map',
    'Map',
    'Where the faces lie',
    html`<p>Nobody can look at ${r.dim === undefined ? 'so many' : whole(r.dim)} directions. \
${
  m?.method === 'PCA'
    ? 'With so few faces, the map is simply the flat shadow of the cloud from its widest side (PCA).'
    : 't-SNE draws them in two, trying to keep neighbours together.'
} ${
      named
        ? 'The colour of a frame is the person, taken from the folder’s name: the map itself never saw any name.'
        : 'The map saw no names: faces that lie together were put there because they are alike.'
    }</p>
${figure(
  figures.map,
  'map',
  html`Each face at its place. Trust nearness, not distance: which faces are neighbours means something, how far apart two groups are does not.${
    m?.neighbourPreservation === undefined
      ? ''
      : ` ${pct(m.neighbourPreservation)} of each face’s ${m.neighbours ?? 10} nearest neighbours by embedding are also its neighbours on the map.`
  }${m !== undefined && m.drawn < m.points.length ? ` Drawn: ${whole(m.drawn)} of ${whole(m.points.length)} faces, chosen evenly.` : ''}`,
)}
${
  named &&
  figures.mapPoints !== undefined &&
  figure(
    figures.mapPoints,
    'mapPoints',
    `The same places without moving anyone apart.${
      (r.retrieval?.wrong ?? []).length > 0 ? ' A ring marks a face whose nearest neighbour in the embedding is another person.' : ''
    }`,
  )
}
${
  figures.mapPca !== undefined &&
  figure(
    figures.mapPca,
    'mapPca',
    'A flat shadow shows two of many directions: it keeps the large distances, but people who are well apart in the others may seem to touch.',
  )
}`,
  )
}
