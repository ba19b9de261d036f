/**
 * @file From a foreign ONNX model to symbolic tensors: to cut it at any value, extend it, and fine-tune it.
 *
 * Numbers stay numbers: the float arrays of the file become named inputs of the graph, with their values beside it. Shape arithmetic (Shape, Gather, Concat,
 * ... into Reshape) is done here, with named dimensions where they are not known, so that no trace of it is left in the graph.
 */
import { checkOptions, ensureWithin, KindredError } from '../base/index.ts'
import { constant, cast, input, integers, showShape, type Shape, type Tensor } from '../tensor/index.ts'
import { foldKnown } from './import-known.ts'
import { importers } from './import-ops.ts'
import type { OnnxModel, OnnxNode } from './model.ts'
import { integersOf, NodeReader, type Value } from './node-reader.ts'

/** A foreign model as our graph. */
export interface ImportedGraph {
  /** What must be fed, by the model's names. */
  readonly inputs: Readonly<Record<string, Tensor>>
  /** What the model puts out (or what was asked for). */
  readonly outputs: Readonly<Record<string, Tensor>>
  /** Values of the graph's weight inputs, by the file's names: for `compile(…, { weights })`, or to train. */
  readonly weights: Readonly<Record<string, Float32Array>>
  /** Every value of the graph by the file's name, so that it can be cut anywhere. */
  readonly tensors: ReadonlyMap<string, Tensor>
}

/** Options of {@link fromOnnx}. */
export interface FromOnnxOptions {
  /** Shapes of inputs whose dimensions the file leaves open, by input name: `{ input: ['N', 3, 224, 224] }`. */
  readonly shapes?: Readonly<Record<string, Shape>>
  /** The values wanted, by name; what they do not need is not read, so it may be anything. Default: the model's outputs. */
  readonly outputs?: readonly string[]
}

/**
 * Reads a model into symbolic tensors.
 *
 * @returns inputs, outputs, weights and all values by the file's names; `toOnnx(outputs, { weights })` is the same model again
 * @throws KindredError `unsupported` naming the node and its operator when the graph cannot be expressed, `not-found` for an output that is not in the model
 * @example
 * const { tensors, weights } = fromOnnx(decodeModel(readFileSync('mobilenet.onnx')), { outputs: ['v99'] })
 * const logits = add(matmul(tensors.get('v99')!, input('head', [1280, 5])), input('bias', [5])) // a new head to train
 */
export function fromOnnx(model: OnnxModel, options: FromOnnxOptions = {}): ImportedGraph {
  checkOptions('fromOnnx', options, ['shapes', 'outputs'])
  const { shapes = {}, outputs: asked } = options
  const wanted = asked ?? model.outputs.map((o) => o.name)
  const weights: Record<string, Float32Array> = {}
  const inputs: Record<string, Tensor> = {}
  const tensors = new Map<string, Tensor>()
  const values = new Map<string, Value>()
  for (const [name, stored] of Object.entries(model.initializers)) values.set(name, { stored, known: integersOf(stored) })
  for (const name of Object.keys(shapes))
    if (!model.inputs.some((i) => i.name === name))
      throw new KindredError(
        'not-found',
        'fromOnnx',
        `shapes must name inputs of the model, ${model.inputs.map((i) => i.name).join(', ')}`,
        name,
      )
  for (const { name, dtype, shape } of model.inputs) {
    const given = shapes[name] ?? shape.map((d, axis) => (d === '?' ? `${name}_${axis}` : d))
    if (given.length !== shape.length || shape.some((d, i) => typeof d === 'number' && d !== given[i]))
      throw new KindredError('mismatch', 'fromOnnx', `the shape of ${name} must fit ${showShape(shape)}`, showShape(given))
    inputs[name] = sized(input(name, given, dtype), `fromOnnx, input ${name}`)
    tensors.set(name, inputs[name])
    values.set(name, { tensor: inputs[name] })
  }

  /** The value as a tensor of the graph: arrays of several floats become weights, single numbers and integers constants. */
  const materialise = (name: string, reader: NodeReader | undefined): Tensor => {
    const value = values.get(name)!
    value.tensor ??= made(name, value, reader)
    tensors.set(name, value.tensor)
    return value.tensor
  }
  const made = (name: string, { stored, known }: Value, reader: NodeReader | undefined): Tensor => {
    if (stored?.dtype === 'float32' && stored.data.length > 1) {
      weights[name] = stored.data as Float32Array
      return input(name, stored.shape)
    }
    if (stored !== undefined)
      return stored.dtype === 'bool' ? cast(constant(stored.data, stored.shape), 'bool') : constant(stored.data, stored.shape)
    const { values: dims, shape } = known!
    return integers(
      dims.map((d) => (typeof d === 'number' ? d : raise(reader, d))),
      shape,
    )
  }
  const raise = (reader: NodeReader | undefined, d: string): never => {
    throw (
      reader?.fail('its sizes must be known numbers', `dimension ${d}`, 'Give the inputs fixed shapes: fromOnnx(model, { shapes }).') ??
      new KindredError('unsupported', 'fromOnnx', 'an output must not be a size that is not known', d)
    )
  }

  for (const node of needed(model, wanted, values, asked === undefined ? 'corrupt' : 'not-found')) {
    const ins = node.inputs.map((name) => (name === '' ? undefined : values.get(name)))
    node.inputs.forEach((name, i) => {
      if (name !== '' && ins[i] === undefined)
        throw new KindredError(
          'corrupt',
          `fromOnnx, ${node.opType} ${node.name || node.outputs[0]}`,
          'its inputs must come before it',
          name,
        )
    })
    const reader: NodeReader = new NodeReader(node, model.opset, ins, (i) => materialise(node.inputs[i], reader))
    const results = readNode(reader, ins)
    node.outputs.forEach((name, i) => {
      const value = results[i]
      if (name === '' || value === undefined) return
      values.set(name, value)
      if (value.tensor !== undefined) tensors.set(name, value.tensor)
    })
  }
  const outputs: Record<string, Tensor> = {}
  for (const name of wanted) outputs[name] = materialise(name, undefined)
  return { inputs, outputs, weights, tensors }
}

