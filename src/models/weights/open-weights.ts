/** @file Opens any weights file, by its first bytes, not by its name. */
import { closeSync, readSync } from 'node:fs'
import { KindredError, nonFiniteAt } from '../../base/index.ts'
import { ioError, openRegular } from '../../files/index.ts'
import { openKerasH5 } from './keras-h5.ts'
import { openOnnxWeights } from './onnx-weights.ts'
import { openTorch } from './torch-pth.ts'
import { corrupt, type StoredArray, type WeightFile } from './weight-file.ts'

/**
 * Opens a Keras `.h5`, a PyTorch `.pth` or an ONNX model.
 *
 * @throws KindredError `not-found`, `corrupt` (its arrays, too, when they are read and a number is not finite), `limit`, `unsupported`
 */
export async function openWeights(path: string): Promise<WeightFile> {
  const head = firstBytes(path, 8)
  if (head.length === 0) throw new KindredError('corrupt', path, 'a weights file must not be empty', '0 bytes', 'Fetch it again.')
  if (head.toString('latin1') === '\x89HDF\r\n\x1a\n') return finiteOnly(await openKerasH5(path))
  if (head.toString('latin1', 0, 2) === 'PK' || head[0] === 0x80) return finiteOnly(openTorch(path))
  if (head[0] === 0x08) return finiteOnly(openOnnxWeights(path)) // ir_version, the first field of a ModelProto
  const start = head.toString('latin1')
  throw new KindredError(
    'unsupported',
    path,
    'weights must be a Keras .h5, a PyTorch .pth or an .onnx file',
    `a file that begins with ${JSON.stringify(start)}`,
    start.startsWith('<') ? 'This is a web page: the download went wrong.' : undefined,
  )
}

/** The same file, whose arrays refuse to be read where a number is NaN or infinite. */
function finiteOnly(file: WeightFile): WeightFile {
  const checked = (layer: string, array: StoredArray): StoredArray => ({
    ...array,
    read(from, to) {
      const values = array.read(from, to)
      const at = nonFiniteAt(values)
      if (at >= 0)
        throw corrupt(file.path, `the weights of layer ${layer} (${array.name}) must be finite numbers`, `${values[at]} among them`)
      return values
    },
  })
  return {
    ...file,
    layers: file.layers.map(({ name, kernel, bias }) => ({ name, kernel: checked(name, kernel), bias: checked(name, bias) })),
  }
}

function firstBytes(path: string, n: number): Buffer {
  const { fd } = openRegular(path, 'weights')
  try {
    const bytes = Buffer.alloc(n)
    return bytes.subarray(0, readSync(fd, bytes, 0, n, 0))
  } catch (error) {
    throw ioError('weights', path, error)
  } finally {
    closeSync(fd)
  }
}
