/** @file What is refused before ONNX Runtime sees it, and that what is followed has the sizes that ONNX Runtime gives. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { checks, otherChecks, smoothInputs } from '../../test/support/primitive-checks.ts'
import { damaged, readOrRefused } from '../../test/support/damage.ts'
import { limits, setLimits } from '../base/index.ts'
import { digitNetwork, initialWeights, Scope } from '../nn/index.ts'
import { floats, nodeRuntime, type Runtime } from '../runtime/index.ts'
import { grad, input, mul, sum, type Tensor } from '../tensor/index.ts'
import { checkModel, decodeModel, encodeModel, fromOnnx, toOnnx, type OnnxAttribute, type OnnxModel, type OnnxTensor } from './index.ts'
import { ProtoWriter } from './protobuf.ts'

let runtime: Runtime
beforeAll(async () => {
  runtime = await nodeRuntime({ threads: 1 })
})

const i64 = (...values: (number | bigint)[]): OnnxTensor => ({
  dtype: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
})
const i64Scalar = (value: number): OnnxTensor => ({ dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(value)) })
const f32 = (...values: number[]): OnnxTensor => ({ dtype: 'float32', shape: [values.length], data: Float32Array.from(values) })
const f32Scalar = (value: number): OnnxTensor => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) })
interface Step {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Record<string, OnnxAttribute>
  readonly domain?: string
}
const step = (op: string, inputs: string, outputs: string, attributes: Record<string, OnnxAttribute> = {}): Step => ({
  op,
  inputs: inputs === '' ? [] : inputs.split(' ').map((name) => (name === '-' ? '' : name)),
  outputs: outputs.split(' '),
  attributes,
})

/** A model of one float input x. */
function modelOf(shape: readonly (number | string)[], initializers: Record<string, OnnxTensor>, ...steps: Step[]): OnnxModel {
  return {
    name: 'test',
    opset: 18,
    producer: '',
    producerVersion: '',
    metadata: {},
    initializers,
    nodes: steps.map((s) => ({ opType: s.op, domain: s.domain, inputs: s.inputs, outputs: s.outputs, attributes: s.attributes ?? {} })),
    inputs: [{ name: 'x', dtype: 'float32', shape }],
    outputs: steps.at(-1)!.outputs.map((name) => ({ name, dtype: 'float32', shape: [] })),
  }
}
const checked = (model: OnnxModel) => () => checkModel(encodeModel(model), 'test.onnx')

