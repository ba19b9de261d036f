/**
 * @file A margin sweep: the same network and budget once for each margin and seed, and what the margin did to the embedding space.
 */
import { join } from 'node:path'
import { counted, ensure, percent, type Progress, type ProgressTask, silent } from '../../base/index.ts'
import { subset, type Dataset } from '../../dataset/index.ts'
import { writeFileAtomic } from '../../files/index.ts'
import { accuracy, classDistances, knnAccuracy, silhouette } from '../../metrics/index.ts'
import { sweepCurves, sweepPanels, toPng, type SweepPanel } from '../../plots/index.ts'
import { pca } from '../../projection/index.ts'
import { firstPerClass } from '../first-per-class.ts'
import type { Layer } from '../../nn/index.ts'
import type { Runtime } from '../../runtime/index.ts'
import { headLogits, predictions, spreadOf, trainEmbedder, trainSoftmaxHead } from '../../train/index.ts'
import { bestMargin, knnInterval, sweepFindings } from './findings.ts'
import type { SweepEntry, SweepReport, SweepRun, SweepTraining } from './sweep-report.ts'

/** Options of {@link sweep}. */
export interface SweepOptions {
  readonly train: Dataset
  readonly validation: Dataset
  readonly test: Dataset
  readonly network: Layer
  /** What the network is, in words. */
  readonly networkName: string
  /** The training with a margin. */
  readonly training: (margin: number) => SweepTraining
  /** Default 0, 0.1, ... 0.9. */
  readonly margins?: readonly number[]
  /** Steps of each training. */
  readonly steps: number
  /** The first seed. */
  readonly seed: number
  /** How many: seed, seed + 1, ...; all margins of one before those of the next. Default 1. */
  readonly seeds?: number
  /** The margin of the recipe, which the advice compares with. Default 0.4. */
  readonly presetMargin?: number
  readonly runtime: Runtime
  readonly progress?: Progress
  readonly signal?: AbortSignal
  /** Called after each training with all so far; not after the last one, whose outcome is returned. */
  readonly onMargin?: (sofar: SweepResult) => void | Promise<void>
}

/** A sweep's outcome with its figures. */
export interface SweepResult {
  readonly report: SweepReport
  /** Maps of the first seed, one a margin. */
  readonly panels: readonly SweepPanel[]
  /** Weights of each margin, trained with the first seed. */
  readonly weights: ReadonlyMap<number, ReadonlyMap<string, Float32Array>>
  readonly classes: readonly string[]
}

/** 0, 0.1, ... 0.9. */
export const defaultMargins: readonly number[] = Array.from({ length: 10 }, (_, i) => i / 10)

/** A map of one margin: two numbers a test image. */
interface Plane {
  readonly points: Float32Array
  readonly labels: Dataset['labels']
}

/**
 * Trains once for each seed and margin and judges each embedding on the same test images, the first 200 of each class.
 *
 * The 2-D view is the embedding's two widest principal axes (or the embedding itself when it has two numbers): a picture of the space as it
 * is, where t-SNE would draw islands in any case.
 */
