/** @file Readers of networks that run: embedders of kindred, foreign ONNX models with their recipes, the importer of their graphs. */
import { join } from 'node:path'
import { onnxModel } from '../../../src/faces/index.ts'
import { exportEmbedder, load, type EmbedderCard } from '../../../src/models/index.ts'
import { conv2d, dense, flatten, greyPixels, initialWeights, relu, Scope, sequential, tap, type Layer } from '../../../src/nn/index.ts'
import { decodeModel, encodeModel, fromOnnx, toOnnx, type OnnxModel, type OnnxNode, type OnnxTensor } from '../../../src/onnx/index.ts'
import { openFaceModel } from '../../../src/people/index.ts'
import { input as graphInput } from '../../../src/tensor/index.ts'
import { headToJson } from '../../../src/train/index.ts'
import { sha256 } from '../../../src/base/index.ts'
import { json, must, mustBeFinite, mustBeTexts, once, part, text, type Files, type Input, type Reader } from './reader.ts'

const card: EmbedderCard = {
  labels: ['0', '1', 'zwölf'],
  preprocessing: { range: '0..255', frame: 'mnist' },
  metric: 'euclidean',
  recipe: { margin: 0.4, note: 'test' },
  seed: 7,
  datasetHash: 'ab'.repeat(32),
  versions: { kindred: '0.1.0' },
}

const network = (): Layer =>
  sequential({
    pixels: greyPixels(),
    conv: conv2d(2, 5, { stride: 4 }),
    relu: relu(),
    flatten: flatten(),
    features: tap('features'),
    embedding: dense(3),
  })

function weightsOf(layer: Layer, shape: readonly (number | string)[], dtype: 'uint8' | 'float32', seed: number): Map<string, Float32Array> {
  const scope = new Scope()
  layer(graphInput('images', shape, dtype), scope)
  return initialWeights(scope.weights, seed)
}

/** A small embedder of 28 x 28 pixels, as its file's bytes. */
export const embedder = once(() =>
  exportEmbedder({ network: network(), weights: weightsOf(network(), ['N', 28, 28], 'uint8', 1), size: [28, 28], card }),
)
const floatEmbedder = once(() =>
  exportEmbedder({ network: network(), weights: weightsOf(network(), ['N', 28, 28], 'uint8', 2), size: [28, 28], card, pixels: 'float32' }),
)

/** A head for {@link embedder}. */
export const head = {
  dim: 3,
  classes: ['0', '1', 'zwölf'],
  weight: Float32Array.from({ length: 9 }, (_, i) => Math.cos(i)),
  bias: Float32Array.of(0.1, -0.2, 0.3),
  temperature: 1.25,
}
export const headText = once(() => headToJson(head, { hash: sha256(embedder()) }))

/** A model with its head, for commands. */
export const embedderFiles = (): Files => ({ 'model.onnx': part('model.onnx', embedder()), 'head.json': text(headText(), 'json') })

const digits = Uint8Array.from({ length: 2 * 784 }, (_, i) => (i * 7919) % 251)

const modelReader: Reader = {
  name: 'model-load',
  weight: 1.6,
  seeds: () => [{ 'model.onnx': part('model.onnx', embedder()) }, { 'model.onnx': part('model.onnx', floatEmbedder()) }],
  async read(input) {
    const model = await load(input.path(), { runtime: await input.runtime() })
    try {
      must(Number.isInteger(model.dim) && model.dim > 0, `embeddings of ${model.dim} numbers`)
      must(model.size.length === 2 && model.size.every((n) => Number.isInteger(n) && n > 0), `images of ${model.size.join(' x ')} pixels`)
      const { labels, preprocessing, metric, seed, datasetHash, versions, recipe } = model.card
      mustBeTexts(labels, 'labels')
      must(
        typeof preprocessing === 'object' &&
          preprocessing !== null &&
          preprocessing.range === '0..255' &&
          typeof preprocessing.frame === 'string',
        'preprocessing',
      )
      must(['euclidean', 'squared-euclidean', 'cosine'].includes(metric), `metric ${String(metric)}`)
      must(Number.isFinite(seed), `seed ${seed}`)
      must(typeof datasetHash === 'string', 'no datasetHash')
      must(typeof recipe === 'object' && recipe !== null && !Array.isArray(recipe), 'recipe is no object')
      must(typeof versions === 'object' && versions !== null, 'versions')
      const each = model.size[0] * model.size[1]
      must(each <= 1e8, `images of ${each} pixels`)
      const vectors = await model.embed(new Uint8Array(2 * each).map((_, i) => digits[i % digits.length]))
      must(vectors.length === 2 * model.dim, `${vectors.length} numbers for two images`)
      mustBeFinite(vectors, 'vectors')
    } finally {
      await model.dispose()
    }
  },
  command: (input) => ['embed', input.path(), input.folder, '--out', join(input.folder, 'v.csv')],
}