const image = [2, 8, 4, 6]
const cases: Record<string, OnnxModel> = {
  'Resize by scales': modelOf(image, { s: f32(1, 1, 2.5, 0.5) }, step('Resize', 'x - s', 'y')),
  'Resize by sizes': modelOf(image, { s: i64(2, 8, 7, 3) }, step('Resize', 'x - - s', 'y')),
  'Resize along some axes': modelOf(image, { s: i64(9, 3) }, step('Resize', 'x - - s', 'y', { axes: [3, -2] })),
  'sizes by arithmetic in floats': modelOf(
    image,
    { from: i64(2), to: i64(4), two: f32Scalar(2.5), lead: i64(2, 8) },
    step('Shape', 'x', 's'),
    step('Slice', 's from to', 'hw'),
    step('Cast', 'hw', 'f', { to: 1 }),
    step('Mul', 'f two', 'm'),
    step('Floor', 'm', 'fl'),
    step('Cast', 'fl', 'i', { to: 7 }),
    step('Concat', 'lead i', 'sizes', { axis: 0 }),
    step('Resize', 'x - - sizes', 'y'),
  ),
  Expand: modelOf([2, 1, 3], { s: i64(4, 1, 5, 1) }, step('Expand', 'x s', 'y')),
  "PyTorch's expand, with -1 for what stays": modelOf(
    [2, 1, 3],
    { shape: i64(-1, 5, -1), rank: i64(3), minus: i64Scalar(-1) },
    step('ConstantOfShape', 'rank', 'ones', { value: i64(1) }),
    step('Mul', 'ones minus', 'm'),
    step('Equal', 'shape m', 'e'),
    step('Where', 'e ones shape', 'w'),
    step('Expand', 'x w', 'y'),
  ),
  Range: modelOf(
    [3],
    { a: i64Scalar(2), b: i64Scalar(11), s: i64Scalar(2) },
    step('Range', 'a b s', 'r'),
    step('Cast', 'r', 'y', { to: 1 }),
  ),
  'Range over a size': modelOf(
    [3, 5],
    { zero: i64Scalar(0), one: i64Scalar(1) },
    step('Shape', 'x', 's'),
    step('Gather', 's one', 'n'),
    step('Range', 'zero n one', 'r'),
    step('Cast', 'r', 'y', { to: 1 }),
  ),
  OneHot: modelOf(
    [3, 5],
    { depth: i64(7), v: f32(0, 1) },
    step('ArgMax', 'x', 'i', { axis: 1, keepdims: 0 }),
    step('OneHot', 'i depth v', 'y', { axis: 0 }),
  ),
  TopK: modelOf([3, 5], { k: i64(2) }, step('TopK', 'x k', 'v i'), step('Relu', 'v', 'y')),
  DepthToSpace: modelOf(image, {}, step('DepthToSpace', 'x', 'y', { blocksize: 2 })),
  SpaceToDepth: modelOf(image, {}, step('SpaceToDepth', 'x', 'y', { blocksize: 2 })),
  GatherND: modelOf(
    [3, 4, 5],
    { i: { dtype: 'int64', shape: [2, 2], data: BigInt64Array.of(0n, 1n, 2n, 3n) } },
    step('GatherND', 'x i', 'y'),
  ),
  Gather: modelOf(
    [3, 4, 5],
    { i: { dtype: 'int64', shape: [2, 2], data: BigInt64Array.of(0n, 1n, 2n, 3n) } },
    step('Gather', 'x i', 'y', { axis: 1 }),
  ),
  Einsum: modelOf(
    [3, 4],
    { w: { dtype: 'float32', shape: [5, 4], data: new Float32Array(20) } },
    step('Einsum', 'x w', 'y', { equation: 'ij, kj -> ki' }),
  ),
  'ConvTranspose with a given shape': modelOf(
    image,
    { w: { dtype: 'float32', shape: [8, 3, 2, 2], data: new Float32Array(96) } },
    step('ConvTranspose', 'x w', 'y', { strides: [2, 2], output_shape: [9, 13] }),
  ),
  'ConvTranspose, same': modelOf(
    image,
    { w: { dtype: 'float32', shape: [8, 3, 3, 3], data: new Float32Array(216) } },
    step('ConvTranspose', 'x w', 'y', { strides: [2, 2], auto_pad: 'SAME_UPPER' }),
  ),
  'MaxPool and back': modelOf(
    image,
    {},
    step('MaxPool', 'x', 'p i', { kernel_shape: [2, 2], strides: [2, 2] }),
    step('MaxUnpool', 'p i', 'y', { kernel_shape: [2, 2], strides: [2, 2] }),
  ),
  'Pad along some axes': modelOf([3, 4], { p: i64(1, 2), v: f32Scalar(0), a: i64(-1) }, step('Pad', 'x p v a', 'y')),
  'Slice backwards': modelOf([9], { s: i64(-1), e: i64(-100), a: i64(0), st: i64(-3) }, step('Slice', 'x s e a st', 'y')),
  'Flatten from behind': modelOf([2, 3, 4], {}, step('Flatten', 'x', 'y', { axis: -1 })),
  'Flatten behind the last axis': modelOf([2, 3, 4], {}, step('Flatten', 'x', 'y', { axis: 3 })),
  'Reshape with 0 and -1': modelOf([2, 3, 4], { s: i64(0, -1) }, step('Reshape', 'x s', 'y')),
  'matrices in stacks': modelOf(
    [2, 1, 3, 4],
    { w: { dtype: 'float32', shape: [5, 4, 2], data: new Float32Array(40) } },
    step('MatMul', 'x w', 'y'),
  ),
  'Squeeze all': modelOf([1, 3, 1], {}, step('Squeeze', 'x', 'y')),
  'broadcasting from both sides': modelOf(
    [4, 1, 3],
    { w: { dtype: 'float32', shape: [2, 1], data: new Float32Array(2) } },
    step('Add', 'x w', 'y'),
  ),
  'a pool with a ceiling': modelOf(image, {}, step('LpPool', 'x', 'y', { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 })),
  'random numbers': modelOf([2], {}, step('RandomNormal', '', 'y', { shape: [3, 4] })),
  'a constant shape': modelOf([2], { s: i64(2, 0, 3) }, step('ConstantOfShape', 's', 'y')),
}