export async function sweep(options: SweepOptions): Promise<SweepResult> {
  const { train, test, margins = defaultMargins, steps, seed, seeds = 1, presetMargin = 0.4, progress = silent, onMargin } = options
  checkMargins(margins)
  ensure(Number.isInteger(seeds) && seeds > 0, 'sweep', 'seeds must be a whole number above 0', seeds)
  const started = performance.now()
  const shown = subset(test, firstPerClass(test, 200))
  const references = subset(train, firstPerClass(train, 400))
  const batch = batchWords(options.training(margins[0]), train)
  const runs = new Map<number, SweepRun[]>()
  const planes = new Map<number, Plane>()
  const weights = new Map<number, ReadonlyMap<string, Float32Array>>()
  let dim = 0
  const result = (complete?: false): SweepResult => {
    const entries = margins
      .filter((margin) => runs.has(margin))
      .map((margin) => entryOf(margin, runs.get(margin)!, shown.count, { network: options.networkName, steps, batch }))
    return {
      report: {
        sweep: entries,
        best: bestMargin(entries, presetMargin),
        findings: sweepFindings(entries, presetMargin),
        seed,
        seeds,
        steps,
        network: options.networkName,
        batch,
        dim,
        judged: shown.count,
        presetMargin,
        seconds: (performance.now() - started) / 1000,
        complete,
      },
      panels: entries.map((entry) => ({ ...entry, ...planes.get(entry.margin)! })),
      weights,
      classes: train.classes,
    }
  }
  const all = seeds * margins.length
  const task = progress.start('sweep', all * steps, 'step')
  try {
    let done = 0
    for (let s = seed; s < seed + seeds; s++) {
      for (const margin of margins) {
        const one = await trainOnce({ ...options, progress }, { margin, seed: s, shown, references, task, before: done * steps })
        done++
        runs.set(margin, [...(runs.get(margin) ?? []), one.run])
        if (s === seed) {
          planes.set(margin, { points: one.dim === 2 ? one.points : plane(one.points, one.dim), labels: shown.labels })
          weights.set(margin, one.weights)
          dim = one.dim
        }
        const { run } = one
        progress.log(
          `margin ${margin}, seed ${s} (${done} of ${all}): kNN ${percent(run.knnAccuracy)}, loss ${run.loss.toPrecision(3)}, active ` +
            `${percent(run.activeTriplets)}, within ${run.within.toPrecision(3)}, between ${run.between.toPrecision(3)}` +
            `${run.collapsed ? ', collapsed' : ''}, ${run.seconds.toFixed(0)} s`,
        )
        if (done < all) await onMargin?.(result(false))
      }
    }
  } finally {
    task.end()
  }
  return result()
}

/** One training and its figures. */
async function trainOnce(
  options: SweepOptions & { readonly progress: Progress },
  at: {
    readonly margin: number
    readonly seed: number
    readonly shown: Dataset
    readonly references: Dataset
    readonly task: ProgressTask
    /** Steps of the trainings before. */
    readonly before: number
  },
): Promise<{ run: SweepRun; points: Float32Array; dim: number; weights: ReadonlyMap<string, Float32Array> }> {
  const { train, validation, network, training, steps, runtime, progress, signal } = options
  const { margin, seed, shown, references, task, before } = at
  const from = performance.now()
  const last = { loss: 0, active: 0, steps: 0 }
  let embedded: { points: Float32Array; known: Float32Array; dim: number } | undefined
  const trained = await trainEmbedder({
    ...training(margin),
    source: train,
    validation,
    network,
    seed,
    runtime,
    epochs: 1,
    stepsPerEpoch: steps,
    signal,
    progress: { ...silent, warn: (message) => progress.warn(`margin ${margin}, seed ${seed}: ${message}`) },
    onStep: (step, { loss, active }) => {
      if (step > steps - Math.ceil(steps / 10)) {
        last.loss += loss
        last.active += active
        last.steps++
      }
      task.update(before + step, { margin, seed, loss, active })
    },
    onEpoch: async (_, { embed, dim }) => {
      embedded = { points: await embed(shown), known: await embed(references), dim }
    },
  })
  const { points, known, dim } = embedded!
  const head = await trainSoftmaxHead({
    vectors: known,
    dim,
    labels: references.labels,
    classes: train.classes,
    steps: 400,
    seed,
    runtime,
    signal,
  })
  const guesses = predictions(headLogits(head, points), train.classes.length)
  const distances = classDistances(points, dim, shown.labels)
  const { spread } = spreadOf(points, dim)
  const run: SweepRun = {
    seed,
    loss: last.loss / last.steps,
    validationLoss: trained.history.at(-1)!.validationLoss,
    activeTriplets: last.active / last.steps,
    knnAccuracy: knnAccuracy(known, references.labels, dim, { k: 5, queries: points, queryLabels: shown.labels }),
    headAccuracy: accuracy(shown.labels, guesses),
    silhouette: silhouette(points, dim, shown.labels),
    spread,
    within: distances.intra,
    between: distances.inter,
    initialSpread: trained.initialSpread!,
    collapsed: trained.collapse !== undefined,
    collapse: trained.collapse,
    seconds: (performance.now() - from) / 1000,
  }
  return { run, points, dim, weights: trained.weights }
}

