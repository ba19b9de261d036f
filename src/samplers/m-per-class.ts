/**
 * @file Batches with the same number of images of each of some classes, so that every batch holds positives to mine.
 */
import { checkOptions, ensure, rng, rngFromState, type RngState } from '../base/index.ts'
import { checkBatch, checkState, epochSteps, groupByLabel, type Labels } from './labels.ts'

/** What a batch sampler needs to go on where it was; survives JSON. */
export interface MPerClassState {
  kind: 'm per class'
  random: RngState
}

/** Settings of {@link mPerClass}: two of the first three fix the third. */
export interface MPerClassOptions {
  /** Classes per batch (default: batchSize / perClass, else all). */
  classes?: number
  /** Images of each class in a batch. */
  perClass: number
  /** Images per batch = classes * perClass. */
  batchSize?: number
  /** Ignored when `state` is given. */
  seed?: number
  /** Draw with replacement from a class with fewer images than `perClass`, as PyTorch Metric Learning does, in place of an error. */
  replace?: boolean
  stepsPerEpoch?: number
  state?: MPerClassState
}

/** A source of batches of image numbers. */
export interface BatchSampler<State> {
  /** Image numbers of the next batch. */
  next(): Int32Array
  readonly stepsPerEpoch: number
  state(): State
}

/**
 * Draws batches of `classes` different classes with `perClass` different images of each, class after class.
 *
 * Classes: a random choice without replacement per batch; images: a random choice without replacement within the class per batch.
 *
 * @param labels [n] class of each image
 * @returns sampler of [classes * perClass] image numbers; an epoch is ceil(n / batchSize) batches unless `stepsPerEpoch` is given
 * @throws KindredError `usage` for an empty set, one class only, more classes than there are, a class with too few images, or a batch larger than the set
 * cost: O(n) once, O(classes + batchSize) a call
 * source: MPerClassSampler of PyTorch Metric Learning 2.x (m, batch_size); it draws with replacement from small classes, here only if asked
 */
export function mPerClass(labels: Labels, options: MPerClassOptions): BatchSampler<MPerClassState> {
  const where = 'm per class'
  checkOptions(where, options, ['classes', 'perClass', 'batchSize', 'seed', 'replace', 'stepsPerEpoch', 'state'])
  const { perClass, seed = 0, replace = false, state } = options
  ensure(labels.length > 0, where, 'the dataset must hold images', 'an empty dataset')
  checkState(where, 'm per class', state)
  ensure(Number.isInteger(perClass) && perClass > 0, where, 'perClass must be a whole number above 0', perClass)
  const groups = groupByLabel(labels)
  ensure(groups.length >= 2, where, 'there must be at least two classes', `one class only (label ${groups[0].label})`)
  const { batchSize = (options.classes ?? groups.length) * perClass } = options
  ensure(batchSize % perClass === 0, where, 'batchSize must be a multiple of perClass', `${batchSize} and ${perClass}`)
  const classes = options.classes ?? batchSize / perClass
  ensure(
    classes * perClass === batchSize,
    where,
    'batchSize must be classes x perClass',
    `${batchSize} and ${classes} x ${perClass}`,
    'Leave one of them out.',
  )
  ensure(
    Number.isInteger(classes) && classes > 0 && classes <= groups.length,
    where,
    `classes per batch must be in 1..${groups.length}, the number of classes`,
    classes,
    'Raise perClass or use a smaller batch.',
  )
  checkBatch(where, labels.length, batchSize)
  const small = groups.filter((g) => g.members.length < perClass)
  ensure(
    replace || small.length === 0,
    where,
    `every class must have at least perClass = ${perClass} images`,
    small
      .slice(0, 5)
      .map((g) => `label ${g.label}: ${g.members.length}`)
      .join(', '),
    'Lower perClass, drop those classes, or pass replace: true.',
  )
  const random = state === undefined ? rng(seed).fork(where) : rngFromState(state.random)
  const order = Int32Array.from(groups, (_, g) => g)
  return {
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