describe('sizes that are followed are those of ONNX Runtime', () => {
  test.each(Object.keys(cases))('%s', async (name) => {
    const shape = cases[name].inputs[0].shape as number[]
    const program = await runtime.load(cases[name])
    const results = await program.run({
      x: floats(
        new Float32Array(shape.reduce((a, b) => a * b, 1)).map((_, i) => i % 7),
        shape,
      ),
    })
    await program.dispose()
    const sizes = checkModel(encodeModel(cases[name]), name)
    for (const [output, { shape: got }] of Object.entries(results)) expect(sizes.get(output)).toEqual(got)
  })

  test('of all our own graphs, with their gradients', () => {
    let followed = 0
    for (const [op, list] of Object.entries({ ...checks, ...otherChecks })) {
      for (const check of list) {
        const xs = check.shapes.map((shape, i) => input(`x${i}`, shape))
        const y = check.f(...xs)
        const outputs: Record<string, Tensor> = { y }
        if (Object.hasOwn(checks, op))
          grad(sum(mul(y, input('weights', y.shape))), smoothInputs(sum(mul(y, input('weights', y.shape))), xs)).forEach(
            (g, i) => (outputs[`g${i}`] = g),
          )
        const sizes = checkModel(encodeModel(toOnnx(outputs)), op)
        for (const [name, t] of Object.entries(outputs)) expect(sizes.get(name), `${op} ${name}`).toEqual(t.shape)
        followed += Object.keys(outputs).length
      }
    }
    expect(followed).toBeGreaterThan(100)
  })
})

const chain = (n: number, op: (from: string, to: string) => Step): Step[] =>
  Array.from({ length: n }, (_, i) => op(i === 0 ? 'x' : `v${i - 1}`, i === n - 1 ? 'y' : `v${i}`))
const bombs: Record<string, OnnxModel> = {
  'ConstantOfShape of 6 GB': modelOf([2], { s: i64(1_500_000_000) }, step('ConstantOfShape', 's', 'y')),
  'as much as a tensor of the file may have': modelOf([1], { s: i64(240_000_000) }, step('Expand', 'x s', 'y')),
  'several that repeat, each small enough': modelOf(
    [1],
    { s: i64(20_000_000) },
    ...Array.from({ length: 5 }, (_, i) => step('Expand', 'x s', `y${i}`)),
  ),
  'the same in a Constant': modelOf(
    [2],
    {},
    step('Constant', '', 's', { value_ints: [40_000, 40_000] }),
    step('ConstantOfShape', 's', 'y'),
  ),
  'many of them, each small enough': modelOf(
    [2],
    { s: i64(20_000_000) },
    ...Array.from({ length: 5 }, (_, i) => step('ConstantOfShape', 's', `y${i}`)),
  ),
  'by arithmetic on the shape': modelOf(
    [200, 200],
    { many: i64(40_000) },
    step('Shape', 'x', 's'),
    step('Mul', 's many', 'm'),
    step('ConstantOfShape', 'm', 'y'),
  ),
  Expand: modelOf([2, 1], { s: i64(2, 2 ** 31) }, step('Expand', 'x s', 'y')),
  'sizes that overflow 64 bits': modelOf([2], { s: i64(2n ** 33n, 2n ** 33n) }, step('Expand', 'x s', 'y')),
  Tile: modelOf([1000], { r: i64(10_000_000) }, step('Tile', 'x r', 'y')),
  Range: modelOf([1], { a: i64Scalar(0), b: i64Scalar(2 ** 40), s: i64Scalar(1) }, step('Range', 'a b s', 'y')),
  'Range that stands still': modelOf([1], { a: i64Scalar(0), b: i64Scalar(5), s: i64Scalar(0) }, step('Range', 'a b s', 'y')),
  Pad: modelOf([3, 4], { p: i64(0, 0, 2 ** 31, 2) }, step('Pad', 'x p', 'y')),
  Resize: modelOf([1, 3, 224, 224], { s: f32(1, 1, 1000, 1000) }, step('Resize', 'x - s', 'y')),
  OneHot: modelOf([3, 5], { depth: i64(2 ** 40), v: f32(0, 1) }, step('ArgMax', 'x', 'i', { axis: 1 }), step('OneHot', 'i depth v', 'y')),
  'random numbers': modelOf([2], {}, step('RandomNormal', '', 'y', { shape: [100_000, 100_000] })),
  'doubling, 40 times': modelOf([3], {}, ...chain(40, (from, to) => step('Concat', `${from} ${from}`, to, { axis: 0 }))),
  'outer sum': modelOf([100_000], { c: i64(-1, 1) }, step('Reshape', 'x c', 'column'), step('Add', 'x column', 'y')),
  'outer product': modelOf([100_000, 1], { r: i64(1, -1) }, step('Reshape', 'x r', 'row'), step('MatMul', 'x row', 'y')),
  'ConvTranspose with a given shape': modelOf(
    [1, 1, 2, 2],
    { w: { dtype: 'float32', shape: [1, 1, 2, 2], data: new Float32Array(4) } },
    step('ConvTranspose', 'x w', 'y', { output_shape: [100_000, 100_000] }),
  ),
  'ConvTranspose with strides': modelOf(
    [1, 1, 2, 2],
    { w: { dtype: 'float32', shape: [1, 1, 2, 2], data: new Float32Array(4) } },
    step('ConvTranspose', 'x w', 'y', { strides: [100_000, 100_000] }),
  ),
  'a convolution over nothing but padding': modelOf(
    [1, 1, 2, 2],
    { w: { dtype: 'float32', shape: [1, 1, 2, 2], data: new Float32Array(4) } },
    step('Conv', 'x w', 'y', { pads: [50_000, 50_000, 50_000, 50_000] }),
  ),
  Einsum: modelOf([100_000], {}, step('Einsum', 'x x', 'y', { equation: 'i,j->ij' })),
  'an input that is too large': modelOf([100_000, 100_000], {}, step('Relu', 'x', 'y')),
}