/** The mean over a margin's trainings; collapsed where any of them is. @param judged test images each was judged on */
export function entryOf(
  margin: number,
  runs: readonly SweepRun[],
  judged: number,
  made: Pick<SweepEntry, 'network' | 'steps' | 'batch'>,
): SweepEntry {
  const mean = (of: (run: SweepRun) => number): number => runs.reduce((sum, run) => sum + of(run), 0) / runs.length
  const fallen = runs.filter((run) => run.collapsed)
  const within = mean((run) => run.within)
  const between = mean((run) => run.between)
  const some = fallen.length < runs.length ? `In ${fallen.length} of ${counted(runs.length, 'training')}: ` : ''
  return {
    margin,
    loss: mean((run) => run.loss),
    validationLoss: mean((run) => run.validationLoss),
    activeTriplets: mean((run) => run.activeTriplets),
    knnAccuracy: mean((run) => run.knnAccuracy),
    knnInterval: knnInterval(
      runs.map((run) => run.knnAccuracy),
      judged,
    ),
    headAccuracy: mean((run) => run.headAccuracy),
    silhouette: mean((run) => run.silhouette),
    spread: mean((run) => run.spread),
    within,
    between,
    initialSpread: mean((run) => run.initialSpread),
    intraDistance: within,
    interDistance: between,
    collapsed: fallen.length > 0,
    collapse: fallen.length === 0 ? undefined : `${some}${fallen[0].collapse ?? 'collapsed'}`,
    ...made,
    seconds: runs.reduce((sum, run) => sum + run.seconds, 0),
    runs,
  }
}

/** What a step sees, in words: `128 random triplets (384 images)`, or `80 images, all triplets`. */
function batchWords({ batches, objective }: SweepTraining, train: Dataset): string {
  const over = typeof batches === 'function' ? batches : batches.over.bind(batches)
  const { size } = over(train.labels, { seed: 0 })
  const triplets = typeof batches === 'function' ? undefined : batches.options?.triplets
  if (typeof triplets === 'number') return `${triplets} random triplets (${size} images)`
  return `${size} images, ${objective.miner ?? objective.words.loss}`
}

/** @throws KindredError `usage` unless there is a margin, and all are numbers >= 0 and different */
export function checkMargins(margins: readonly number[]): void {
  ensure(
    margins.length > 0 && margins.every((m) => Number.isFinite(m) && m >= 0) && new Set(margins).size === margins.length,
    'sweep',
    'margins must be different numbers >= 0, at least one',
    margins,
  )
}

/** Writes `sweep.json`, `sweep.svg`, `sweep.png` and the curves into a folder. */
export async function writeSweep(folder: string, { report, panels, classes }: SweepResult): Promise<void> {
  const best = report.best.measurable ? report.best.margin : undefined
  const svg = sweepPanels(panels, classes, { best })
  const curves = sweepCurves(report.sweep, { best })
  writeFileAtomic(join(folder, 'sweep.json'), `${JSON.stringify(report, null, 2)}\n`) // first: it shows whose folder this is
  writeFileAtomic(join(folder, 'sweep.svg'), svg)
  writeFileAtomic(join(folder, 'sweep.png'), await toPng(svg))
  writeFileAtomic(join(folder, 'sweep-curves.svg'), curves)
  writeFileAtomic(join(folder, 'sweep-curves.png'), await toPng(curves))
}

/** Onto the two widest axes; all at the origin where there is no spread at all. */
function plane(points: Float32Array, dim: number): Float32Array {
  const first = points.subarray(0, dim)
  if (dim === 1) return Float32Array.from({ length: 2 * points.length }, (_, i) => (i % 2 === 0 ? points[i / 2] : 0))
  if (points.every((v, i) => v === first[i % dim])) return new Float32Array((points.length / dim) * 2)
  return Float32Array.from(pca(points, dim, { components: 2 }).transform(points))
}
