/**
 * @file t-SNE as an object that is stepped, looked at, saved and resumed.
 *
 * Algorithm: van der Maaten, "Accelerating t-SNE using Tree-Based Algorithms" (JMLR 2014). Schedule and defaults are those of scikit-learn's TSNE:
 * exaggeration 12 and momentum 0.5 for 250 iterations, then momentum 0.8 with gains and velocities fresh; learning rate max(n / 48, 50); PCA start.
 */
import { allAtOnce, checkChoice, checkOptions, checkRows, ensure, KindredError, rng, show, type Pieces } from '../base/index.ts'
import { affinities, neighboursFor, type Affinities } from './affinities.ts'
import { barnesHut } from './barnes-hut.ts'
import { gradient, klFromZ } from './gradient.ts'
import { pcaPieces, transformPieces } from './pca.ts'

/** Options of {@link tsne}. */
export interface TsneOptions {
  /** Effective number of neighbours, 1 to just below n / 3; default 30, or what fits fewer points. */
  perplexity?: number
  /** Gradient steps in all; default 1000. */
  iterations?: number
  /** Seeds the start; default 0. */
  seed?: number
  /** Where the points start: along their two principal axes (default), at random, or at given [n, 2] positions, taken as they are. */
  init?: 'pca' | 'random' | Float32Array
  /** Speed against accuracy of the repulsion: 0 is exact and O(n^2), 0.5 the default. */
  angle?: number
  /** Step length; `auto` (default) is max(n / earlyExaggeration / 4, 50). */
  learningRate?: number | 'auto'
  /** Factor on the attraction while clusters form; default 12. */
  earlyExaggeration?: number
  /** How many iterations it lasts; default 250, at most half of all. */
  earlyIterations?: number
}

/** Everything a run needs to go on: plain numbers and typed arrays, fit for `structuredClone`. */
export interface TsneState {
  readonly settings: {
    readonly iterations: number
    readonly angle: number
    readonly learningRate: number
    readonly earlyExaggeration: number
    readonly earlyIterations: number
  }
  /** Steps taken. */
  readonly iteration: number
  /** float64 [n, 2]. */
  readonly positions: Float64Array
  /** The last step of each coordinate, float64 [n, 2]. */
  readonly velocities: Float64Array
  /** Step length factor of each coordinate, float64 [n, 2]. */
  readonly gains: Float64Array
  readonly affinities: Affinities
}

/** A t-SNE run under way. */
export interface TsneRun {
  /** Number of points. */
  readonly n: number
  /** Steps taken so far. */
  readonly iteration: number
  /** Steps in all. */
  readonly iterations: number
  /** Whether all steps are taken. */
  readonly done: boolean
  /** The neighbour probabilities that the map is fitted to. */
  readonly affinities: Affinities
  /** The map as it is now: a fresh float32 [n, 2], row-major, in t-SNE's own unit. */
  readonly positions: Float32Array
  /** Takes up to `count` steps (default 1), never past `iterations`; returns how many it took. */
  step(count?: number): number
  /** KL(P || Q) of the map as it is now, in nats, with Z as accurate as `angle` makes it. */
  kl(): number
  /** A copy of everything, for {@link tsneFromState}. */
  state(): TsneState
}

/**
 * Begins a t-SNE map in the plane: finds neighbours and their probabilities, places the points, takes no step yet.
 *
 * Minimises KL(P || Q) = sum_ij p_ij log(p_ij / q_ij), where p_ij says how likely i and j are neighbours among the points, and q_ij in the map.
 *
 * @param points float32 [n, dim], row-major, n >= 4
 * @param dim    numbers per point
 * @throws KindredError `usage` for a perplexity that does not fit n, numbers that are not finite, unknown options
 * Cost: exact neighbour search (O(n^2 dim) at worst); then O(n log n + n perplexity) per step, no allocation.
 * Source: van der Maaten 2014; scikit-learn's TSNE(method='barnes_hut').
 * @example
 * const run = tsne(embeddings, 10, { perplexity: 30, seed: 1 })
 * while (!run.done) { run.step(50); draw(run.positions) }
 */
export function tsne(points: Float32Array, dim: number, options: TsneOptions = {}): TsneRun {
  const n = checkRows(where, points, dim)
  const plan = planTsne(n, options)
  return beginTsne(plan, affinities(points, dim, plan.perplexity), allAtOnce(startPieces(points, dim, plan)))
}

const where = 't-SNE'

/** Rounds of subspace iteration for a start, where there are too many dimensions for exact axes: it need not be more exact than the noise added to it. */
const ROUNDS_FOR_A_START = 10

/** Options checked against the number of points, with their defaults. */
export interface TsnePlan {
  readonly n: number
  readonly perplexity: number
  /** How many neighbours of each point are looked for. */
  readonly neighbours: number
  readonly seed: number
  readonly init: 'pca' | 'random' | Float32Array
  readonly settings: TsneState['settings']
}