describe('small files that ask for all memory', () => {
  test.each(Object.keys(bombs))('%s', (name) => {
    const bytes = encodeModel(bombs[name])
    expect(bytes.length).toBeLessThan(4000)
    expect(() => checkModel(bytes, 'bomb.onnx')).toThrow(
      expect.objectContaining({ code: 'limit', message: expect.stringMatching(/bomb\.onnx, .*(tensorElements|unpackedBytes)/) }),
    )
  })
  test.each(Object.keys(bombs))('%s, read into our own graph, takes neither time nor memory', async (name) => {
    const before = process.memoryUsage().rss
    const { value } = await readOrRefused(() => fromOnnx(decodeModel(encodeModel(bombs[name]))), 2)
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6)
    for (const t of value?.tensors.values() ?? [])
      expect(t.shape.reduce<number>((n, d) => n * Number(d), 1)).toBeLessThanOrEqual(limits().tensorElements)
  })
  test('a size that is known only when it runs', () => {
    const late = modelOf([100], {}, step('NonZero', 'x', 'n'), step('Shape', 'n', 's'), step('ConstantOfShape', 's', 'y'))
    expect(checked(late)).toThrow(/ConstantOfShape y: the size of what it makes must follow from the sizes of the model's inputs/)
    const undo = setLimits({ tensorElements: Infinity })
    try {
      expect(checked(late)).not.toThrow()
    } finally {
      undo()
    }
  })
  test.each<[string, OnnxModel]>([
    ['Slice', modelOf([9], { s: i64(-1), e: i64(-100), a: i64(2 ** 31), st: i64(-3) }, step('Slice', 'x s e a st', 'y'))],
    ['Pad', modelOf([9], { p: i64(1, 1), v: f32Scalar(0), a: i64(2 ** 40) }, step('Pad', 'x p v a', 'y'))],
    ['Resize', modelOf(image, { s: i64(9) }, step('Resize', 'x - - s', 'y', { axes: [2 ** 40] }))],
    ['Concat', modelOf([9], {}, step('Concat', 'x x', 'y', { axis: 2 ** 40 }))],
    ['Gather', modelOf([9], { i: i64(1) }, step('Gather', 'x i', 'y', { axis: -(2 ** 40) }))],
    ['Flatten', modelOf([9], {}, step('Flatten', 'x', 'y', { axis: 2 ** 40 }))],
  ])('%s along an axis that is not there', async (_, model) => {
    expect((await readOrRefused(() => checkModel(encodeModel(model)), 0.5)).refused).toMatchObject({ code: 'corrupt' })
    expect((await readOrRefused(() => fromOnnx(decodeModel(encodeModel(model))), 0.5)).refused?.code).toMatch(/corrupt|unsupported/)
  })
  test('what is large and lies in the file is no bomb', () => {
    const w: OnnxTensor = { dtype: 'float32', shape: [3000, 3000], data: new Float32Array(9e6).fill(0.5) }
    expect(
      checked(modelOf([1, 3000], { w }, step('Transpose', 'w', 't'), step('Identity', 't', 'u'), step('MatMul', 'x u', 'y'))),
    ).not.toThrow()
  })
})

