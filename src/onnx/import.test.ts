/**
 * @file Imported graphs compute what ONNX Runtime computes from the same file: our own exports, PyTorch's, a real MobileNetV2, and operators we never write.
 */
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { checks, drawNumbers, otherChecks, smoothInputs } from '../../test/support/primitive-checks.ts'
import { rng } from '../base/index.ts'
import { digitNetwork, initialWeights, Scope, studentNetwork } from '../nn/index.ts'
import { bytes, compile, floats, nodeRuntime, type HostTensor, type Runtime } from '../runtime/index.ts'
import { add, evaluate, grad, input, matmul, mul, sum, topologicalOrder, type NdArray, type Tensor } from '../tensor/index.ts'
import { checkModel, decodeModel, encodeModel, fromOnnx, toOnnx, type OnnxAttribute, type OnnxModel, type OnnxTensor } from './index.ts'

let runtime: Runtime
beforeAll(async () => {
  runtime = await nodeRuntime({ threads: 2 })
})

const close = (got: HostTensor, expected: HostTensor, tolerance = 1e-5): void => {
  expect(got.shape).toEqual(expected.shape)
  expect(got.dtype).toBe(expected.dtype)
  const top = Math.max(1e-3, ...[...expected.data].map((v) => Math.abs(Number(v))))
  expected.data.forEach((v, i) => expect(Math.abs(Number(got.data[i]) - Number(v))).toBeLessThan(tolerance * top))
}

/** Runs a model, and what the importer makes of it. */
async function both(
  model: OnnxModel,
  feeds: Record<string, HostTensor>,
  shapes?: Record<string, readonly (number | string)[]>,
): Promise<void> {
  const { outputs, weights } = fromOnnx(model, shapes === undefined ? {} : { shapes })
  const sizes = checkModel(encodeModel(model), 'test', { inputs: model.inputs.map((i) => feeds[i.name].shape) })
  const programs = [await runtime.load(model), await compile(runtime, outputs, { weights })]
  const [expected, got] = await Promise.all(programs.map((p) => p.run(feeds)))
  expect(Object.keys(got)).toEqual(Object.keys(expected))
  for (const name of Object.keys(expected)) {
    close(got[name], expected[name])
    expect(sizes.get(name)).toEqual(expected[name].shape)
  }
  for (const p of programs) await p.dispose()
}

describe('our own exports come back', () => {
  for (const [op, list] of Object.entries({ ...checks, ...otherChecks })) {
    if (op === 'randomUniform') continue // integer remainders cannot be said in primitives
    test.each(list.map((check, i) => ({ check, i })))(`${op} $i with its gradients`, ({ check }) => {
      const draw = drawNumbers(op, check)
      const xs = check.shapes.map((shape, i) => input(`x${i}`, shape))
      const y = check.f(...xs)
      const wrt = smoothInputs(sum(mul(y, input('weights', y.shape))), xs)
      const outputs: Record<string, Tensor> = { y }
      grad(sum(mul(y, input('weights', y.shape))), wrt).forEach((g, i) => (outputs[`g${i}`] = g))
      const numbers: Record<string, NdArray> = { weights: draw(y.shape as number[]) }
      check.shapes.forEach((shape, i) => (numbers[`x${i}`] = draw(shape)))
      const imported = fromOnnx(decodeModel(encodeModel(toOnnx(outputs))))
      const feeds = { ...numbers }
      for (const [name, data] of Object.entries(imported.weights))
        feeds[name] = { shape: imported.tensors.get(name)!.shape as number[], data: Float64Array.from(data) }
      const expected = evaluate(Object.values(outputs), numbers)
      evaluate(
        Object.keys(outputs).map((name) => imported.outputs[name]),
        feeds,
      ).forEach((got, i) => {
        expect(got.shape).toEqual(expected[i].shape)
        expected[i].data.forEach((v, j) => expect(Math.abs(got.data[j] - v)).toBeLessThan(1e-6 * Math.max(1, Math.abs(v))))
      })
    })
  }

  test.each([
    ['student', studentNetwork()],
    ['default', digitNetwork()],
  ] as const)('the %s network, any number of images', async (_, network) => {
    const scope = new Scope()
    const y = network(input('images', ['N', 28, 28], 'uint8'), scope)
    const weights = Object.fromEntries(initialWeights(scope.weights, 1))
    const model = decodeModel(encodeModel(toOnnx({ y, ...Object.fromEntries(scope.taps) }, { weights })))
    const back = fromOnnx(model)
    expect(back.outputs.y.shape).toEqual(y.shape)
    expect(
      Object.keys(back.weights)
        .filter((n) => n in weights)
        .sort(),
    ).toEqual(Object.keys(weights).sort())
    for (const n of [1, 3])
      await both(model, {
        images: bytes(
          Uint8Array.from({ length: n * 784 }, (_, i) => (i * 7919) % 251),
          [n, 28, 28],
        ),
      })
    // A second round changes nothing more.
    const again = toOnnx(back.outputs, { weights: back.weights })
    const third = fromOnnx(again)
    expect(topologicalOrder(Object.values(third.outputs)).length).toBe(topologicalOrder(Object.values(back.outputs)).length)
  })
})

