/**
 * @file What the promise of `kindred reject` is worth on digits that it was not made with: the rules of a finished digits run, as they are and calibrated on
 * 30, 40 and 100 digits of each source, many times; and how often drift is said.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { KindredError, rng, type Rng } from '../src/base/index.ts'
import { take, trainingSplit, type Dataset } from '../src/dataset/index.ts'
import { loadDigitImage, loadMnist } from '../src/digits/index.ts'
import { readHead, readRule } from '../src/jobs/beside-model.ts'
import { wilsonInterval } from '../src/metrics/index.ts'
import { load } from '../src/models/index.ts'
import { conformalPromise, isRejected, scoreDrift } from '../src/openset/index.ts'
import { nodeRuntime } from '../src/runtime/index.ts'
import { digitSets, scoreImages } from '../src/stories/index.ts'
import { digitsRunOf, table, wholeNumber, type Benchmark } from './peer.ts'

const usage = 'RUN [--rounds 1000] [--flawed 600] [--seed 0]'
const sizes = [30, 40, 100]
const batches = [20, 50, 100]
const networks = [
  ['alone', ''],
  ['invented', '-invented'],
  ['letters', '-outliers'],
] as const
/** Flaws of pictures that are tried as sources of their own. */
const tried = /light falling|dust|turned|shifted/

/** Digits of one source; `refused` of them were refused before any network was asked. */
interface Source {
  readonly name: string
  readonly images: Uint8Array
  readonly refused: number
}

/** Runs the benchmark; options as in `usage`. */
export const run: Benchmark = async (argv) => {
  const { dir, rounds, flawed, seed } = readOptions(argv)
  const test = await loadMnist({ split: 'test' })
  const { validation } = trainingSplit(await loadMnist({ split: 'train' }), { validation: 5000, seed: 0 })
  const sources: Source[] = [
    { name: 'the validation digits themselves', images: validation.images, refused: 0 },
    ...digitSets(test, { seed }).map(({ name, images }) => ({ name, images: images.images, refused: 0 })),
    ...(await flawedSources(test, flawed, seed)),
  ]
  const runtime = await nodeRuntime({ threads: 1 })
  const rows: Record<string, string | number>[] = []
  const found: Record<string, unknown>[] = []
  for (const [name, suffix] of networks) {
    const path = join(dir, `model${suffix}.onnx`)
    if (!existsSync(path)) continue
    await using model = await load(path, { runtime })
    const rule = readRule('digits-promise', path, model)
    const { rule: decides } = rule.detector
    for (const source of sources) {
      const asked = await scoreImages(rule, model, source.images, () => readHead('digits-promise', path, model))
      const worst = decides!.rejectWhen === 'above' ? Infinity : -Infinity
      const scores = Float64Array.from([...asked, ...Array.from({ length: source.refused }, () => worst)])
      const kept = scores.filter((s) => !isRejected(s, decides!)).length
      const own = sizes.map((n) => calibratedOn(scores, n, decides!.rejectWhen, rounds, seed))
      const drift = batches.map((n) => alarms(rule.promise!.scores, scores, n, decides!.rejectWhen, seed))
      const { low, high } = wilsonInterval(kept, scores.length)
      found.push({
        network: name,
        source: source.name,
        digits: scores.length,
        kept: kept / scores.length,
        interval: [low, high],
        own,
        drift,
      })
      const percent = (share: number) => (100 * share).toFixed(1)
      rows.push({
        network: name,
        digits: source.name,
        n: scores.length,
        'kept by the rule': `${percent(kept / scores.length)} (${percent(low)}-${percent(high)})`,
        ...Object.fromEntries(own.map((o) => [`own ${o.n}: mean kept, in its interval`, `${percent(o.kept)}, ${percent(o.within)}`])),
        ...Object.fromEntries(drift.map((d) => [`drift said of ${d.n}`, percent(d.said)])),
      })
    }
  }
  table(rows)
  return { promise: found, ratio: Number.NaN }
}

/** A few kinds of pictures with flaws, each read as `kindred reject` reads it. */
async function flawedSources(test: Dataset, count: number, seed: number): Promise<Source[]> {
  const digits = take(test, count, { seed })
  const sources: Source[] = []
  const file = new URL('./flawed-pictures.ts', import.meta.url)
  if (!existsSync(file)) return []
  const { flaws, pictureRng } = (await import(file.href)) as {
    flaws: Readonly<Record<string, (digit: Uint8Array, random: Rng) => Promise<Uint8Array>>>
    pictureRng: (seed: number, flaw: string, i: number) => Rng
  }
  for (const [name, draw] of Object.entries(flaws).filter(([flaw]) => tried.test(flaw))) {
    console.error(`${name}: drawing and reading ${count} pictures ...`)
    const read: Uint8Array[] = []
    for (let i = 0; i < count; i++) {
      try {
        read.push((await loadDigitImage(await draw(digits.images.subarray(i * 784, (i + 1) * 784), pictureRng(seed, name, i)))).pixels)
      } catch (error) {
        if (!(error instanceof KindredError)) throw error
      }
    }
    sources.push({ name, images: new Uint8Array(Buffer.concat(read)), refused: count - read.length })
  }
  return sources
}

/** Calibrates on n digits of a source and asks about all the others, many times. */
function calibratedOn(scores: Float64Array, n: number, rejectWhen: 'above' | 'below', rounds: number, seed: number) {
  const random = rng(seed).fork(`calibrated on ${n}`)
  let [kept, within, refused] = [0, 0, 0]
  for (let round = 0; round < rounds; round++) {
    const order = random.shuffle(Float64Array.from(scores))
    try {
      const { rule, promise } = conformalPromise(order.subarray(0, n), 0.95, rejectWhen, { of: 'digits' })
      const others = order.subarray(n)
      const share = others.filter((s) => !isRejected(s, rule)).length / others.length
      kept += share
      if (share >= promise.interval.low && share <= promise.interval.high) within++
    } catch (error) {
      if (!(error instanceof KindredError) || error.code !== 'usage') throw error
      refused++ // too many of them were refused before they had a score
    }
  }
  const made = rounds - refused
  return { n, kept: kept / made, within: within / made, notMade: refused / rounds }
}

/** In how many of 300 batches drift is said. */
function alarms(calibration: Float64Array, scores: Float64Array, n: number, rejectWhen: 'above' | 'below', seed: number) {
  const random = rng(seed).fork(`batches of ${n}`)
  let said = 0
  for (let round = 0; round < 300; round++)
    if (scoreDrift({ scores: calibration }, random.shuffle(Float64Array.from(scores)).subarray(0, n), rejectWhen)!.drifted) said++
  return { n, said: said / 300 }
}

function readOptions(argv: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        rounds: { type: 'string', default: '1000' },
        flawed: { type: 'string', default: '600' },
        seed: { type: 'string', default: '0' },
      },
    })
    const whole = (name: keyof typeof values): number => wholeNumber(name, values[name]!)
    return { dir: digitsRunOf(positionals), rounds: whole('rounds'), flawed: whole('flawed'), seed: whole('seed') }
  } catch (error) {
    throw new KindredError('usage', 'digits-promise', `options must be ${usage}`, (error as Error).message)
  }
}