/** A ModelProto with a graph made by hand; `more` adds to the model. */
function byHand(graph: (g: ProtoWriter) => ProtoWriter, more = (m: ProtoWriter) => m): Uint8Array {
  const type = new ProtoWriter().message(
    1,
    new ProtoWriter().int(1, 1).message(2, new ProtoWriter().message(1, new ProtoWriter().int(1, 3))),
  )
  const ends = (field: number, name: string) => (g: ProtoWriter) => g.message(field, new ProtoWriter().string(1, name).message(2, type))
  const g = ends(12, 'y')(ends(11, 'x')(graph(new ProtoWriter())))
  return more(new ProtoWriter().int(1, 8).message(7, g).message(8, new ProtoWriter().string(1, '').int(2, 18))).finish()
}
const node = (op: string, inputs: string[], output: string, ...attributes: ProtoWriter[]): ProtoWriter => {
  const w = new ProtoWriter()
  for (const name of inputs) w.string(1, name)
  w.string(2, output).string(4, op)
  for (const a of attributes) w.message(5, a)
  return w
}
const relu = (g: ProtoWriter) => g.message(1, node('Relu', ['x'], 'y'))
const tensor = (name: string, dims: number[], type: number, fill: (t: ProtoWriter) => ProtoWriter) =>
  fill(new ProtoWriter().packedInts(1, dims).int(2, type).string(8, name))
const raw = (bytes: Uint8Array | Float32Array) => (t: ProtoWriter) =>
  t.bytes(9, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
const withTensor = (t: ProtoWriter) => byHand((g) => relu(g).message(5, t))
const inAttribute = (t: ProtoWriter) =>
  byHand((g) => relu(g).message(1, node('Constant', [], 'c', new ProtoWriter().string(1, 'value').message(5, t).int(20, 4))))
const body = new ProtoWriter().message(1, node('Identity', ['x'], 'z')).string(2, 'body')
const attribute = (name: string, type: number, fill: (a: ProtoWriter) => ProtoWriter = (a) => a) =>
  fill(new ProtoWriter().string(1, name)).int(20, type)

test('the model that is made by hand is good', () => {
  expect([...checkModel(byHand(relu), 'hand').values()]).toEqual([[3], [3]])
})

describe('what must not run', () => {
  test.each<[string, Uint8Array, RegExp]>([
    [
      'a loop of 2^62',
      byHand((g) =>
        g
          .message(
            5,
            tensor('n', [], 7, (t) => t.packedInts(7, [2n ** 62n])),
          )
          .message(
            1,
            node(
              'Loop',
              ['n', '', 'x'],
              'y',
              attribute('body', 5, (a) => a.message(6, body)),
            ),
          ),
      ),
      /Loop y: a model must run straight through/,
    ],
    [
      'a branch',
      byHand((g) =>
        g.message(
          1,
          node(
            'If',
            ['x'],
            'y',
            attribute('then_branch', 5, (a) => a.message(6, body)),
            attribute('else_branch', 5, (a) => a.message(6, body)),
          ),
        ),
      ),
      /If y: a model must run straight through/,
    ],
    [
      'a scan',
      byHand((g) =>
        g.message(
          1,
          node(
            'Scan',
            ['x'],
            'y',
            attribute('body', 5, (a) => a.message(6, body)),
          ),
        ),
      ),
      /Scan y/,
    ],
    [
      'graphs in a list',
      byHand((g) =>
        g.message(
          1,
          node(
            'Relu',
            ['x'],
            'y',
            attribute('bodies', 10, (a) => a.message(11, body)),
          ),
        ),
      ),
      /Relu y: a model must run straight through/,
    ],
    ['a function of its own', byHand(relu, (m) => m.message(25, new ProtoWriter().string(1, 'f'))), /must not bring functions of its own/],
    [
      'another set of operators',
      byHand((g) => g.message(1, node('TreeEnsembleClassifier', ['x'], 'y').string(7, 'ai.onnx.ml'))),
      /must be of ONNX or ONNX Runtime.*got domain ai\.onnx\.ml/,
    ],
    ["a file in ONNX Runtime's own format", Buffer.from('\x12\x06\x00\x00ORTM\x00\x00\x00\x00', 'latin1'), /\(\.ort\)/],
    [
      'numbers in another file',
      withTensor(
        tensor('w', [2], 1, (t) => t.message(13, new ProtoWriter().string(1, 'location').string(2, '../../../etc/passwd')).int(14, 1)),
      ),
      /tensor w must be inside the file, got external data/,
    ],
    ['numbers elsewhere, without saying where', withTensor(tensor('w', [2], 1, (t) => t.int(14, 1))), /must be inside the file/],
    [
      'an attribute with numbers in another file',
      inAttribute(tensor('w', [2], 1, (t) => t.message(13, new ProtoWriter().string(1, 'location').string(2, '/etc/passwd')).int(14, 1))),
      /must be inside the file/,
    ],
    [
      'one in a list of tensors',
      byHand((g) =>
        relu(g).message(
          1,
          node(
            'Constant',
            [],
            'c',
            attribute('values', 9, (a) =>
              a.message(
                10,
                tensor('w', [2], 1, (t) => t.int(14, 1)),
              ),
            ),
          ),
        ),
      ),
      /must be inside the file/,
    ],
    ['a sparse tensor', byHand((g) => relu(g).message(15, new ProtoWriter().packedInts(3, [2 ** 40]))), /must not be sparse/],
    [
      'a sparse constant',
      byHand((g) =>
        relu(g).message(
          1,
          node(
            'Constant',
            [],
            'c',
            attribute('sparse_value', 11, (a) => a.message(22, new ProtoWriter().packedInts(3, [2 ** 40]))),
          ),
        ),
      ),
      /must not be sparse/,
    ],
    [
      'a tensor in segments',
      withTensor(tensor('w', [2], 1, (t) => t.message(3, new ProtoWriter().int(1, 0).int(2, 1)))),
      /must be in one piece/,
    ],
    [
      'an attribute of a function',
      byHand((g) =>
        g.message(
          1,
          node(
            'Relu',
            ['x'],
            'y',
            attribute('a', 1, (a) => a.string(21, 'b')),
          ),
        ),
      ),
      /which refers to one of a function/,
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => checkModel(bytes, 'bad.onnx')).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/unsupported|corrupt/), message: expect.stringMatching(message) }),
    )
  })
})