/** Checks the options of {@link tsne} for n points. @throws KindredError `usage` */
export function planTsne(n: number, options: TsneOptions): TsnePlan {
  checkOptions(where, options, [
    'perplexity',
    'iterations',
    'seed',
    'init',
    'angle',
    'learningRate',
    'earlyExaggeration',
    'earlyIterations',
  ])
  ensure(n >= 4, where, 'there must be at least 4 points', n)
  const { perplexity = Math.min(30, Math.floor((n - 1) / 3)), iterations = 1000, seed = 0, init = 'pca', angle = 0.5 } = options
  const { earlyExaggeration = 12, earlyIterations = Math.min(250, Math.floor(iterations / 2)), learningRate = 'auto' } = options
  ensure(Number.isInteger(iterations) && iterations >= 0, where, 'iterations must be an integer of at least 0', iterations)
  ensure(
    Number.isInteger(earlyIterations) && earlyIterations >= 0,
    where,
    'earlyIterations must be an integer of at least 0',
    earlyIterations,
  )
  ensure(angle >= 0 && angle <= 1, where, 'angle must be from 0 (exact) to 1', angle, 'The usual value is 0.5.')
  ensure(earlyExaggeration >= 1 && earlyExaggeration < Infinity, where, 'earlyExaggeration must be at least 1', earlyExaggeration)
  ensure(
    learningRate === 'auto' || (learningRate > 0 && learningRate < Infinity),
    where,
    "learningRate must be 'auto' or greater than 0",
    learningRate,
  )
  if (typeof init === 'string') checkChoice(where, 'init', init, ['pca', 'random'])
  else {
    const count = checkRows(where, init, 2, 'init')
    ensure(count === n, where, `init must hold one position for each of the ${n} points`, count)
  }
  return {
    n,
    perplexity,
    neighbours: neighboursFor(perplexity, n),
    seed,
    init,
    settings: {
      iterations,
      angle,
      learningRate: learningRate === 'auto' ? Math.max(n / earlyExaggeration / 4, 50) : learningRate,
      earlyExaggeration,
      earlyIterations,
    },
  }
}

/** A run with no step taken. */
export function beginTsne({ n, settings }: TsnePlan, p: Affinities, positions: Float64Array): TsneRun {
  return tsneFromState({
    settings,
    iteration: 0,
    positions,
    velocities: new Float64Array(2 * n),
    gains: new Float64Array(2 * n).fill(1),
    affinities: p,
  })
}

/**
 * Goes on where {@link TsneRun.state} was taken: the same bytes as if the run had never stopped.
 *
 * @throws KindredError `mismatch` when the arrays do not belong together
 */
export function tsneFromState(state: TsneState): TsneRun {
  const { settings, affinities: p } = state
  const { n } = p
  const arrays = [state.positions, state.velocities, state.gains]
  if (arrays.some((array) => !(array instanceof Float64Array) || array.length !== 2 * n)) {
    throw new KindredError(
      'mismatch',
      't-SNE state',
      `positions, velocities and gains must be Float64Array(${2 * n})`,
      arrays.map(show).join(', '),
      'Pass what state() returned, unchanged.',
    )
  }
  const [positions, velocities, gains] = arrays.map((array) => array.slice())
  const slope = new Float64Array(2 * n)
  const repulsion = barnesHut(n)
  let { iteration } = state

  function stepOnce(): void {
    const early = iteration < settings.earlyIterations
    if (iteration === settings.earlyIterations) {
      velocities.fill(0)
      gains.fill(1)
    }
    gradient(p, early ? settings.earlyExaggeration : 1, positions, settings.angle, repulsion, slope)
    descend(positions, velocities, gains, slope, early ? 0.5 : 0.8, settings.learningRate)
    iteration++
  }

  return {
    n,
    iterations: settings.iterations,
    affinities: p,
    get iteration() {
      return iteration
    },
    get done() {
      return iteration >= settings.iterations
    },
    get positions() {
      return Float32Array.from(positions)
    },
    step(count = 1) {
      ensure(Number.isInteger(count) && count >= 0, 't-SNE step', 'count must be an integer of at least 0', count)
      const steps = Math.min(count, Math.max(0, settings.iterations - iteration))
      for (let s = 0; s < steps; s++) stepOnce()
      return steps
    },
    kl: () => klFromZ(p, positions, repulsion(positions, settings.angle, slope)),
    state: () => ({
      settings,
      iteration,
      positions: positions.slice(),
      velocities: velocities.slice(),
      gains: gains.slice(),
      affinities: p,
    }),
  }
}

/**
 * One step of gradient descent with momentum and a gain for each coordinate (Jacobs 1988): a coordinate that keeps its direction takes longer steps,
 * one that turns back takes shorter ones.
 */
function descend(
  positions: Float64Array,
  velocities: Float64Array,
  gains: Float64Array,
  slope: Float64Array,
  momentum: number,
  rate: number,
): void {
  for (let c = 0; c < positions.length; c++) {
    const gain = velocities[c] * slope[c] < 0 ? gains[c] + 0.2 : Math.max(gains[c] * 0.8, 0.01)
    gains[c] = gain
    velocities[c] = momentum * velocities[c] - rate * gain * slope[c]
    positions[c] += velocities[c]
  }
}

/**
 * Where points start: two principal coordinates (or normal noise), the first with standard deviation 1e-4: small, so that clusters can pass each other.
 *
 * A hundredth of that is added as noise, as openTSNE does: equal points would otherwise never separate.
 */
export function* startPieces(points: Float32Array, dim: number, { n, init, seed }: TsnePlan): Pieces<Float64Array> {
  if (typeof init !== 'string') return Float64Array.from(init)
  const random = rng(seed).fork('t-SNE start')
  const out = Float64Array.from({ length: 2 * n }, () => random.normal() * (init === 'pca' ? 1e-6 : 1e-4))
  if (init === 'random') return out
  const components = Math.min(2, dim)
  const fit = yield* pcaPieces(points, dim, n, { components, seed }, ROUNDS_FOR_A_START)
  const along = yield* transformPieces(fit, points)
  const deviation = Math.sqrt((fit.explainedVariance[0] * (n - 1)) / n)
  if (deviation === 0) return out
  for (let i = 0; i < n; i++) for (let c = 0; c < components; c++) out[2 * i + c] += (along[i * components + c] / deviation) * 1e-4
  return out
}
