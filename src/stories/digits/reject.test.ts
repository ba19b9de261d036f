/** @file A rule beside a model: it scores a picture as the story does, whatever lies beside it; survives its file; can be set on other digits. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bold } from '../../../test/support/bold.ts'
import { rng } from '../../base/index.ts'
import { subset, take, type Dataset } from '../../dataset/index.ts'
import { loadMnist, preset } from '../../digits/index.ts'
import type { TrainedEmbedder } from '../../models/index.ts'
import { conformalPromise, detector, isRejected, knnDistance, logitScorer, mahalanobis } from '../../openset/index.ts'
import { nodeRuntime } from '../../runtime/index.ts'
import type { SoftmaxHead } from '../../train/index.ts'
import { calibrateRule, ruleToKeep, withoutCopies } from './calibrate-rule.ts'
import { embedderOf, embedSet, populationOf } from './embed-sets.ts'
import { namedScore, type Look } from './look.ts'
import { rejectionFromJson, rejectionToJson, type RejectionFile } from './rejection-file.ts'
import { judgeScores, rejectImages, scoreImages } from './reject.ts'
import { smallMoves } from './small-moves.ts'

let model: TrainedEmbedder
let digits: Dataset
let head: SoftmaxHead
let looks: Look[]
beforeAll(async () => {
  const card = { preprocessing: { range: '0..255', frame: 'mnist' }, metric: 'euclidean', recipe: {}, seed: 1 } as const
  const runtime = await nodeRuntime({ threads: 1 })
  model = (await embedderOf(runtime, preset('student').network, { ...card, labels: [], datasetHash: '', versions: {} })).model
  digits = take(await loadMnist({ split: 'test' }), 400, { seed: 2 })
  const { embedding, features } = await model.run(digits.images, ['embedding', 'features'])
  const width = model.outputs.features
  const { dim } = model
  head = {
    dim,
    classes: ['a', 'b'],
    weight: Float32Array.from({ length: 2 * dim }, (_, i) => Math.sin(i)),
    bias: new Float32Array(2),
    temperature: 2,
  }
  const unit = features.map((v, i) => {
    const row = features.subarray(i - (i % width), i - (i % width) + width)
    return v / Math.sqrt(row.reduce((s, x) => s + x * x, 0))
  })
  looks = [
    { scorer: knnDistance(embedding.slice(0, 100 * dim), dim, { k: 3 }), input: 'embedding' },
    { scorer: knnDistance(embedding.slice(0, 100 * dim), dim, { k: 3 }), input: 'embedding', moved: true },
    {
      scorer: mahalanobis(unit.slice(0, 100 * width), width, digits.labels.slice(0, 100), { shrinkage: 0.5 }),
      input: 'unit features',
      moved: true,
    },
    { scorer: logitScorer('energy', 2), input: 'logits' },
  ]
})
afterAll(() => model.dispose())

/** A rule that looks so and keeps 95 % of the digits from 100 on. */
async function ruleOf({ scorer, input, moved }: Look): Promise<RejectionFile> {
  const bare = { model: model.hash, input, detector: detector(scorer), moves: moved === true ? smallMoves(3, 5) : undefined }
  const scores = await scoreImages(bare, model, digits.images.subarray(100 * 784), () => head)
  const { rule, promise } = conformalPromise(scores, 0.95, scorer.outlierWhen, { of: '300 digits' })
  return { ...bare, detector: bare.detector.withRule(rule), promise }
}
const near = (a: Float64Array, b: ArrayLike<number>): void =>
  a.forEach((x, i) => expect(Math.abs(x - b[i]), `${x} for ${b[i]} at ${i}`).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(x))))

test('a rule scores as the story does, and a picture alone as among others', async () => {
  const some = subset(
    digits,
    Array.from({ length: 40 }, (_, i) => 150 + i),
  )
  for (const look of looks) {
    const rule = await ruleOf(look)
    const scores = await scoreImages(rule, model, some.images, () => head)
    near(scores, namedScore(look).score(populationOf(await embedSet(model, some, { moves: 3, seed: 5 }), head)))
    for (const i of [0, 17, 39]) near(await scoreImages(rule, model, some.images.subarray(i * 784, (i + 1) * 784), () => head), [scores[i]])
    if (look.moved === true) expect(scores).not.toEqual(await scoreImages({ ...rule, moves: undefined }, model, some.images, () => head))
  }
})

test('its file gives the same answers, moves and promise; a file of the first version has neither', async () => {
  for (const look of looks) {
    const rule = await ruleOf(look)
    const text = rejectionToJson(rule)
    const read = rejectionFromJson(text, 'reject.json', model)
    const ask = (r: RejectionFile) => rejectImages(r, model, digits.images, () => head)
    expect(await ask(read)).toEqual(await ask(rule))
    expect([read.promise, read.moves]).toEqual([rule.promise, rule.moves])
    const { moves: _, promise: __, ...rest } = JSON.parse(text) as Record<string, unknown>
    const first = rejectionFromJson(JSON.stringify({ ...rest, format: 'kindred-rejection-1' }), 'reject.json', model)
    expect([first.promise, first.moves, first.detector.rule]).toEqual([undefined, undefined, rule.detector.rule])
    expect((await ask(first))[0].p).toBeUndefined()
  }
})

