/**
 * @file The map of faces: every face near its place in two dimensions, alone or several maps of the same faces side by side.
 */
import { checkOptions, ensure, largest } from '../base/index.ts'
import type { Labels } from './cloud.ts'
import { legendRow, type LegendEntry } from './class-legend.ts'
import type { Photos } from '../images/index.ts'
import { cellSide, checkFaces, checkMap, faceCloud, scaleRoom, shownRange, thumbnails, unlabelledFrame } from './face-cloud.ts'
import { count } from './loss-curve.ts'
import { thousands } from './scale.ts'
import { classEntries, countLabels, shownClasses, type ShownClasses } from './shown-classes.ts'
import { tone } from './style.ts'
import { clip, heading, label, line, rect, svgDocument } from './svg.ts'

/** What {@link faceMap} draws, and how. */
export interface FaceMapOptions {
  /** Places from 0 to 1, one a face, y upwards; both axes are scaled alike. */
  x: ArrayLike<number>
  y: ArrayLike<number>
  /** Crops, n of one size. */
  images: Photos
  /** A number into `names` for each face; -1: unlabelled, drawn grey. */
  labels: Labels
  names: readonly string[]
  /** Faces of each person in all, where only some of them are drawn: whose names are shown goes by these, and the legend counts them. */
  totals?: ArrayLike<number>
  title?: string
  subtitle?: string
  /** The line under the map; by default how faces were moved and that far distances mean nothing. `''` for none. */
  note?: string
  /** Pixels. Default 1000, and as high as the cloud asks for and 22 pixels a face. */
  width?: number
  height?: number
  /** Side of a face with its frame, pixels. Default: chosen from count and page, 22 to 84. */
  size?: number
}

/**
 * Draws every face at its place, none covering another, with a frame in the person's colour and the names beside the clusters.
 *
 * Faces that would overlap are moved apart by as little as a local search finds (see remove-overlaps.ts); the note says how far the
 * farthest went, on the map's own scale, whose quarters of 0..1 stand beside it. Of more than sixty people the twenty with most faces are named and coloured,
 * the others are grey.
 * @returns an SVG document with the pictures inside as JPEG of twice the drawn size: 7 KB a face at 84 pixels (up to 30 faces), 3.4 KB at 44 (118 faces), 1.6
 *   KB at 22 (1,000 faces)
 * @throws KindredError `usage` for no faces, lists that do not fit, places outside 0..1, or a page or size that does not hold all faces
 * Cost: 2 ms a face for the JPEG, and half a second for the places of 1,000 faces (remove-overlaps.ts).
 */
export async function faceMap(options: FaceMapOptions): Promise<string> {
  const where = 'faceMap'
  checkOptions(where, options, ['x', 'y', 'images', 'labels', 'names', 'totals', 'title', 'subtitle', 'note', 'width', 'height', 'size'])
  const { x, y, labels, width = 1000 } = options
  const n = labels.length
  checkFaces(where, options, n)
  checkMap(where, x, y, n)
  ensure(width >= 300, where, 'width must be at least 300 pixels', width)
  const known = new Set(labels).size - (labels.includes(-1) ? 1 : 0)
  const title = options.title ?? `${count(n, 'face')}${known === 0 ? '' : ` of ${known === 1 ? '1 person' : `${thousands(known)} people`}`}`
  const top = heading({ title, subtitle: options.subtitle }, width)
  const { shown, entries } = people(options)
  const legend = legendRow(entries, width)
  const below = legend.height + scaleRoom.below + (options.note === '' ? 8 : 30)
  const inner = width - 24 - scaleRoom.left
  const height = options.height ?? top.bottom + below + Math.max(inner * shape(x, y), (n * 22 * 22) / 0.7 / inner)
  const box = { left: 12 + scaleRoom.left, top: top.bottom, width: inner, height: height - top.bottom - below }
  ensure(box.height >= 80, where, 'height must leave room for the map', height, 'Use at least 300.')
  const side = options.size ?? cellSide(n, box)
  ensure(
    side >= 8,
    where,
    'the page must give each face 8 pixels',
    `${side.toFixed(1)} pixels for each of ${n}`,
    'Use a larger page or fewer faces.',
  )
  const cloud = faceCloud(x, y, { ...options, shown }, await thumbnails(options, side), side, box)
  let svg = top.svg + cloud.svg
  const bottom = box.top + box.height + scaleRoom.below + 8
  svg += `<g transform="translate(0 ${bottom.toFixed(1)})">${legend.svg}</g>`
  const note = options.note ?? noteOf(cloud.moved)
  if (note !== '') svg += label(24, bottom + legend.height + 10, note, { size: 12 })
  return svgDocument(width, height, `${title}. Map of ${count(n, 'face')}.`, svg)
}

/** One map of {@link faceMaps}. */
export interface FacePanel {
  /** E.g. the model's name. */
  title: string
  /** Figures below the title, one line. */
  figures?: string
  /** Places from 0 to 1, one a face, y upwards. */
  x: ArrayLike<number>
  y: ArrayLike<number>
}