test("PyTorch's export of a VGG16", async () => {
  const model = decodeModel(gunzipSync(readFileSync(new URL('../../test/golden/vgg/torchvision.onnx.gz', import.meta.url))))
  const random = rng(1)
  await both(model, {
    images: floats(
      Float32Array.from({ length: 2 * 3 * 224 * 224 }, () => random.normal()),
      [2, 3, 224, 224],
    ),
  })
})

const mobilenet = new URL('../../../shared/data/mobilenet-v2/mobilenet_v2_1.0_224.onnx', import.meta.url)
describe.skipIf(!existsSync(mobilenet))('MobileNetV2 (skipped without ../shared/data)', () => {
  const image = (n: number): HostTensor => {
    const random = rng(7)
    return floats(
      Float32Array.from({ length: n * 150528 }, () => 2 * random.uniform() - 1),
      [n, 3, 224, 224],
    )
  }

  test('imported and exported again it gives equal outputs', async () => {
    await both(decodeModel(readFileSync(mobilenet)), { input: image(2) })
  })

  test('cut at v99, given a new head, it can be fine-tuned', async () => {
    const model = decodeModel(readFileSync(mobilenet))
    const { tensors, weights, outputs, inputs } = fromOnnx(model, { outputs: ['v99'] })
    expect(outputs.v99.shape).toEqual([inputs.input.shape[0], 1280])
    const whole = await runtime.load(model)
    const cut = await compile(runtime, outputs, { weights })
    const features = (await cut.run({ input: image(1) })).v99
    close(features, (await whole.run({ input: image(1) })).v99)
    expect(Math.max(...(features.data as Float32Array))).toBeGreaterThan(0.1)

    // The last layer's kernel and a new head take a step downhill: the loss falls.
    const { outputs: two } = fromOnnx(model, { outputs: ['v99'], shapes: { input: [1, 3, 224, 224] } })
    const kernels = topologicalOrder([two.v99]).flatMap((n) => (n.op === 'conv2d' ? [n.inputs[1]] : []))
    const last = kernels.at(-1)!
    const name = (last.node.attrs as { name: string }).name
    const logits = matmul(two.v99, input('head', [1280, 3]))
    const loss = sum(mul(logits, add(logits, -1)))
    const [g] = grad(loss, [last])
    const { [name]: kernel, ...fixed } = weights
    const program = await compile(runtime, { loss, g }, { weights: fixed })
    const feeds = {
      input: image(1),
      head: floats(
        Float32Array.from({ length: 3840 }, (_, i) => ((i % 7) - 3) / 100),
        [1280, 3],
      ),
    }
    const first = await program.run({ ...feeds, [name]: floats(kernel, last.shape as number[]) })
    const gradient = first.g.data as Float32Array
    const length = gradient.reduce((a, v) => a + v * v, 0)
    expect(length).toBeGreaterThan(0)
    const rate = 1e-3 / length
    const second = await program.run({
      ...feeds,
      [name]: floats(
        kernel.map((v, i) => v - rate * gradient[i]),
        last.shape as number[],
      ),
    })
    expect(Number(second.loss.data[0]) - Number(first.loss.data[0])).toBeCloseTo(-1e-3, 4)
    expect(tensors.has('v99')).toBe(true)
  })
})