/** Checks what a decoded model says of itself. */
function checkModel(model: OnnxModel): void {
  for (const [name, t] of Object.entries(model.initializers)) checkTensor(name, t)
  for (const node of model.nodes) {
    must(typeof node.opType === 'string', 'a node without an operator')
    for (const [name, value] of Object.entries(node.attributes)) {
      if (typeof value === 'object' && 'dtype' in value) checkTensor(name, value)
      if (typeof value === 'number') must(Number.isInteger(value), `attribute ${name} is ${value}`)
    }
  }
  for (const v of [...model.inputs, ...model.outputs])
    for (const d of v.shape) must(typeof d === 'string' || Number.isInteger(d), `a dimension of ${v.name} is ${d}`)
}

function checkTensor(name: string, { shape, data, dtype }: OnnxTensor): void {
  for (const d of shape) must(Number.isSafeInteger(d) && d >= 0, `tensor ${name} has the shape [${shape.join(', ')}]`)
  must(data.length === shape.reduce((a, b) => a * b, 1), `tensor ${name} [${shape.join(', ')}] holds ${data.length} numbers`)
  if (dtype === 'bool') for (const v of data as Uint8Array) must(v === 0 || v === 1, `tensor ${name} holds the truth value ${v}`)
}

const floats = (shape: readonly number[], seed = 0): OnnxTensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + seed)),
})
const whole = (...values: readonly number[]): OnnxTensor => ({
  dtype: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
})
const node = (
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: OnnxNode['attributes'] = {},
): OnnxNode => ({ opType, inputs, outputs, attributes })

/** What exporters write: arithmetic on shapes, constants, slices, tiles. */
const foreign = once(() => {
  const model: OnnxModel = {
    name: 'foreign',
    opset: 18,
    producer: 'x',
    producerVersion: '1',
    metadata: {},
    nodes: [
      node('Conv', ['x', 'kernel', 'bias'], ['c'], {
        kernel_shape: { ints: [3, 3] },
        strides: { ints: [2, 2] },
        pads: { ints: [1, 1, 1, 1] },
        dilations: { ints: [1, 1] },
        group: 1,
      }),
      node('Relu', ['c'], ['r']),
      node('Shape', ['r'], ['s']),
      node('Gather', ['s', 'first'], ['n'], { axis: 0 }),
      node('Concat', ['n', 'rest'], ['to'], { axis: 0 }),
      node('Reshape', ['r', 'to'], ['flat']),
      node('Constant', [], ['half'], { value: { dtype: 'float32', shape: [], data: Float32Array.of(0.5) } }),
      node('ConstantOfShape', ['four'], ['fours'], { value: { dtype: 'float32', shape: [1], data: Float32Array.of(0.25) } }),
      node('Mul', ['flat', 'half'], ['scaled']),
      node('Gemm', ['scaled', 'matrix', 'fours'], ['g'], { alpha: { float: 1 }, beta: { float: 1 }, transB: 0 }),
      node('Slice', ['g', 'zero', 'two', 'one'], ['sliced']),
      node('Pad', ['sliced', 'padding'], ['padded'], { mode: 'constant' }),
      node('Tile', ['padded', 'times'], ['tiled']),
      node('Split', ['tiled'], ['left', 'right'], { axis: 1, num_outputs: 2 }),
      node('Add', ['left', 'right'], ['added']),
      node('ReduceMean', ['added', 'one'], ['mean'], { keepdims: 1 }),
      node('Softmax', ['added'], ['soft'], { axis: -1 }),
      node('Transpose', ['soft'], ['turned'], { perm: { ints: [1, 0] } }),
      node('Expand', ['mean', 'wide'], ['expanded']),
      node('TopK', ['g', 'k'], ['best', 'at'], { axis: -1, largest: 1 }),
    ],
    initializers: {
      kernel: floats([2, 3, 3, 3]),
      bias: floats([2], 3),
      matrix: floats([32, 4], 5),
      first: whole(0),
      rest: whole(-1),
      four: whole(4),
      zero: whole(0),
      two: whole(2),
      one: whole(1),
      padding: whole(0, 1, 0, 1),
      times: whole(1, 2),
      wide: whole(1, 3),
      k: whole(2),
    },
    inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 3, 8, 8] }],
    outputs: [
      { name: 'g', dtype: 'float32', shape: ['N', 4] },
      { name: 'turned', dtype: 'float32', shape: [4, 'N'] },
      { name: 'expanded', dtype: 'float32', shape: ['N', 3] },
      { name: 'best', dtype: 'float32', shape: ['N', 2] },
    ],
  }
  return encodeModel(model)
})