/** One node's results: known integers where that can be, else tensors of the graph. */
function readNode(reader: NodeReader, ins: readonly (Value | undefined)[]): (Value | undefined)[] {
  const { opType, domain = '' } = reader.node
  if (domain !== '' && domain !== 'ai.onnx') throw reader.fail('the operator must be one of ONNX', `domain ${domain}`)
  try {
    const folded = foldKnown(reader, ins)
    if (folded !== undefined) return [folded]
    if (opType === 'Identity' || opType === 'Dropout') return [ins[0]?.tensor === undefined ? ins[0] : { tensor: ins[0].tensor }]
    const read = Object.hasOwn(importers, opType) ? importers[opType] : undefined
    if (read === undefined) throw reader.fail('the operator must be one that kindred can express', opType)
    const result = read(reader)
    return (Array.isArray(result) ? result : [result]).map((tensor) => ({ tensor: sized(tensor, reader.where) }))
  } catch (error) {
    if (!(error instanceof KindredError))
      throw new KindredError(
        'corrupt',
        reader.where,
        'its inputs and attributes must be those that ONNX defines for it',
        'others',
        'The file is damaged.',
        { cause: error },
      )
    if (error.code !== 'shape') throw error
    throw new KindredError('unsupported', `${reader.where}: ${error.where}`, error.expected, error.got, error.fix, { cause: error })
  }
}

/** The tensor, where its known sizes allow it. */
function sized(tensor: Tensor, where: string): Tensor {
  ensureWithin(
    'tensorElements',
    tensor.shape.reduce<number>((n, d) => (typeof d === 'number' ? n * d : n), 1),
    where,
    `a tensor ${showShape(tensor.shape)}`,
  )
  return tensor
}

/** The nodes that the wanted values need, in the file's order. @param missing the code for a value that is not there: the caller's fault or the file's */
function needed(
  model: OnnxModel,
  wanted: readonly string[],
  values: ReadonlyMap<string, Value>,
  missing: 'corrupt' | 'not-found',
): OnnxNode[] {
  const producer = new Map(model.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)))
  const keep = new Set<OnnxNode>()
  const ask = [...wanted]
  for (const name of wanted)
    if (!producer.has(name) && !values.has(name))
      throw new KindredError(
        missing,
        'fromOnnx',
        'outputs must be values of the model',
        name,
        `It puts out ${model.outputs.map((o) => o.name).join(', ')}.`,
      )
  for (let name = ask.pop(); name !== undefined; name = ask.pop()) {
    const node = producer.get(name)
    if (node === undefined || keep.has(node)) continue
    keep.add(node)
    for (const name of node.inputs) ask.push(name)
  }
  return model.nodes.filter((node) => keep.has(node))
}
