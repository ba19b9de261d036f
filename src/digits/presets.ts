/**
 * @file Ready recipes for handwritten digits: network, mining, optimiser, schedule, augmentation.
 *
 * `student`: the network and the random triplets of the project this story grew from. `default`: what measured best here within about two
 * minutes on two cores; see docs/decisions/0011-digits-recipe.md for the measurements and the dead ends.
 */
import { checkChoice, ensure } from '../base/index.ts'
import { digitNetwork, studentNetwork, type Layer } from '../nn/index.ts'
import { adam, adamw, constantRate, cosine } from '../optim/index.ts'
import type { TrainEmbedderOptions } from '../train/index.ts'

export type PresetName = 'student' | 'default'
export const presetNames: readonly PresetName[] = ['student', 'default']

/** What of a preset a user may change. */
export interface PresetOptions {
  /** Length of the embedding. Default 10. */
  readonly dim?: number
  /** Default 0.4. */
  readonly margin?: number
  /** Default: that of the preset. */
  readonly epochs?: number
  readonly mining?: TrainEmbedderOptions['mining']
}

/** A preset made ready. */
export interface Preset {
  readonly name: PresetName
  readonly network: Layer
  /** In words, for the report. */
  readonly architecture: string
  readonly normalised: boolean
  readonly training: Omit<TrainEmbedderOptions, 'train' | 'validation' | 'network' | 'seed' | 'runtime'> & {
    readonly epochs: number
    readonly stepsPerEpoch: number
    readonly margin: number
    readonly mining: NonNullable<TrainEmbedderOptions['mining']>
  }
}

/** The recipe of a name, with a user's changes. @throws KindredError `usage` for an unknown name or values that cannot work */
export function preset(name: string, options: PresetOptions = {}): Preset {
  checkChoice('preset', 'preset', name, presetNames)
  const { dim = 10, margin = 0.4 } = options
  ensure(Number.isInteger(dim) && dim > 0, 'preset', 'dim must be a positive integer', dim)
  if (name === 'student') {
    const mining = options.mining ?? 'random'
    return {
      name,
      network: studentNetwork({ dim }),
      architecture: `conv 32 - pool - conv 64 - pool - dense 128 - dense ${dim}`,
      normalised: false,
      training: {
        margin,
        mining,
        distance: 'euclidean',
        ...(mining === 'random' ? { batch: { triplets: 128 } } : { batch: { classes: 10, perClass: 25 } }),
        optimizer: adam(),
        schedule: () => constantRate(1e-3),
        epochs: options.epochs ?? 5,
        stepsPerEpoch: 200,
      },
    }
  }
  return {
    name,
    network: digitNetwork({ dim }),
    architecture: `conv 5x5/2 32 - conv 3x3/2 64 - conv 3x3/2 128 - dense 128 - dense ${dim}, unit length`,
    normalised: true,
    training: {
      margin,
      mining: options.mining ?? 'soft-negative',
      distance: 'euclidean',
      temperature: 0.1,
      batch: options.mining === 'random' ? { triplets: 84 } : { classes: 10, perClass: 25 },
      optimizer: adamw({ weightDecay: 1e-4 }),
      schedule: (total) => cosine(2e-3, total, { warmUp: Math.min(50, Math.ceil(total / 10)) }),
      knnReferences: 10_000,
      keep: 'latest-near-best',
      averageDecay: 0.99,
      augmentation: { rotate: 12, scale: 0.1, shear: 0.15, translate: 1.5 },
      epochs: options.epochs ?? 5,
      stepsPerEpoch: 500,
    },
  }
}

/** How the default network goes on when it is also shown non-digits (`--outliers`): shorter, and more than half of each batch no digit. */
export function outlierTraining(p: Preset): Preset['training'] {
  return {
    ...p.training,
    mining: 'soft-negative',
    batch: { classes: 10, perClass: 12, outliers: 160 },
    augmentation: { rotate: 15, scale: 0.15, shear: 0.25, translate: 1.5 },
    schedule: (total) => cosine(2e-3, total, { warmUp: Math.min(20, Math.ceil(total / 10)) }),
    averageDecay: 0.985,
    keep: 'last',
    epochs: 2,
    stepsPerEpoch: 700,
  }
}
