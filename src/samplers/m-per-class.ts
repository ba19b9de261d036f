/**
 * @file Batches with the same number of images of each of some classes, so that every batch holds positives to mine.
 */
import { checkOptions, ensure, smallest, type RngState } from '../base/index.ts'
import { checkBatch, checkState, epochSteps, groupByLabel } from './labels.ts'
import { randomOf, type Sampler } from './sampler.ts'

/** What a batch sampler needs to go on where it was; survives JSON. */
export interface MPerClassState {
  kind: 'm per class'
  random: RngState
}

/** Settings of {@link mPerClass}: two of the first three fix the third. */
export interface MPerClassOptions {
  /** Classes per batch (default: batchSize / perClass, else all). */
  readonly classes?: number
  /** Images of each class in a batch. */
  readonly perClass: number
  /** Images per batch = classes * perClass. */
  readonly batchSize?: number
  /** Draw with replacement from a class with fewer images than `perClass`, as PyTorch Metric Learning does, in place of an error. */
  readonly replace?: boolean
  readonly stepsPerEpoch?: number
}

/**
 * Batches of `classes` different classes with `perClass` different images of each, class after class.
 *
 * Classes: a random choice without replacement per batch; images: a random choice without replacement within the class per batch.
 * An epoch is ceil(n / batchSize) batches unless `stepsPerEpoch` is given.
 *
 * @throws KindredError `usage`, when made for impossible sizes, when drawn from for an empty set, one class only, more classes than there are, a class with
 *   too few images, or a batch larger than the set
 * Cost: O(n) once, O(classes + batchSize) a batch
 * Source: MPerClassSampler of PyTorch Metric Learning 2.x (m, batch_size); it draws with replacement from small classes, here only if asked
 */
export function mPerClass(options: MPerClassOptions): Sampler<MPerClassState> {
  const where = 'm per class'
  checkOptions(where, options, ['classes', 'perClass', 'batchSize', 'replace', 'stepsPerEpoch'])
  const { perClass: asked, replace = false } = options
  ensure(Number.isInteger(asked) && asked > 0, where, 'perClass must be a whole number above 0', asked)
  if (options.batchSize !== undefined)
    ensure(options.batchSize % asked === 0, where, 'batchSize must be a multiple of perClass', `${options.batchSize} and ${asked}`)
  return {
    name: where,
    options: { ...options },
    over(labels, { seed = 0, state, fit = false } = {}) {
      ensure(labels.length > 0, where, 'the dataset must hold images', 'an empty dataset')
      checkState(where, 'm per class', state)
      const groups = groupByLabel(labels)
      ensure(
        groups.length >= 2,
        where,
        'there must be at least two classes',
        `one class only (label ${groups[0].label})`,
        'A negative needs another class.',
      )
      const wanted = options.classes ?? (options.batchSize === undefined ? groups.length : options.batchSize / asked)
      const size = options.batchSize ?? wanted * asked
      ensure(
        wanted * asked === size,
        where,
        'batchSize must be classes x perClass',
        `${size} and ${wanted} x ${asked}`,
        'Leave one of them out.',
      )
      const fewest = smallest(groups.map((g) => g.members.length))
      if (fit)
        ensure(
          replace || fewest >= Math.min(2, asked),
          where,
          'each class must have at least two images',
          groups.map((g) => g.members.length),
        )
      const perClass = fit && !replace ? Math.min(asked, fewest) : asked
      const classes = fit ? Math.min(wanted, groups.length) : wanted
      ensure(
        Number.isInteger(classes) && classes > 0 && classes <= groups.length,
        where,
        `classes per batch must be in 1..${groups.length}, the number of classes`,
        classes,
        'Raise perClass or use a smaller batch.',
      )
      const batchSize = classes * perClass
      checkBatch(where, labels.length, batchSize)
      const small = groups.filter((g) => g.members.length < perClass)
      const shown = small
        .slice(0, 5)
        .map((g) => `label ${g.label}: ${g.members.length}`)
        .join(', ')
      ensure(
        replace || small.length === 0,
        where,
        `every class must have at least perClass = ${perClass} images`,
        shown,
        'Lower `perClass`, drop those classes, or let `mPerClass` draw with replacement (`replace`).',
      )
      const random = randomOf(where, seed, state)
      const order = Int32Array.from(groups, (_, g) => g)
      return {
        size: batchSize,
        stepsPerEpoch: epochSteps(where, labels.length, batchSize, options.stepsPerEpoch),
        next() {
          const batch = new Int32Array(batchSize)
          order.forEach((_, g) => (order[g] = g)) // from the same start each time: the state is the generator's alone
          chooseFirst(order, classes, random.integer)
          for (let c = 0; c < classes; c++) {
            const { members } = groups[order[c]]
            const part = batch.subarray(c * perClass, (c + 1) * perClass)
            if (members.length < perClass) for (let i = 0; i < perClass; i++) part[i] = members[random.integer(members.length)]
            else chooseDistinct(members, part, random.integer)
          }
          return batch
        },
        state: () => ({ kind: 'm per class', random: random.state() }),
      }
    },
  }
}

/** Brings a random choice of `k` to the front (the first k steps of Fisher-Yates). */
function chooseFirst(array: Int32Array, k: number, integer: (n: number) => number): void {
  for (let i = 0; i < k; i++) {
    const j = i + integer(array.length - i)
    const t = array[i]
    array[i] = array[j]
    array[j] = t
  }
}

/** Fills `out` with different members. Source: Robert Floyd's sampling (Bentley, Programming Pearls, CACM 30(9), 1987), then shuffled. */
function chooseDistinct(members: Int32Array, out: Int32Array, integer: (n: number) => number): void {
  const seen = new Set<number>()
  const k = out.length
  for (let i = 0; i < k; i++) {
    const top = members.length - k + i
    const j = integer(top + 1)
    const pick = seen.has(j) ? top : j
    seen.add(pick)
    out[i] = members[pick]
  }
  chooseFirst(out, k, integer)
}
