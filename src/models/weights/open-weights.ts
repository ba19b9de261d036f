/** @file Opens any weights file, by its first bytes, not by its name. */
import { closeSync, readSync } from 'node:fs'
import { KindredError } from '../../base/index.ts'
import { ioError, openRegular } from '../../files/index.ts'
import { openKerasH5 } from './keras-h5.ts'
import { openOnnxWeights } from './onnx-weights.ts'
import { openTorch } from './torch-pth.ts'
import type { WeightFile } from './weight-file.ts'

/**
 * Opens a Keras `.h5`, a PyTorch `.pth` or an ONNX model.
 *
 * @throws KindredError `not-found`, `corrupt`, `limit`, `unsupported`
 */
export async function openWeights(path: string): Promise<WeightFile> {
  const head = firstBytes(path, 8)
  if (head.length === 0) throw new KindredError('corrupt', path, 'a weights file must not be empty', '0 bytes', 'Fetch it again.')
  if (head.toString('latin1') === '\x89HDF\r\n\x1a\n') return openKerasH5(path)
  if (head.toString('latin1', 0, 2) === 'PK' || head[0] === 0x80) return openTorch(path)
  if (head[0] === 0x08) return openOnnxWeights(path) // ir_version, the first field of a ModelProto
  const start = head.toString('latin1')
  throw new KindredError('unsupported', path, 'weights must be a Keras .h5, a PyTorch .pth or an .onnx file', `a file that begins with ${JSON.stringify(start)}`, start.startsWith('<') ? 'This is a web page: the download went wrong.' : undefined)
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