describe('numbers that are none', () => {
  const half = (bits: number) => Uint8Array.of(0, 0x3c, bits & 255, bits >> 8)
  test.each<[string, ProtoWriter, RegExp]>([
    ['NaN', tensor('w', [3], 1, raw(Float32Array.of(1, NaN, 2))), /tensor w: its numbers must be finite, got NaN as number 2 of 3/],
    ['Infinity', tensor('w', [3], 1, raw(Float32Array.of(1, 2, -Infinity))), /got Infinity as number 3 of 3/],
    ['NaN in a list', tensor('w', [2], 1, (t) => t.packedFloats(4, Float32Array.of(NaN, 1))), /got NaN as number 1 of 2/],
    ['a float16 NaN', tensor('w', [2], 10, raw(half(0x7e00))), /got NaN as number 2 of 2/],
    ['a float16 Infinity', tensor('w', [2], 10, raw(half(0xfc00))), /got Infinity as number 2 of 2/],
    ['a float64 NaN', tensor('w', [2], 11, raw(new Uint8Array(Float64Array.of(1, NaN).buffer))), /got NaN as number 2 of 2/],
    ['a bfloat16 NaN', tensor('w', [1], 16, raw(Uint8Array.of(0xc0, 0x7f))), /got NaN as number 1 of 1/],
    ['a single NaN', tensor('w', [], 1, raw(Float32Array.of(NaN))), /got NaN/],
  ])('%s', (_, t, message) => {
    expect(() => checkModel(withTensor(t), 'nan.onnx')).toThrow(
      expect.objectContaining({ code: 'corrupt', message: expect.stringMatching(message) }),
    )
    expect(() => checkModel(inAttribute(t), 'nan.onnx')).toThrow(/Constant c, value: its numbers must be finite/)
  })
  test.each<[string, ProtoWriter]>([
    ['the bound of a Clip', tensor('w', [], 1, raw(Float32Array.of(Infinity)))],
    ['the largest finite numbers', tensor('w', [2], 1, raw(Float32Array.of(3.4028234663852886e38, -3.4028234663852886e38)))],
    ['the largest finite float16', tensor('w', [2], 10, raw(half(0x7bff)))],
    ['the largest finite float64', tensor('w', [1], 11, raw(new Uint8Array(Float64Array.of(Number.MAX_VALUE).buffer)))],
  ])('%s may be', (_, t) => {
    expect(() => checkModel(withTensor(t), 'good.onnx')).not.toThrow()
  })
  test('in attributes', () => {
    for (const a of [
      attribute('alpha', 1, (w) => w.float(2, NaN)),
      attribute('scales', 6, (w) => w.packedFloats(7, Float32Array.of(1, Infinity))),
    ]) {
      expect(() =>
        checkModel(
          byHand((g) => g.message(1, node('LeakyRelu', ['x'], 'y', a))),
          'nan.onnx',
        ),
      ).toThrow(/LeakyRelu y: attribute \w+ must hold finite numbers/)
    }
  })
})

