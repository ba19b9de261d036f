/**
 * @file A margin sweep: the same network, seed and budget once for each margin, and what the margin did to the embedding space.
 */
import { join } from 'node:path'
import { counted, ensure, largest, percent, type Progress, silent } from '../../base/index.ts'
import { subset, type Dataset } from '../../dataset/index.ts'
import { writeFileAtomic } from '../../files/index.ts'
import { accuracy, classDistances, knnAccuracy, silhouette } from '../../metrics/index.ts'
import { sweepCurves, sweepPanels, toPng, type SweepPanel } from '../../plots/index.ts'
import { pca } from '../../projection/index.ts'
import { firstPerClass } from '../first-per-class.ts'
import type { Layer } from '../../nn/index.ts'
import type { Runtime } from '../../runtime/index.ts'
import { headLogits, predictions, trainEmbedder, trainSoftmaxHead, type TrainEmbedderOptions } from '../../train/index.ts'

/** One margin's outcome; shares are 0..1. */
export interface SweepEntry {
  readonly margin: number
  /** Mean training loss over the last tenth of the steps' epochs. */
  readonly loss: number
  readonly validationLoss: number
  readonly activeTriplets: number
  readonly knnAccuracy: number
  readonly headAccuracy: number
  readonly silhouette: number
  /** Mean distance between images of one class, and of different classes. */
  readonly intraDistance: number
  readonly interDistance: number
  readonly collapsed: boolean
  /** What happened, in words, when the embedding collapsed. */
  readonly collapse?: string
  readonly seconds: number
}

/** What a sweep found. */
export interface SweepReport {
  readonly sweep: readonly SweepEntry[]
  /** The margin that does best, and why, in words. */
  readonly best: { readonly margin: number; readonly why: string }
  readonly seed: number
  readonly steps: number
  readonly seconds: number
  /** False in a report that was written before the last margin: the run goes on, or ended early. Missing in a whole one. */
  readonly complete?: false
}

/** Options of {@link sweep}. */
export interface SweepOptions {
  readonly train: Dataset
  readonly validation: Dataset
  readonly test: Dataset
  readonly network: Layer
  /** The training with a margin. */
  readonly training: (
    margin: number,
  ) => Omit<TrainEmbedderOptions, 'source' | 'validation' | 'network' | 'seed' | 'runtime' | 'progress' | 'signal' | 'store' | 'resume'>
  /** Default 0, 0.1, ... 0.9. */
  readonly margins?: readonly number[]
  /** Steps for each margin. */
  readonly steps: number
  readonly seed: number
  readonly runtime: Runtime
  readonly progress?: Progress
  readonly signal?: AbortSignal
  /** Called after each margin with all so far; not after the last one, whose outcome is returned. */
  readonly onMargin?: (sofar: SweepResult) => void | Promise<void>
}

/** A sweep's outcome with its figures. */
export interface SweepResult {
  readonly report: SweepReport
  readonly panels: readonly SweepPanel[]
  /** Best weights of each margin. */
  readonly weights: ReadonlyMap<number, ReadonlyMap<string, Float32Array>>
  readonly classes: readonly string[]
}

/** 0, 0.1, ... 0.9. */
export const defaultMargins: readonly number[] = Array.from({ length: 10 }, (_, i) => i / 10)

/**
 * Trains once for each margin and judges each embedding on the same 2,000 test images.
 *
 * The 2-D view is the embedding's two widest principal axes (or the embedding itself when it has two numbers): a picture of the space as it
 * is, where t-SNE would draw islands in any case.
 */
