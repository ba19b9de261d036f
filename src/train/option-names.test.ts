/** @file A misspelt option of any part of a training is an error that names the nearest one; a part that is added without it fails here. */
import { expect, test } from 'vitest'
import { affineAugmenter } from '../dataset/index.ts'
import { rng } from '../base/index.ts'
import * as distances from '../distances/index.ts'
import * as losses from '../losses/index.ts'
import * as miners from '../miners/index.ts'
import * as nn from '../nn/index.ts'
import * as optim from '../optim/index.ts'
import * as samplers from '../samplers/index.ts'
import { objective, trainEmbedder, trainSoftmaxHead } from './index.ts'

type Make = (options: object) => unknown
/** How each part is made with options, and the name to misspell: its last letter is left out. */
const parts: Record<string, [Make, string]> = {
  classOrNone: [losses.classOrNone as Make, 'classes'],
  contrastiveLoss: [losses.contrastiveLoss, 'margin'],
  l2OfEmbeddings: [losses.l2OfEmbeddings, 'weight'],
  softNegativeTripletLoss: [losses.softNegativeTripletLoss, 'temperature'],
  tripletMarginLoss: [losses.tripletMarginLoss, 'margin'],
  batchHard: [miners.batchHard, 'distance'],
  easyPositive: [miners.easyPositive, 'distance'],
  semiHard: [miners.semiHard, 'distance'],
  balanced: [samplers.balanced as Make, 'batchSize'],
  mPerClass: [samplers.mPerClass as Make, 'perClass'],
  randomTriplets: [samplers.randomTriplets, 'triplets'],
  shuffledBatches: [samplers.shuffledBatches as Make, 'batchSize'],
  adam: [optim.adam, 'beta1'],
  adamw: [optim.adamw, 'weightDecay'],
  sgd: [optim.sgd, 'momentum'],
  cosine: [(options) => optim.cosine(1, 10, options), 'warmUp'],
  conv2d: [(options) => nn.conv2d(4, 3, options), 'stride'],
  dense: [(options) => nn.dense(4, options), 'bias'],
  batchNorm: [nn.batchNorm, 'momentum'],
  maxPool: [(options) => nn.maxPool(2, options), 'stride'],
  depthwiseConv2d: [(options) => nn.depthwiseConv2d(3, options), 'stride'],
  studentNetwork: [nn.studentNetwork, 'dim'],
  digitNetwork: [nn.digitNetwork, 'normalise'],
  digitEnsemble: [nn.digitEnsemble, 'members'],
  vgg16: [(options) => nn.vgg16(options as never), 'layer'],
}
const others: Record<string, [Make, string]> = {
  objective: [objective as Make, 'reducer'],
  trainEmbedder: [trainEmbedder as never, 'objective'],
  trainSoftmaxHead: [trainSoftmaxHead as never, 'learningRate'],
  affineAugmenter: [(options) => affineAugmenter(options, rng(0)), 'rotate'],
}

test.each(Object.entries({ ...parts, ...others }))('%s', async (_, [make, name]) => {
  const run = async () => make({ [name.slice(0, -1)]: 1 })
  await expect(run()).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(`Did you mean "${name}"?`) })
})

test('every part that takes options is in the list', () => {
  /** What takes no options object: values, layers without settings, helpers. */
  const without = `
    crossEntropy checkDistance checkMargin meanActiveReducer meanReducer sumReducer allPairs allTriplets stackedTriplets l2Normalize
    constantRate stepDecay averagePool2 dropout flatten globalAveragePool colourPixels greyPixels relu relu6 residual sameConv2d samePadding
    sequential tap constantValue kaimingNormal kaimingUniform lecunNormal normalWith ones uniformWithin xavierUniform zeros
    initialWeights Scope dlibResnet landmarks68 ssdMobilenet tinyFace vggLayerSpecs`.split(/\s+/)
  for (const room of [losses, miners, samplers, optim, nn, distances]) {
    for (const [name, value] of Object.entries(room))
      if (typeof value === 'function' && !without.includes(name)) expect(Object.keys(parts)).toContain(name)
  }
})

test.each([undefined, null, 3, ['epochs']])('options that are no object, %j', async (options) => {
  for (const make of [objective, trainEmbedder, losses.tripletMarginLoss] as unknown as Make[]) {
    if (make === (losses.tripletMarginLoss as unknown) && options === undefined) continue // its options may be left out
    const run = async () => make(options as never)
    await expect(run()).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('options must be an object, of ') })
  }
})

test('a distance by its name, or none at all', () => {
  const parts = [
    losses.tripletMarginLoss,
    losses.contrastiveLoss,
    losses.softNegativeTripletLoss,
    miners.batchHard,
    miners.semiHard,
    miners.easyPositive,
  ]
  for (const make of parts as Make[]) {
    expect(() => make({ distance: 'euclidian' })).toThrow(
      `: distance must be { name, paired, pairwise }, such as euclidean, got "euclidian". Pass the distance itself: import { euclidean } from`,
    )
    expect(() => make({ distance: null })).toThrow('distance must be { name, paired, pairwise }')
  }
})
