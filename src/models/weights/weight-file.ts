/**
 * @file What every weights file is to its reader: layers in order, each a kernel and a bias whose numbers are read piece by piece.
 */
import { KindredError } from '../../base/index.ts'

/** One array in a file. */
export interface StoredArray {
  /** Its name in the file, for messages. */
  readonly name: string
  readonly shape: readonly number[]
  /**
   * Numbers `from` up to `to` of the array in row-major order.
   *
   * The range must be a run of whole rows of one axis. The result may be a view of the file's bytes: it must not be changed.
   */
  read(from?: number, to?: number): Float32Array
}

/**
 * In which order a kernel is kept.
 *
 * - `inputs-first` (Keras): [h, w, in, out] and [in, out]; the first dense layer reads its image row by row: (y*W + x)*C + c
 * - `outputs-first` (PyTorch): [out, in, h, w] and [out, in]; the first dense layer reads it channel by channel: c*H*W + y*W + x
 */
export type KernelOrder = 'inputs-first' | 'outputs-first'

/** One layer with weights. */
export interface StoredLayer {
  readonly name: string
  readonly kernel: StoredArray
  readonly bias: StoredArray
}

/** An open weights file. */
export interface WeightFile {
  readonly path: string
  readonly format: 'keras-h5' | 'torch' | 'onnx'
  /** Layers in the network's order. */
  readonly layers: readonly StoredLayer[]
  readonly order: KernelOrder
  close(): void
}

/** The product of a shape. */
export const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** The error for a file that holds something else than it should. */
export function corrupt(path: string, expected: string, got: string, cause?: unknown): KindredError {
  return new KindredError(
    'corrupt',
    path,
    expected,
    got,
    'The file is damaged, or of another kind than its name says. Fetch it again.',
    cause === undefined ? undefined : { cause },
  )
}