export async function sweep(options: SweepOptions): Promise<SweepResult> {
  const {
    train,
    validation,
    test,
    network,
    training,
    margins = defaultMargins,
    steps,
    seed,
    runtime,
    progress = silent,
    signal,
    onMargin,
  } = options
  checkMargins(margins)
  const started = performance.now()
  const shown = subset(test, firstPerClass(test, 200))
  const references = subset(train, firstPerClass(train, 400))
  const entries: SweepEntry[] = []
  const panels: SweepPanel[] = []
  const weights = new Map<number, ReadonlyMap<string, Float32Array>>()
  const result = (complete?: false): SweepResult => ({
    report: { sweep: entries, best: bestMargin(entries), seed, steps, seconds: (performance.now() - started) / 1000, complete },
    panels,
    weights,
    classes: train.classes,
  })
  const task = progress.start('margins', margins.length, 'margin')
  for (const margin of margins) {
    const from = performance.now()
    let embedded: { shown: Float32Array; references: Float32Array; dim: number } | undefined
    const run = await trainEmbedder({
      ...training(margin),
      source: train,
      validation,
      network,
      seed,
      runtime,
      epochs: 1,
      stepsPerEpoch: steps,
      signal,
      onEpoch: async (_, { embed, dim }) => {
        embedded = { shown: await embed(shown), references: await embed(references), dim }
      },
    })
    const { shown: points, references: known, dim } = embedded!
    const head = await trainSoftmaxHead({
      vectors: known,
      dim,
      labels: references.labels,
      classes: train.classes,
      steps: 400,
      seed,
      runtime,
    })
    const guesses = predictions(headLogits(head, points), train.classes.length)
    const last = run.history[run.history.length - 1]
    const distances = classDistances(points, dim, shown.labels)
    const collapsed = run.collapse !== undefined
    const entry: SweepEntry = {
      margin,
      loss: last.trainLoss,
      validationLoss: last.validationLoss,
      activeTriplets: last.activeTriplets,
      knnAccuracy: knnAccuracy(known, references.labels, dim, { k: 5, queries: points, queryLabels: shown.labels }),
      headAccuracy: accuracy(shown.labels, guesses),
      silhouette: silhouette(points, dim, shown.labels),
      intraDistance: distances.intra,
      interDistance: distances.inter,
      collapsed,
      collapse: run.collapse,
      seconds: (performance.now() - from) / 1000,
    }
    entries.push(entry)
    panels.push({ ...entry, points: dim === 2 ? points : plane(points, dim), labels: shown.labels })
    weights.set(margin, run.weights)
    task.update(entries.length, { margin, kNN: entry.knnAccuracy, active: entry.activeTriplets })
    if (entries.length < margins.length) await onMargin?.(result(false))
  }
  task.end()
  return result()
}

/** @throws KindredError `usage` unless there is a margin, and all are numbers >= 0 */
export function checkMargins(margins: readonly number[]): void {
  ensure(
    margins.length > 0 && margins.every((m) => Number.isFinite(m) && m >= 0),
    'sweep',
    'margins must be numbers >= 0, at least one',
    margins,
  )
}

/** Writes `sweep.json`, `sweep.svg`, `sweep.png` and the curves into a folder. */
export async function writeSweep(folder: string, { report, panels, classes }: SweepResult): Promise<void> {
  const svg = sweepPanels(panels, classes)
  const curves = sweepCurves(report.sweep)
  writeFileAtomic(join(folder, 'sweep.json'), `${JSON.stringify(report, null, 2)}\n`) // first: it shows whose folder this is
  writeFileAtomic(join(folder, 'sweep.svg'), svg)
  writeFileAtomic(join(folder, 'sweep.png'), await toPng(svg))
  writeFileAtomic(join(folder, 'sweep-curves.svg'), curves)
  writeFileAtomic(join(folder, 'sweep-curves.png'), await toPng(curves))
}

/** The margin with the best kNN accuracy among those that did not collapse; within half a percentage point the better silhouette decides. */
export function bestMargin(entries: readonly SweepEntry[]): SweepReport['best'] {
  const usable = entries.filter((e) => !e.collapsed)
  if (usable.length === 0) return { margin: entries[0].margin, why: 'every margin collapsed; none is usable' }
  const top = largest(usable.map((e) => e.knnAccuracy))
  const close = usable.filter((e) => e.knnAccuracy >= top - 0.005)
  const best = close.reduce((a, b) => (b.silhouette > a.silhouette ? b : a))
  const others = close.length - 1
  return {
    margin: best.margin,
    why: `kNN accuracy ${percent(best.knnAccuracy)}${
      others === 0 ? ', the highest' : `, within half a point of the highest (as ${counted(others, 'other margin')})`
    }, and${others === 0 ? '' : ' of these'} the ${others === 0 ? '' : 'best '}silhouette ${best.silhouette.toFixed(2)}; ${percent(best.activeTriplets)} of \
triplets still active`,
  }
}

/** Onto the two widest axes; all at the origin where there is no spread at all. */
function plane(points: Float32Array, dim: number): Float32Array {
  const first = points.subarray(0, dim)
  if (points.every((v, i) => v === first[i % dim])) return new Float32Array((points.length / dim) * 2)
  return Float32Array.from(pca(points, dim, { components: 2 }).transform(points))
}
