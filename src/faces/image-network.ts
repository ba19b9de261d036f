/** @file A network on RGB planes with fixed weights, made ready to run on batches of any size. */
import { KindredError } from '../base/index.ts'
import { Scope, type Layer } from '../nn/index.ts'
import { compile, floats, type Runtime } from '../runtime/index.ts'
import { input } from '../tensor/index.ts'

/** A running network. */
export interface ImageNetwork {
  /** Side of its square input. */
  readonly size: number
  /**
   * Runs images.
   *
   * @param images [n, 3, size, size] RGB 0..255
   * @returns the output, n rows
   */
  run(images: Float32Array, n: number): Promise<Float32Array>
  dispose(): Promise<void>
}

/**
 * Builds the ONNX graph of a network with these weights and loads it.
 *
 * @throws KindredError `mismatch` when the weights are not those the network asks for
 */
export async function imageNetwork(runtime: Runtime, layer: Layer, weights: Readonly<Record<string, Float32Array>>, size: number): Promise<ImageNetwork> {
  const scope = new Scope()
  const output = layer(input('images', ['N', 3, size, size]), scope)
  const asked = new Set(scope.weights.map((w) => w.name))
  const missing = [...asked].find((name) => weights[name] === undefined)
  const unused = Object.keys(weights).find((name) => !asked.has(name))
  if (missing !== undefined || unused !== undefined) throw new KindredError('mismatch', 'network', 'the weights must be those the network asks for', missing === undefined ? `${unused}, which it does not` : `nothing for ${missing}`)
  const program = await compile(runtime, { output }, { weights })
  return {
    size,
    run: async (images, n) => (await program.run({ images: floats(images, [n, 3, size, size]) })).output.data as Float32Array,
    dispose: () => program.dispose(),
  }
}