/** What the panels of {@link faceMaps} share. */
export interface FaceMapsOptions extends Pick<
  FaceMapOptions,
  'images' | 'labels' | 'names' | 'totals' | 'title' | 'subtitle' | 'note' | 'width'
> {
  /** Height of a panel's map in pixels. Default: as the clouds ask for. */
  mapHeight?: number
}

/**
 * Draws several maps of the same faces side by side, with a title and a line of figures each: what two models make of the same photos.
 *
 * @param panels one or more, from left to right
 * @returns an SVG document, by default 640 pixels a panel; bytes as {@link faceMap} a panel
 * @throws KindredError `usage` as {@link faceMap}
 */
export async function faceMaps(panels: readonly FacePanel[], options: FaceMapsOptions): Promise<string> {
  const where = 'faceMaps'
  checkOptions(where, options, ['images', 'labels', 'names', 'totals', 'title', 'subtitle', 'note', 'width', 'mapHeight'])
  const { labels } = options
  const n = labels.length
  ensure(panels.length > 0, where, 'there must be at least one panel', 'none')
  checkFaces(where, options, n)
  for (const panel of panels) checkMap(`${where}, ${panel.title}`, panel.x, panel.y, n)
  const width = options.width ?? 640 * panels.length + 24
  const gap = 20
  const pitch = (width - 24 + gap) / panels.length
  const inner = pitch - gap - scaleRoom.left
  ensure(inner >= 200, where, 'each panel must be at least 200 pixels wide', Math.floor(inner), 'Use a larger width.')
  const title = options.title ?? `The same ${count(n, 'face')} in ${count(panels.length, 'map')}`
  const top = heading({ title, subtitle: options.subtitle }, width)
  const { shown, entries } = people(options)
  const legend = legendRow(entries, width)
  const mapHeight = options.mapHeight ?? Math.max(inner * largest(panels.map(({ x, y }) => shape(x, y))), (n * 22 * 22) / 0.7 / inner)
  const mapTop = top.bottom + 52
  const side = cellSide(n, { width: inner, height: mapHeight })
  ensure(
    side >= 8,
    where,
    'the page must give each face 8 pixels',
    `${side.toFixed(1)} pixels for each of ${n}`,
    'Use a larger page or fewer faces.',
  )
  const uris = await thumbnails(options, side)
  let svg = top.svg
  let moved = 0
  for (const [p, panel] of panels.entries()) {
    const left = 12 + p * pitch
    svg += label(left + 12, top.bottom + 14, clip(panel.title, inner - 24, 16, 600), { size: 16, weight: 600, fill: tone.ink })
    if (panel.figures !== undefined) svg += label(left + 12, top.bottom + 34, clip(panel.figures, inner - 24, 13), { size: 13 })
    const box = { left: left + scaleRoom.left, top: mapTop, width: inner, height: mapHeight }
    const cloud = faceCloud(panel.x, panel.y, { ...options, shown }, uris, side, box)
    svg += cloud.svg
    moved = Math.max(moved, cloud.moved)
    if (p > 0) svg += line(left - gap / 2, top.bottom, left - gap / 2, mapTop + mapHeight, { stroke: tone.grid })
  }
  const bottom = mapTop + mapHeight + scaleRoom.below + 8
  svg += `<g transform="translate(0 ${bottom.toFixed(1)})">${legend.svg}</g>`
  const note = options.note ?? noteOf(moved)
  if (note !== '') svg += label(24, bottom + legend.height + 10, note, { size: 12 })
  return svgDocument(
    width,
    bottom + legend.height + (note === '' ? 8 : 22),
    `${title}: ${panels.map((panel) => panel.title).join(', ')}.`,
    svg,
  )
}

/** How far faces were moved, on the scale of the map, and what may be read from it. */
function noteOf(moved: number): string {
  const far = moved < 0.005 ? '' : `; where they would overlap they are moved apart, by up to ${moved.toFixed(2)}`
  return `Faces side by side are alike${far}. The distance between far clusters has no meaning.`
}

/** Height of the map's drawing over its width: as the cloud lies, within bounds that suit a page. */
function shape(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const span = (list: ArrayLike<number>) => {
    const [low, high] = shownRange(list)
    return high - low
  }
  return Math.min(1, 0.6 + x.length / 100, Math.max(0.6, span(y) / span(x))) // a few faces need no large page
}

/** Whose names are shown, and the legend. */
function people({ labels, names, totals }: Pick<FaceMapOptions, 'labels' | 'names' | 'totals'>): {
  shown: ShownClasses
  entries: LegendEntry[]
} {
  const counts = totals ?? countLabels(labels, names.length)
  const shown = shownClasses(counts)
  const entries = classEntries(shown, names, counts)
  const unlabelled = labels.filter((l) => l < 0).length
  if (unlabelled > 0)
    entries.push({
      mark: (x, y) => rect(x - 5, y - 5, 10, 10, { rx: 2, ...unlabelledFrame }),
      name: 'unlabelled',
      amount: thousands(unlabelled),
    })
  return { shown, entries }
}
