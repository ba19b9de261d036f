/** @file First values of weights. Fans are those of PyTorch: for [out, in, kh, kw], fan-in is in*kh*kw and fan-out is out*kh*kw. */
import type { Rng } from '../base/index.ts'

/** Makes the first values of one weight. */
export type Initialiser = (shape: readonly number[], random: Rng) => Float32Array

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)

function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  const receptive = size(shape.slice(2))
  return { fanIn: (shape[1] ?? shape[0]) * receptive, fanOut: shape[0] * receptive }
}

/** The same number everywhere. */
export const constantValue =
  (value: number): Initialiser =>
  (shape) =>
    new Float32Array(size(shape)).fill(value)
export const zeros: Initialiser = constantValue(0)
export const ones: Initialiser = constantValue(1)

/** U(-bound, bound). */
export const uniformWithin =
  (bound: number): Initialiser =>
  (shape, random) =>
    Float32Array.from({ length: size(shape) }, () => bound * (2 * random.uniform() - 1))

/** N(0, std^2). */
export const normalWith =
  (std: number): Initialiser =>
  (shape, random) =>
    Float32Array.from({ length: size(shape) }, () => std * random.normal())

/** U(-b, b), b = sqrt(6 / ((1 + a^2) fanIn)); a = sqrt(5) is PyTorch's default for layers (He et al. 2015). */
export const kaimingUniform =
  (a = Math.sqrt(5)): Initialiser =>
  (shape, random) =>
    uniformWithin(Math.sqrt(6 / ((1 + a * a) * fans(shape).fanIn)))(shape, random)

/** N(0, 2 / fanIn), for layers followed by ReLU (He et al. 2015, equation 10). */
export const kaimingNormal: Initialiser = (shape, random) => normalWith(Math.sqrt(2 / fans(shape).fanIn))(shape, random)

/** N(0, 1 / fanIn), for layers followed by nothing (LeCun et al. 1998, section 4.6). */
export const lecunNormal: Initialiser = (shape, random) => normalWith(Math.sqrt(1 / fans(shape).fanIn))(shape, random)

/** U(-b, b), b = sqrt(6 / (fanIn + fanOut)) (Glorot & Bengio 2010, equation 16). */
export const xavierUniform: Initialiser = (shape, random) => {
  const { fanIn, fanOut } = fans(shape)
  return uniformWithin(Math.sqrt(6 / (fanIn + fanOut)))(shape, random)
}