test('a file with moves or a promise that are none is refused', async () => {
  const written = JSON.parse(rejectionToJson(await ruleOf(looks[1]))) as Record<string, object>
  for (const [moves, place] of [
    [{ ...written.moves, count: 1e6 }, 'moves.count'],
    [{ ...written.moves, scale: 1 }, 'moves.scale'],
    [{ ...written.moves, seed: -1 }, 'moves.seed'],
    ['all', 'moves'],
  ] as const)
    expect(() => rejectionFromJson(JSON.stringify({ ...written, moves }), 'r.json')).toThrow(
      expect.objectContaining({ code: 'corrupt', message: expect.stringContaining(place) }),
    )
  const threshold = { ...written.detector, rule: { threshold: 7, rejectWhen: 'above' } }
  expect(() => rejectionFromJson(JSON.stringify({ ...written, detector: threshold }), 'r.json')).toThrow(
    'r.json: the threshold must be that of the promise',
  )
  expect(() => rejectionFromJson(JSON.stringify(written), 'r.json', { hash: 'f'.repeat(64) })).toThrow(
    expect.objectContaining({ code: 'mismatch' }),
  )
})

test('answers: kept or refused, with the p-value by which the threshold was set', async () => {
  const rule = await ruleOf(looks[0])
  const answers = await rejectImages(rule, model, digits.images.subarray(100 * 784), () => head)
  expect(answers.filter((a) => a.kept)).toHaveLength(300 + 1 - 15) // floor(.05 x 301) = 15: that one is kept, the fourteen beyond are not
  for (const { kept, rejected, p } of answers) {
    expect(rejected).toBe(!kept)
    if (p! > 16 / 301) expect(kept).toBe(true)
    if (rejected) expect(p!).toBeLessThanOrEqual(15 / 301)
  }
})

test('stops where it is told to', async () => {
  const rule = await ruleOf(looks[0])
  await expect(scoreImages(rule, model, digits.images, () => head, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'interrupted',
  })
})

describe('calibrated on other digits', () => {
  test('of digits of a thick pen it keeps 95 % on average, and as much as its interval says', async () => {
    const rule = await ruleOf(looks[1])
    const others = take(await loadMnist({ split: 'test' }), 1000, { seed: 4 })
    const scores = await scoreImages(rule, model, bold(others.images), () => head)
    const share = (r: RejectionFile, of: Float64Array): number => of.filter((s) => !isRejected(s, r.detector.rule!)).length / of.length
    expect(share(rule, scores)).toBeLessThan(0.8) // so much was promised, and does not hold here
    const random = rng(1)
    const tries = Array.from({ length: 300 }, () => {
      const order = random.shuffle(Float64Array.from(scores))
      const own = calibrateRule(rule, order.subarray(0, 40), 0.95, '40 pictures')
      const kept = share(own.rule, order.subarray(40))
      const { low, high } = own.rule.promise!.interval
      return { kept, inside: kept >= low && kept <= high }
    })
    const mean = tries.reduce((s, t) => s + t.kept, 0) / tries.length
    expect(mean).toBeGreaterThan(0.942) // 1 - 2/41 = .951, its standard error .002
    expect(tries.filter((t) => t.inside).length / tries.length).toBeGreaterThan(0.91) // 95 %, its standard error .013
  })

  test('too few are refused, with how many it takes; what the rule before keeps is told', async () => {
    const rule = await ruleOf(looks[0])
    const scores = Float64Array.from(rule.promise!.scores)
    expect(() => calibrateRule(rule, scores.subarray(0, 29), 0.9, 'x')).toThrow(
      'there must be 30 digits or more to promise that 90 % are kept, got 29',
    )
    expect(() => calibrateRule(rule, scores.subarray(0, 98), 0.99, 'x')).toThrow(
      'there must be 99 digits or more to promise that 99 % are kept, got 98',
    )
    const own = calibrateRule(rule, scores, 0.9, 'the same again')
    expect(own.keptBefore).toBe(300 + 1 - 15)
    expect(own.rule.promise).toMatchObject({ keep: 0.9, of: 'the same again' })
    expect(ruleToKeep(rule, 0.9).detector.rule).toEqual(own.rule.detector.rule)
    expect(() => ruleToKeep({ ...rule, promise: undefined }, 0.9)).toThrow('the rule must carry a promise')
    expect(rejectionFromJson(rejectionToJson(own.rule), 'x').promise).toEqual(own.rule.promise)
  })

  test('copies count once', () => {
    expect(withoutCopies(Uint8Array.of(1, 2, 3, 4, 1, 2, 3, 5), 2)).toEqual([0, 1, 3])
  })
})

test('a promise is no p-value of what it does not carry', () => {
  const { rule } = conformalPromise([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19], 0.95, 'above', { of: 'x' })
  const d = detector(knnDistance(Float32Array.of(0), 1, { k: 1 }), rule)
  expect(judgeScores({ detector: d }, Float64Array.of(19, 20))).toEqual([
    { kept: true, rejected: false, score: 19, p: undefined },
    { kept: false, rejected: true, score: 20, p: undefined },
  ])
})