const importReader: Reader = {
  name: 'onnx-import',
  weight: 1.4,
  seeds: () => [{ 'foreign.onnx': part('protobuf', foreign()) }, { 'foreign.onnx': part('model.onnx', embedder()) }],
  called: ['foreign.onnx', 'fromOnnx'],
  read(input) {
    const model = decodeModel(input.bytes(), 'foreign.onnx')
    checkModel(model)
    const first = model.inputs[0]?.name
    const { outputs, weights, tensors } = fromOnnx(model, first === 'x' ? { shapes: { x: [2, 3, 8, 8] } } : {})
    for (const t of tensors.values())
      for (const d of t.shape)
        must(typeof d === 'string' || (Number.isSafeInteger(d) && d >= 0), `a value of shape [${t.shape.join(', ')}]`)
    encodeModel(toOnnx(outputs, { weights }))
  },
}

const decodeReader: Reader = {
  name: 'onnx-decode',
  weight: 1.4,
  seeds: () => [{ 'model.onnx': part('protobuf', foreign()) }, { 'model.onnx': part('model.onnx', embedder()) }],
  codes: ['not-found'], // toOnnx and the importer may miss a value
  read(input) {
    const model = decodeModel(input.bytes(), 'model.onnx')
    checkModel(model)
    const again = decodeModel(encodeModel(model), 'model.onnx')
    must(
      JSON.stringify(again.nodes.map((n) => [n.opType, n.inputs, n.outputs])) ===
        JSON.stringify(model.nodes.map((n) => [n.opType, n.inputs, n.outputs])),
      'other nodes after writing and reading again',
    )
    must(Object.keys(again.initializers).join() === Object.keys(model.initializers).join(), 'other tensors after writing and reading again')
  },
}

const crops = sequential({ conv: conv2d(2, 3, { stride: 3 }), relu: relu(), flatten: flatten(), dense: dense(5) })
const faceNet = once(() => {
  const scope = new Scope()
  const embedding = crops(graphInput('images', ['N', 3, 8, 8], 'float32'), scope)
  return encodeModel(toOnnx({ embedding }, { weights: Object.fromEntries(initialWeights(scope.weights, 3)) }))
})
const recipe = {
  name: 'small',
  size: 8,
  channels: 'BGR',
  mean: [127.5, 120, 110],
  scale: 0.0078125,
  output: 'embedding',
  pooling: 'none',
  normalise: true,
  flip: true,
  padding: 0.25,
  layout: 'NCHW',
}

/** Opens and embeds two crops; what comes out must be numbers. */
async function checkFaceModel(model: Awaited<ReturnType<typeof onnxModel>>): Promise<void> {
  try {
    const { size } = model.template
    must(Number.isInteger(size) && size > 0, `crops of ${size} pixels`)
    must(Number.isInteger(model.dim) && model.dim > 0, `vectors of ${model.dim} numbers`)
    must(typeof model.name === 'string', 'a name that is no text')
    const { mean, scale } = model.recipe.preprocessing
    mustBeFinite([...mean, ...scale], 'mean and scale')
    const vectors = await model.embed(new Uint8Array(2 * size * size * 3).map((_, i) => (i * 31) % 256))
    must(vectors.length === 2 * model.dim, `${vectors.length} numbers for two crops`)
    mustBeFinite(vectors, 'vectors')
  } finally {
    await model.dispose()
  }
}

const faceFiles = (extra: object = {}): Files => ({ 'net.onnx': part('protobuf', faceNet()), 'net.json': json({ ...recipe, ...extra }) })

const onnxFaceReader: Reader = {
  name: 'face-onnx',
  weight: 1.2,
  seeds: () => [faceFiles()],
  mutable: /onnx$/,
  called: ['net.onnx', 'net.json'],
  read: async (input) => checkFaceModel(await onnxModel(input.path('net.onnx'), undefined, { runtime: await input.runtime() })),
}

const recipeReader: Reader = {
  name: 'face-recipe',
  weight: 1.2,
  seeds: () => [faceFiles(), faceFiles({ file: 'net.onnx', mean: 0, scale: [1, 1, 1] })],
  mutable: /json$/,
  called: ['net.', 'onnxModel: '], // or the file that the recipe names now
  codes: ['usage', 'not-found', 'io'], // a recipe is written by hand: its words are the caller's; the model it names may not be there
  read: async (input) =>
    checkFaceModel(
      await openFaceModel(Object.hasOwn(seedRecipe(input), 'file') ? input.path('net.json') : input.path('net.onnx'), {
        runtime: await input.runtime(),
        detector: { id: 'none:0' },
      }),
    ),
}

const seedRecipe = (input: Input): object => JSON.parse(new TextDecoder().decode(input.seed['net.json'].bytes)) as object

export const modelReaders: readonly Reader[] = [modelReader, decodeReader, importReader, onnxFaceReader, recipeReader]
