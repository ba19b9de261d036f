/**
 * @file Weights out of an ONNX model: the kernels and biases of its Conv, Gemm and MatMul nodes, in the order in which the graph runs them.
 */
import { KindredError } from '../../base/index.ts'
import { readBytes } from '../../files/index.ts'
import { decodeModel, type OnnxModel, type OnnxNode, type OnnxTensor } from '../../onnx/index.ts'
import { corrupt, type StoredArray, type StoredLayer, type WeightFile } from './weight-file.ts'

/**
 * Opens an ONNX model as a weights file.
 *
 * Dense kernels may lie either way round (Gemm's transB, MatMul), and biases in the node or in the Add behind it; kernels are handed out as [out, in].
 * @throws KindredError `not-found`, `corrupt`, `unsupported` when a layer's numbers are not in the file, or the image is flattened row by row
 */
export function openOnnxWeights(path: string): WeightFile {
  const model = decodeModel(readBytes(path, 'weights'), path)
  const layers: StoredLayer[] = []
  model.nodes.forEach((node, i) => {
    if (node.opType !== 'Conv' && node.opType !== 'Gemm' && node.opType !== 'MatMul') return
    const after = model.nodes[i + 1]
    const added =
      after?.opType === 'Add' && after.inputs.includes(node.outputs[0]) ? after.inputs.find((name) => name !== node.outputs[0]) : undefined
    const turn = node.opType === 'MatMul' || (node.opType === 'Gemm' && node.attributes.transB !== 1)
    layers.push(
      layer(model, node, node.inputs[1], node.opType === 'MatMul' || (node.inputs[2] ?? '') === '' ? added : node.inputs[2], turn, path),
    )
  })
  // Channels-last models flatten a transposed image; their first dense kernel has another order than everyone else's.
  const dense = model.nodes.findIndex((n) => n.opType === 'Gemm' || n.opType === 'MatMul')
  const rowByRow = model.nodes
    .slice(model.nodes.findLastIndex((n) => n.opType === 'MaxPool') + 1, Math.max(0, dense))
    .some((n) => n.opType === 'Transpose')
  if (rowByRow)
    throw new KindredError(
      'unsupported',
      path,
      'its image must be flattened channel by channel (c, y, x)',
      'a Transpose before the first dense layer',
      'Load the Keras .h5 that it was converted from.',
    )
  return { path, format: 'onnx', order: 'outputs-first', layers, close() {} }
}

function layer(model: OnnxModel, node: OnnxNode, kernel: string, bias: string | undefined, turn: boolean, path: string): StoredLayer {
  const k = tensor(model, kernel, node, path)
  if (bias === undefined || bias === '') throw corrupt(path, `${node.opType} ${node.name ?? kernel} must have a bias`, 'none')
  return {
    name: node.name ? node.name : kernel,
    kernel: stored(kernel, turn ? transposed(k) : k),
    bias: stored(bias, tensor(model, bias, node, path)),
  }
}

function tensor(model: OnnxModel, name: string, node: OnnxNode, path: string): OnnxTensor & { readonly data: Float32Array } {
  const t = model.initializers[name]
  if (t === undefined || t.dtype !== 'float32')
    throw new KindredError('unsupported', path, `${node.opType} must read float32 numbers that are in the file`, name)
  return t as OnnxTensor & { readonly data: Float32Array }
}

const stored = (name: string, { shape, data }: OnnxTensor & { readonly data: Float32Array }): StoredArray => ({
  name,
  shape,
  read: (from = 0, to = data.length) => data.subarray(from, to),
})

/** [in, out] -> [out, in]. */
function transposed({
  shape: [rows, columns],
  data,
}: OnnxTensor & { readonly data: Float32Array }): OnnxTensor & { readonly data: Float32Array } {
  const out = new Float32Array(data.length)
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]
  return { dtype: 'float32', shape: [columns, rows], data: out }
}