describe('files that do not agree with themselves', () => {
  test.each<[string, Uint8Array, RegExp]>([
    [
      'raw data that is no whole number of floats',
      withTensor(tensor('w', [2], 1, raw(new Uint8Array(7)))),
      /tensor w \[2\] must hold 2 values, 8 bytes, got 7 bytes/,
    ],
    ['raw data for another shape', withTensor(tensor('w', [3], 1, raw(new Uint8Array(8)))), /must hold 3 values, 12 bytes, got 8 bytes/],
    [
      'a list of floats cut in one',
      withTensor(tensor('w', [2], 1, (t) => t.bytes(4, new Uint8Array(7)))),
      /must hold numbers of 4 bytes, got 7 bytes/,
    ],
    [
      'numbers in two ways',
      withTensor(tensor('w', [2], 1, (t) => raw(new Uint8Array(8))(t).packedFloats(4, Float32Array.of(1, 2)))),
      /must hold its numbers in one way/,
    ],
    ['floats listed as integers', withTensor(tensor('w', [2], 1, (t) => t.packedInts(7, [1, 2]))), /as its type 1 asks/],
    [
      'a negative size',
      withTensor(tensor('w', [-3, -4], 1, raw(new Uint8Array(48)))),
      /must be whole numbers of at least 0, got \[-3, -4\]/,
    ],
    ['a size above 2^53', withTensor(tensor('w', [], 1, (t) => t.packedInts(1, [2n ** 62n]))), /must be whole numbers/],
    ['no element type', withTensor(tensor('w', [1], 0, raw(new Uint8Array(4)))), /must have an element type of ONNX, got 0/],
    ['an unknown element type', withTensor(tensor('w', [1], 99, raw(new Uint8Array(4)))), /must have an element type of ONNX, got 99/],
    [
      'two tensors of one name',
      byHand((g) =>
        relu(g)
          .message(5, tensor('w', [1], 2, raw(new Uint8Array(1))))
          .message(5, tensor('w', [1], 2, raw(new Uint8Array(1)))),
      ),
      /different names, got w twice/,
    ],
    [
      'two graphs, which protobuf would merge',
      byHand(relu, (m) => m.message(7, new ProtoWriter().message(1, node('Loop', ['x'], 'z')))),
      /graph must come once/,
    ],
    ['two sets of operators for one domain', byHand(relu, (m) => m.message(8, new ProtoWriter().int(2, 7))), /imported once/],
    [
      'two attributes of one name',
      byHand((g) =>
        g.message(
          1,
          node(
            'Elu',
            ['x'],
            'y',
            attribute('alpha', 1, (a) => a.float(2, 1)),
            attribute('alpha', 1, (a) => a.float(2, 2)),
          ),
        ),
      ),
      /different names, got alpha twice/,
    ],
    [
      'an attribute with two values',
      byHand((g) =>
        g.message(
          1,
          node(
            'Elu',
            ['x'],
            'y',
            attribute('alpha', 1, (a) => a.float(2, 1).int(3, 1)),
          ),
        ),
      ),
      /must hold one value of its type/,
    ],
    [
      'an attribute of another type',
      byHand((g) =>
        g.message(
          1,
          node(
            'Elu',
            ['x'],
            'y',
            attribute('alpha', 2, (a) => a.float(2, 1)),
          ),
        ),
      ),
      /must hold one value of its type/,
    ],
    ['a value that is made twice', byHand((g) => relu(g).message(1, node('Neg', ['x'], 'y'))), /Neg y: each value must be made once/],
    [
      'a value that nobody makes',
      byHand((g) => g.message(1, node('Add', ['x', 'gone'], 'y'))),
      /Add y: its inputs must be made before it, got gone/,
    ],
    [
      'nodes in a ring',
      byHand((g) => g.message(1, node('Neg', ['y'], 'z')).message(1, node('Neg', ['z'], 'y'))),
      /must be made before it, got y/,
    ],
    ['an output that nobody makes', byHand((g) => g.message(1, node('Relu', ['x'], 'z'))), /each output must be made by a node, got y/],
    ['a node without an operator', byHand((g) => g.message(1, node('', ['x'], 'y'))), /must name its operator/],
    ['a name that is no text', byHand((g) => relu(g).bytes(2, Uint8Array.of(0xff))), /must be a text in UTF-8/],
    [
      'a graph that is a number',
      new ProtoWriter().int(1, 8).int(7, 5).finish(),
      /graph \(field 7\) must be written as its type is, got wire type 0/,
    ],
    [
      'a length of 2^64 - 1',
      Uint8Array.of(8, 8, 0x3a, ...new Array<number>(9).fill(0xff), 1),
      /18446744073709551615 more bytes must follow/,
    ],
    ['a field number of 2^32', Uint8Array.of(8, 8, 0x80, 0x80, 0x80, 0x80, 0x80, 1), /field numbers must be/],
  ])('%s', (_, bytes, message) => {
    for (const read of [checkModel, decodeModel]) {
      if (read === decodeModel && /made|nobody|ring/.test(_)) continue // what the importer sees to
      expect(() => read(bytes, 'bad.onnx')).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/corrupt|unsupported/), message: expect.stringMatching(message) }),
      )
    }
  })
  test('more elements than a tensor may have, and more axes', () => {
    for (const read of [checkModel, decodeModel]) {
      expect(() => read(withTensor(tensor('w', [50_000, 50_000], 1, (t) => t)), 'big.onnx')).toThrow(/limit tensorElements/)
      expect(() => read(withTensor(tensor('w', new Array<number>(65).fill(1), 2, raw(new Uint8Array(1)))), 'big.onnx')).toThrow(
        /limit nesting/,
      )
    }
  })
  test('more fields than the limit', () => {
    const undo = setLimits({ entries: 100 })
    try {
      expect(() =>
        decodeModel(
          byHand((g) => Array.from({ length: 60 }, (_, i) => i).reduce((w, i) => w.message(1, node('Relu', ['x'], `y${i}`)), g)),
          'long.onnx',
        ),
      ).toThrow(expect.objectContaining({ code: 'limit' }))
    } finally {
      undo()
    }
  })
})

