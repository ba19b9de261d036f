/**
 * @file Ready recipes for handwritten digits: network, mining, optimiser, schedule, augmentation.
 *
 * `student`: the network and the random triplets of the project this story grew from. `default`: what measured best here within about two
 * minutes on two cores. `best`: three of its networks in one, trained twice as long. See docs/decisions/0011-digits-recipe.md for the measurements and the
 * dead ends.
 */
import { checkChoice, ensure } from '../base/index.ts'
import { classOrNone, softNegativeTripletLoss, tripletMarginLoss } from '../losses/index.ts'
import { batchHard, semiHard, stackedTriplets } from '../miners/index.ts'
import { digitEnsemble, digitNetwork, studentNetwork, type Layer } from '../nn/index.ts'
import { adam, adamw, constantRate, cosine } from '../optim/index.ts'
import { mPerClass, randomTriplets, type MPerClassState, type Sampler } from '../samplers/index.ts'
import { objective, objectiveOfParts, sumOfObjectives, type Objective, type TrainEmbedderOptions } from '../train/index.ts'

export type PresetName = 'student' | 'default' | 'best'
export const presetNames: readonly PresetName[] = ['student', 'default', 'best']

/** Networks in the ensemble of `best`. */
const members = 3

/** How triplets are found. */
export type Mining = 'random' | 'batch-hard' | 'semi-hard' | 'soft-negative'
export const minings: readonly Mining[] = ['random', 'batch-hard', 'semi-hard', 'soft-negative']

/** What of a preset a user may change. */
export interface PresetOptions {
  /** Length of the embedding; of `best`, of each of its three. Default 10. */
  readonly dim?: number
  /** Default 0.4. */
  readonly margin?: number
  /** Default: that of the preset. */
  readonly epochs?: number
  readonly mining?: Mining
}

/** A training but for its images, network and place. */
export type PresetTraining = Omit<TrainEmbedderOptions, 'source' | 'validation' | 'network' | 'seed' | 'runtime'> & {
  readonly epochs: number
  readonly stepsPerEpoch: number
}

/** A preset made ready. */
export interface Preset {
  readonly name: PresetName
  readonly network: Layer
  /** In words, for the report. */
  readonly architecture: string
  readonly normalised: boolean
  /** Length of the embedding. */
  readonly dim: number
  readonly margin: number
  readonly mining: Mining
  readonly training: PresetTraining
}

/** The triplet loss of a mining's name, for a preset with several networks the mean of theirs. */
export function minedObjective(mining: Mining, margin: number, name: PresetName = 'default'): Objective {
  return name === 'best' ? objectiveOfParts(oneObjective(mining, margin), members) : oneObjective(mining, margin)
}

function oneObjective(mining: Mining, margin: number): Objective {
  if (mining === 'soft-negative') return objective({ loss: softNegativeTripletLoss({ margin, temperature: 0.1 }) })
  const miner = mining === 'random' ? stackedTriplets() : mining === 'batch-hard' ? batchHard() : semiHard()
  return objective({ loss: tripletMarginLoss({ margin }), miner })
}

/** Batches of ten classes, or of all where there are fewer. */
function tenClasses(perClass: number): Sampler<MPerClassState> {
  const ten = mPerClass({ classes: 10, perClass })
  return {
    ...ten,
    over: (labels, from) => mPerClass({ classes: Math.min(10, new Set(Array.from(labels)).size), perClass }).over(labels, from),
  }
}

/** The recipe of a name, with a user's changes. @throws KindredError `usage` for an unknown name or values that cannot work */
export function preset(name: string, options: PresetOptions = {}): Preset {
  checkChoice('preset', 'preset', name, presetNames)
  const { dim = 10, margin = 0.4 } = options
  ensure(Number.isInteger(dim) && dim > 0, 'preset', 'dim must be a positive integer', dim)
  const mining = options.mining ?? (name === 'student' ? 'random' : 'soft-negative')
  checkChoice('preset', 'mining', mining, minings)
  const batches = (triplets: number, perClass: number) => (mining === 'random' ? randomTriplets({ triplets }) : tenClasses(perClass))
  if (name === 'student') {
    return {
      name,
      network: studentNetwork({ dim }),
      architecture: `conv 32 - pool - conv 64 - pool - dense 128 - dense ${dim}`,
      normalised: false,
      dim,
      margin,
      mining,
      training: {
        objective: minedObjective(mining, margin),
        batches: batches(128, 25),
        optimizer: adam(),
        schedule: () => constantRate(1e-3),
        epochs: options.epochs ?? 5,
        stepsPerEpoch: 200,
      },
    }
  }
  const one = `conv 5x5/2 32 - conv 4x4/2 64 - conv 3x3 128 - conv 3x3 128 - dense 128 - dense ${dim}, unit length`
  const best = name === 'best'
  return {
    name,
    network: best ? digitEnsemble({ dim, members }) : digitNetwork({ dim }),
    architecture: best ? `${members} networks side by side, each ${one}` : one,
    normalised: true,
    dim: best ? members * dim : dim,
    margin,
    mining,
    training: {
      objective: minedObjective(mining, margin, name),
      batches: batches(40, 12),
      optimizer: adamw({ weightDecay: 0.02 }),
      schedule: (total) => cosine(3e-3, total, { warmUp: Math.min(150, Math.ceil(total / 10)) }),
      knnReferences: 10_000,
      keep: 'latest-near-best',
      averageDecay: 0.997,
      augmentation: { rotate: 12, scale: 0.1, shear: 0.15, translate: 1, elastic: 1 },
      epochs: options.epochs ?? (best ? 10 : 5),
      stepsPerEpoch: 1320,
    },
  }
}

/**
 * How the default network goes on when it is also shown outliers: shorter, more than half of each batch no digit, and beside the triplets a softmax on the
 * embedding that has one class more, "none of these".
 *
 * @param classes how many the training images have
 */
export function outlierTraining(p: Preset, classes = 10): PresetTraining {
  return {
    ...p.training,
    objective: sumOfObjectives([
      { objective: minedObjective('soft-negative', p.margin, p.name) },
      { objective: objective({ loss: classOrNone({ classes }) }), weight: 0.5 },
    ]),
    batches: tenClasses(12),
    outliersPerBatch: 160,
    augmentation: { rotate: 12, scale: 0.1, shear: 0.15, translate: 1, elastic: 1 },
    schedule: (total) => cosine(2e-3, total, { warmUp: Math.min(20, Math.ceil(total / 10)) }),
    averageDecay: 0.985,
    keep: 'last',
    epochs: 2,
    stepsPerEpoch: 700,
  }
}

/** A training as plain data, for a model's card. */
export function trainingInWords({
  objective: { words },
  batches,
  optimizer,
  schedule: _,
  ...plain
}: PresetTraining): Record<string, unknown> {
  return {
    ...words,
    batches: typeof batches === 'function' ? batches.name : { name: batches.name, ...batches.options },
    optimizer: optimizer?.name ?? 'adam',
    ...plain,
  }
}
