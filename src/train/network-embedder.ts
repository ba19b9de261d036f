/**
 * @file A network with its weights as inputs: compiled once, run with any weights.
 */
import { ensure, imagesARun } from '../base/index.ts'
import { imageBytes, type ImageSource } from '../dataset/index.ts'
import { Scope, type Layer } from '../nn/index.ts'
import { bytes, compile, floats, type HostTensor, type Program, type Runtime } from '../runtime/index.ts'
import { input } from '../tensor/index.ts'

/** Named weights of a network. */
export type Weights = ReadonlyMap<string, Float32Array>

/** The size of the images. */
export type Frame = Pick<ImageSource, 'height' | 'width' | 'channels'>

/** [n, h, w] for grey images, [n, h, w, channels] for others. */
export function imageShape<N>(n: N, { height, width, channels }: Frame): (N | number)[] {
  return channels === 1 ? [n, height, width] : [n, height, width, channels]
}

/** Embeds images with weights of the moment. */
export class NetworkEmbedder {
  /** Length of an embedding. */
  readonly dim: number
  /** The network's weights, by name. */
  readonly shapes: ReadonlyMap<string, readonly number[]>
  private readonly frame: Frame
  private readonly program: Program

  private constructor(parts: { dim: number; shapes: ReadonlyMap<string, readonly number[]>; frame: Frame; program: Program }) {
    this.dim = parts.dim
    this.shapes = parts.shapes
    this.frame = parts.frame
    this.program = parts.program
  }

  /** Compiles a network in evaluation mode. @throws KindredError `usage` when it does not turn images into embeddings */
  static async create(runtime: Runtime, network: Layer, frame: Frame): Promise<NetworkEmbedder> {
    const scope = new Scope()
    const embedding = network(input('images', imageShape('N', frame), 'uint8'), scope)
    ensure(
      embedding.rank === 2 && typeof embedding.shape[1] === 'number',
      'trainEmbedder',
      'the network must turn images into embeddings [n, dim]',
      embedding.shape,
    )
    const shapes = new Map(scope.weights.map((w) => [w.name, w.shape]))
    return new NetworkEmbedder({
      dim: embedding.shape[1] as number,
      shapes,
      frame,
      program: await compile(runtime, { embedding }, { name: 'kindred-embed' }),
    })
  }

  /**
   * Embeds images, in chunks of 250, fewer where images are large.
   *
   * @param images pixels [n x height x width x channels], or a source of images
   * @param rows which images of a source, in this order; all where left out
   * @returns [n, dim], row-major
   * @throws KindredError `usage` when pixels do not fill whole images, `mismatch` when the source's images are of another size
   */
  async embed(weights: Weights, images: Uint8Array | ImageSource, rows?: Int32Array): Promise<Float32Array> {
    const { dim, frame } = this
    const each = imageBytes(frame)
    const source = images instanceof Uint8Array ? undefined : images
    if (images instanceof Uint8Array)
      ensure(images.length % each === 0, 'embed', `images must hold whole images of ${each} bytes`, images.length)
    else
      ensure(
        imageBytes(images) === each && images.height === frame.height && images.width === frame.width,
        'embed',
        `images must be ${frame.height}x${frame.width}x${frame.channels}`,
        `${images.height}x${images.width}x${images.channels}`,
      )
    const chunk = imagesARun(each)
    const n = source === undefined ? (images as Uint8Array).length / each : (rows?.length ?? source.count)
    const fixed: Record<string, HostTensor> = {}
    for (const [name, shape] of this.shapes) fixed[name] = floats(weights.get(name)!, shape)
    const out = new Float32Array(n * dim)
    for (let from = 0; from < n; from += chunk) {
      const count = Math.min(chunk, n - from)
      let pixels: Uint8Array
      if (source === undefined) pixels = (images as Uint8Array).subarray(from * each, (from + count) * each)
      else {
        pixels = new Uint8Array(count * each)
        await source.read(rows?.subarray(from, from + count) ?? Int32Array.from({ length: count }, (_, i) => from + i), pixels)
      }
      const { embedding } = await this.program.run({ ...fixed, images: bytes(pixels, imageShape(count, frame)) })
      out.set(embedding.data as Float32Array, from * dim)
    }
    return out
  }

  dispose(): Promise<void> {
    return this.program.dispose()
  }
}