describe('long lists and left-out values', () => {
  test('an attribute of 300,000 numbers, packed and one by one', () => {
    const many = Float32Array.from({ length: 300_000 }, (_, i) => i)
    const model = modelOf(
      [3],
      {},
      step('Constant', '', 'c', { value_floats: many }),
      step('Constant', '', 'd', { value_ints: Array.from(many) }),
      step('Relu', 'x', 'y'),
    )
    const back = decodeModel(encodeModel(model))
    expect(back.nodes[0].attributes.value_floats).toEqual(many)
    expect((back.nodes[1].attributes.value_ints as number[]).length).toBe(300_000)
    expect(() => checkModel(encodeModel(model))).not.toThrow()
    const single = Array.from({ length: 300_000 }, (_, i) => i)
      .reduce((a) => a.float(7, 0.5), new ProtoWriter().string(1, 'value_floats'))
      .int(20, 6)
    expect(
      (decodeModel(byHand((g) => relu(g).message(1, node('Constant', [], 'c', single)))).nodes[1].attributes.value_floats as Float32Array)
        .length,
    ).toBe(300_000)
  })
  test('a zero that its writer left out is a zero', () => {
    const back = decodeModel(
      byHand((g) =>
        g.message(1, node('Flatten', ['x'], 'y', attribute('axis', 2), attribute('f', 1), attribute('s', 3), attribute('list', 7))),
      ),
    )
    expect(back.nodes[0].attributes).toEqual({ axis: 0, f: { float: 0 }, s: '', list: [] })
  })
  test('integers beyond 2^53 stay what they are in tensors', () => {
    const { initializers } = decodeModel(withTensor(tensor('w', [2], 7, (t) => t.packedInts(7, [2n ** 63n - 1n, -(2n ** 63n)]))))
    expect([...(initializers.w.data as BigInt64Array)]).toEqual([2n ** 63n - 1n, -(2n ** 63n)])
  })
  test('names like those of every object', () => {
    const { initializers, nodes } = decodeModel(
      byHand((g) =>
        g
          .message(1, node('Add', ['x', '__proto__'], 'y'))
          .message(5, tensor('__proto__', [1], 1, raw(Float32Array.of(1))))
          .message(5, tensor('constructor', [1], 1, raw(Float32Array.of(2)))),
      ),
    )
    expect(Object.keys(initializers)).toEqual(['__proto__', 'constructor'])
    expect(nodes[0].inputs).toEqual(['x', '__proto__'])
  })
})

describe('damaged models: only our errors, in good time', () => {
  const read = async (bytes: Uint8Array): Promise<void> => {
    await readOrRefused(() => checkModel(bytes, 'damaged.onnx'), 2)
    await readOrRefused(() => fromOnnx(decodeModel(bytes, 'damaged.onnx')), 2)
  }
  test('small ones of many operators', async () => {
    const models = Object.values(cases).map((model) => encodeModel(model))
    await fc.assert(fc.asyncProperty(fc.constantFrom(...models).chain(damaged), read), { numRuns: 1500 })
  }, 120_000)
  test('a network', async () => {
    const scope = new Scope()
    const y = digitNetwork({ dim: 2 })(input('images', ['N', 28, 28], 'uint8'), scope)
    const whole = encodeModel(toOnnx({ y }, { weights: Object.fromEntries(initialWeights(scope.weights, 1)) }))
    await fc.assert(
      fc.asyncProperty(
        damaged(whole.subarray(0, 4000)).map((b) => new Uint8Array(Buffer.concat([b, whole.subarray(4000)]))),
        read,
      ),
      { numRuns: 200 },
    )
  }, 120_000)
})