/** A model of one operator (or a chain), with arrays of random numbers. */
const f32 = (shape: readonly number[], seed = 1, positive = false): OnnxTensor => {
  const random = rng(seed)
  return {
    dtype: 'float32',
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => (positive ? 0.5 + random.uniform() : random.normal())),
  }
}
const i64 = (...values: number[]): OnnxTensor => ({ dtype: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) })
const one = (value: number): OnnxTensor => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) })
interface Step {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Record<string, OnnxAttribute>
}
function modelOf(
  steps: readonly Step[],
  shape: readonly (number | string)[],
  initializers: Record<string, OnnxTensor> = {},
  opset = 18,
  outputs = steps.at(-1)!.outputs,
): OnnxModel {
  return {
    name: 'test',
    opset,
    producer: '',
    producerVersion: '',
    metadata: {},
    initializers,
    nodes: steps.map((s) => ({ opType: s.op, inputs: s.inputs, outputs: s.outputs, attributes: s.attributes ?? {} })),
    inputs: [{ name: 'x', dtype: 'float32', shape }],
    outputs: outputs.map((name) => ({ name, dtype: 'float32', shape: [] })),
  }
}
const single = (
  op: string,
  shape: readonly number[],
  attributes: Record<string, OnnxAttribute> = {},
  initializers: Record<string, OnnxTensor> = {},
  opset = 18,
): OnnxModel => modelOf([{ op, inputs: ['x', ...Object.keys(initializers)], outputs: ['y'], attributes }], shape, initializers, opset)

