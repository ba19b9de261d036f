/**
 * @file A model with YuNet's inputs and outputs whose answers are known: each cell of 8 pixels that is blue (mean of channel 0 / 255 is the class
 * probability) has a box of 24 pixels around its middle. The larger strides find nothing.
 */
import { encodeModel, type OnnxNode, type OnnxTensor, type OnnxValue } from '../../src/onnx/index.ts'

/** @param side of its input; @param open the input's sizes are names, as of a model exported with dynamic axes */
export function tinyYunet(side = 640, { open = false, without = '' } = {}): Uint8Array {
  const initializers: Record<string, OnnxTensor> = {}
  const nodes: OnnxNode[] = []
  const outputs: OnnxValue[] = []
  const fixed = (name: string, shape: readonly number[], value: (i: number) => number): void => {
    initializers[`${name}/value`] = {
      dtype: 'float32',
      shape,
      data: Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => value(i)),
    }
    nodes.push({ opType: 'Identity', inputs: [`${name}/value`], outputs: [name], attributes: {} })
  }
  for (const stride of [8, 16, 32]) {
    const cells = Math.ceil(side / stride) ** 2
    if (stride === 8) {
      const data = Float32Array.from({ length: 3 * 64 }, (_, i) => (i < 64 ? 1 / (64 * 255) : 0))
      initializers.blue = { dtype: 'float32', shape: [1, 3, 8, 8], data }
      initializers.rows = { dtype: 'int64', shape: [3], data: BigInt64Array.of(1n, BigInt(cells), 1n) }
      nodes.push({
        opType: 'Conv',
        inputs: ['input', 'blue'],
        outputs: ['map'],
        attributes: { kernel_shape: { ints: [8, 8] }, strides: { ints: [8, 8] } },
      })
      nodes.push({ opType: 'Reshape', inputs: ['map', 'rows'], outputs: ['cls_8'], attributes: {} })
    } else fixed(`cls_${stride}`, [1, cells, 1], () => 0)
    fixed(`obj_${stride}`, [1, cells, 1], () => 1)
    fixed(`bbox_${stride}`, [1, cells, 4], (i) => (i % 4 < 2 ? 0.5 : Math.log(3)))
    fixed(`kps_${stride}`, [1, cells, 10], () => 0.5)
    for (const [head, each] of Object.entries({ cls: 1, obj: 1, bbox: 4, kps: 10 }))
      if (`${head}_${stride}` !== without) outputs.push({ name: `${head}_${stride}`, dtype: 'float32', shape: [1, cells, each] })
  }
  return encodeModel({
    name: 'tiny-yunet',
    opset: 18,
    producer: 'test',
    producerVersion: '1',
    nodes,
    initializers,
    inputs: [{ name: 'input', dtype: 'float32', shape: open ? ['N', 3, 'H', 'W'] : [1, 3, side, side] }],
    outputs,
    metadata: {},
  })
}