const image = [2, 4, 9, 7]
const cases: Record<string, OnnxModel> = {
  'AveragePool padded': single('AveragePool', image, { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
  'AveragePool counting its padding': single('AveragePool', image, {
    kernel_shape: [3, 2],
    strides: [2, 1],
    pads: [1, 0, 1, 1],
    count_include_pad: 1,
  }),
  'AveragePool rounded up': single('AveragePool', image, { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }, {}, 19),
  'AveragePool same upper': single('AveragePool', image, { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'SAME_UPPER' }),
  'MaxPool rounded up': single('MaxPool', image, { kernel_shape: [2, 3], strides: [2, 2], ceil_mode: 1 }),
  'MaxPool same lower': single('MaxPool', image, { kernel_shape: [2, 2], strides: [2, 2], auto_pad: 'SAME_LOWER' }),
  GlobalAveragePool: single('GlobalAveragePool', image),
  GlobalMaxPool: single('GlobalMaxPool', image),
  'Conv same': single('Conv', image, { strides: [2, 2], auto_pad: 'SAME_UPPER' }, { w: f32([6, 4, 3, 2]) }),
  'Conv grouped, dilated, padded unevenly': single(
    'Conv',
    image,
    { group: 2, dilations: [2, 1], pads: [1, 0, 2, 1] },
    { w: f32([6, 2, 3, 3]), b: f32([6], 2) },
  ),
  ConvTranspose: single(
    'ConvTranspose',
    image,
    { group: 2, strides: [2, 3], pads: [1, 0, 1, 2], dilations: [1, 2], output_padding: [1, 0] },
    { w: f32([4, 3, 3, 2]), b: f32([6], 2) },
  ),
  BatchNormalization: single(
    'BatchNormalization',
    image,
    { epsilon: { float: 1e-3 } },
    { s: f32([4]), b: f32([4], 2), m: f32([4], 3), v: f32([4], 4, true) },
  ),
  InstanceNormalization: single('InstanceNormalization', image, {}, { s: f32([4]), b: f32([4], 2) }),
  LayerNormalization: single('LayerNormalization', [3, 5, 4], { axis: -2 }, { s: f32([5, 4]), b: f32([5, 4], 2) }),
  LpNormalization: single('LpNormalization', [3, 5], { axis: 1, p: 2 }),
  LRN: single('LRN', image, { size: 3, alpha: { float: 0.3 }, beta: { float: 0.6 }, bias: { float: 1.5 } }),
  'Gemm scaled': single('Gemm', [3, 5], { alpha: { float: 0.5 }, beta: { float: 2 }, transA: 1 }, { w: f32([3, 2]), b: f32([2], 2) }),
  'MatMul with a vector': single('MatMul', [2, 3, 5], {}, { w: f32([5]) }),
  'Clip of opset 6': single('Clip', [3, 5], { min: { float: -0.5 }, max: { float: 0.4 } }, {}, 6),
  'Clip by inputs': single('Clip', [3, 5], {}, { lo: one(0), hi: one(0.6) }),
  HardSwish: single('HardSwish', [3, 5]),
  HardSigmoid: single('HardSigmoid', [3, 5], { alpha: { float: 0.3 } }),
  LeakyRelu: single('LeakyRelu', [3, 5], { alpha: { float: 0.1 } }),
  PRelu: single('PRelu', image, {}, { slope: f32([4, 1, 1]) }),
  Elu: single('Elu', [3, 5], { alpha: { float: 1.3 } }),
  Selu: single('Selu', [3, 5]),
  Softplus: single('Softplus', [3, 5]),
  Softsign: single('Softsign', [3, 5]),
  Ceil: single('Ceil', [3, 5]),
  Reciprocal: single('Reciprocal', [3, 5]),
  'Mean of three': single('Mean', [3, 5], {}, { a: f32([3, 5]), b: f32([5], 2) }),
  'Softmax of opset 11': single('Softmax', [2, 3, 4], { axis: 1 }, {}, 11),
  'LogSoftmax of opset 13': single('LogSoftmax', [2, 3, 4], { axis: 1 }, {}, 13),
  'ReduceSum of opset 11': single('ReduceSum', [2, 3, 4], { axes: [0, 2], keepdims: 0 }, {}, 11),
  ReduceL2: single('ReduceL2', [2, 3, 4], { keepdims: 0 }, { axes: i64(1) }),
  ReduceLogSumExp: single('ReduceLogSumExp', [2, 3, 4], {}, { axes: i64(-1) }),
  'ReduceSumSquare of all': single('ReduceSumSquare', [2, 3], { keepdims: 1 }),
  'Slice with steps and from the end': single('Slice', [6, 9], {}, { s: i64(-2, 1), e: i64(-100, 1000), a: i64(0, 1), st: i64(-2, 3) }),
  'Slice of opset 9': single('Slice', [6, 9], { starts: [1], ends: [-1], axes: [1] }, {}, 9),
  'Pad with a number': single('Pad', [3, 4], {}, { p: i64(1, 0, 0, 2), v: one(2.5) }),
  'Pad mirrored': single('Pad', [4, 5], { mode: 'reflect' }, { p: i64(2, 1, 3, 0) }),
  'Pad with the edge': single('Pad', [4, 5], { mode: 'edge' }, { p: i64(2, 1, 3, 0) }),
  'Pad that crops': single('Pad', [4, 5], {}, { p: i64(0, -1, -1, -2) }),
  'Gather from the end': single('Gather', [4, 5], { axis: 1 }, { i: i64(-1, 0, 2) }),
  Tile: single('Tile', [2, 3], {}, { r: i64(2, 2) }),
  'Squeeze and Unsqueeze': modelOf(
    [
      { op: 'Unsqueeze', inputs: ['x', 'a'], outputs: ['u'] },
      { op: 'Squeeze', inputs: ['u', 'b'], outputs: ['y'] },
    ],
    [1, 3, 1],
    { a: i64(0, -1), b: i64(1) },
  ),
  'Split of three': modelOf([{ op: 'Split', inputs: ['x', 's'], outputs: ['p', 'q', 'r'], attributes: { axis: 1 } }], [2, 7], {
    s: i64(1, 4, 2),
  }),
  'Split evenly, the last one smaller': modelOf(
    [{ op: 'Split', inputs: ['x'], outputs: ['p', 'q', 'r'], attributes: { axis: 1, num_outputs: 3 } }],
    [2, 7],
  ),
  'Flatten at 2': single('Flatten', [2, 3, 4, 5], { axis: 2 }),
  'Constants in the graph': modelOf(
    [
      { op: 'Constant', inputs: [], outputs: ['k'], attributes: { value: f32([5]) } },
      { op: 'Constant', inputs: [], outputs: ['h'], attributes: { value_float: { float: 0.25 } } },
      { op: 'Mul', inputs: ['x', 'k'], outputs: ['m'] },
      { op: 'Sub', inputs: ['m', 'h'], outputs: ['y'] },
    ],
    [3, 5],
  ),
}

describe('operators that we never write equal ONNX Runtime', () => {
  test.each(Object.keys(cases))('%s', async (name) => {
    const shape = cases[name].inputs[0].shape as number[]
    await both(cases[name], { x: floats(f32(shape, 9).data as Float32Array, shape) })
  })
})

test('arithmetic on shapes leaves no trace, and a named batch stays', async () => {
  const steps: Step[] = [
    { op: 'Shape', inputs: ['x'], outputs: ['s'] },
    { op: 'Gather', inputs: ['s', 'zero'], outputs: ['n'], attributes: { axis: 0 } },
    { op: 'Slice', inputs: ['s', 'from', 'to'], outputs: ['rest'] },
    { op: 'ReduceProd', inputs: ['rest'], outputs: ['p'], attributes: { keepdims: 1 } },
    { op: 'Unsqueeze', inputs: ['n', 'first'], outputs: ['nv'] },
    { op: 'Concat', inputs: ['nv', 'p'], outputs: ['target'], attributes: { axis: 0 } },
    { op: 'Reshape', inputs: ['x', 'target'], outputs: ['flat'] },
    { op: 'Add', inputs: ['flat', 'w'], outputs: ['y'] },
  ]
  const model = modelOf(steps, ['batch', 3, 4], {
    zero: { dtype: 'int64', shape: [], data: BigInt64Array.of(0n) },
    from: i64(1),
    to: i64(100),
    first: i64(0),
    w: f32([12]),
  })
  const { outputs } = fromOnnx(model)
  expect(outputs.y.shape).toEqual(['batch', 12])
  expect(topologicalOrder([outputs.y]).map((n) => n.op)).toEqual(['input', 'reshape', 'input', 'add'])
  for (const n of [1, 4]) await both(model, { x: floats(f32([n, 3, 4]).data as Float32Array, [n, 3, 4]) })
})

describe('what cannot be read is told by name', () => {
  test('an operator without an equal', () => {
    expect(() => fromOnnx(single('NonZero', [2, 3]))).toThrow(
      expect.objectContaining({
        code: 'unsupported',
        message: expect.stringContaining('NonZero y: the operator must be one that kindred can express, got NonZero'),
      }),
    )
    const model = modelOf(
      [
        { op: 'Relu', inputs: ['x'], outputs: ['r'] },
        { op: 'NonZero', inputs: ['r'], outputs: ['y'] },
      ],
      [2, 3],
    )
    expect(fromOnnx(model, { outputs: ['r'] }).outputs.r.shape).toEqual([2, 3])
  })
  test('names that are not there', () => {
    expect(() => fromOnnx(single('Relu', [2]), { outputs: ['z'] })).toThrow('must be values of the model, got z')
    expect(() => fromOnnx(single('Relu', [2]), { shapes: { z: [2] } })).toThrow('shapes must name inputs')
    expect(() => fromOnnx(single('Relu', [2]), { shapes: { x: [3] } })).toThrow('must fit [2]')
    expect(() => fromOnnx(modelOf([{ op: 'Add', inputs: ['x', 'gone'], outputs: ['y'] }], [2]))).toThrow('must come before it, got gone')
  })
  test('values known only when it runs, and shapes that do not fit', () => {
    expect(() => fromOnnx(modelOf([{ op: 'Reshape', inputs: ['x', 'x'], outputs: ['y'] }], [2]))).toThrow(
      'must be known when the graph is read',
    )
    expect(() => fromOnnx(single('MatMul', [2, 3], {}, { w: f32([4, 5]) }))).toThrow(/MatMul y: matmul.*inner dimensions/)
    expect(() =>
      fromOnnx(modelOf([{ op: 'AveragePool', inputs: ['x'], outputs: ['y'], attributes: { kernel_shape: [2, 2] } }], ['n', 3, 'h', 'w'])),
    ).toThrow(/AveragePool y.*\.$|known number/)
  })
})
