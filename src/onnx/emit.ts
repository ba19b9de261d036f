/**
 * @file From a graph of symbolic tensors to an ONNX model.
 */
import { KindredError } from '../base/index.ts'
import { numeric, topologicalOrder, type Node, type OpName, type Tensor } from '../tensor/index.ts'
import type { EmitContext } from './emit-context.ts'
import { emitters, type Emitter } from './emitters.ts'
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './model.ts'

/** How to name and fill a model. */
export interface ToOnnxOptions {
  readonly name?: string
  readonly producerVersion?: string
  /** Inputs whose numbers are fixed in the file (a trained model's weights), by input name. */
  readonly weights?: Readonly<Record<string, Float32Array>>
  /** Strings kept in the file's metadata. */
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * Builds a model that computes `outputs`.
 *
 * Inputs appear in the order in which the graph meets them; equal constants are stored once.
 * @param outputs the tensors to compute, by the name the model gives them
 * @returns an opset-18 model that `onnx.checker` accepts; bytes through `encodeModel`
 * @throws KindredError `usage` for two different inputs of one name, or weights of the wrong length
 */
export function toOnnx(outputs: Readonly<Record<string, Tensor>>, options: ToOnnxOptions = {}): OnnxModel {
  const { weights = {}, metadata = {}, name = 'kindred', producerVersion = '' } = options
  const order = topologicalOrder(Object.values(outputs))
  const used = new Set<Tensor>(Object.values(outputs))
  for (const node of order) for (const t of node.inputs) used.add(t)

  const nodes: OnnxNode[] = []
  const initializers: Record<string, OnnxTensor> = {}
  const byContent = new Map<string, string>()
  const inputs: OnnxValue[] = []
  const inputNodes = new Map<string, Node>()
  const names = new Map<Tensor, string>()
  let counter = 0

  const initializer = (t: OnnxTensor, wanted?: string): string => {
    const key =
      wanted === undefined && t.data.length <= (t.dtype === 'int64' ? 1 << 17 : 64)
        ? `${t.dtype}|${t.shape.join()}|${t.data.join()}|${t.dtype === 'float32' ? [...(t.data as Float32Array)].map((v) => Object.is(v, -0)).join() : ''}`
        : undefined
    const known = key === undefined ? undefined : byContent.get(key)
    if (known !== undefined) return known
    const id = wanted ?? `c${counter++}`
    initializers[id] = t
    if (key !== undefined) byContent.set(key, id)
    return id
  }
  const context: EmitContext = {
    add(opType: string, ins: readonly string[], attributes: Record<string, OnnxAttribute> = {}, count = 1): string[] {
      const outs = Array.from({ length: count }, () => `t${counter++}`)
      nodes.push({ opType, inputs: ins, outputs: outs, attributes })
      return outs
    },
    ints: (values) => initializer({ dtype: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) }),
    scalarInt: (value) => initializer({ dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(value)) }),
    scalar: (value) => initializer({ dtype: 'float32', shape: [], data: Float32Array.of(value) }),
    constant: (t) => initializer(t),
    isFixed: (id) => id in initializers,
    isUsed: (t) => used.has(t),
  }

  for (const node of order) {
    if (node.op === 'input') {
      const attrs = (node as Node<'input'>).attrs
      const known = inputNodes.get(attrs.name)
      if (known !== undefined && known !== node)
        throw new KindredError('usage', 'toOnnx', 'input names must be unique', `two inputs called ${attrs.name}`)
      inputNodes.set(attrs.name, node)
      const fixed = weights[attrs.name]
      if (fixed === undefined) inputs.push({ name: attrs.name, dtype: attrs.dtype, shape: attrs.shape })
      else {
        const shape = attrs.shape.map((d) => numeric(d, `weights ${attrs.name}`))
        const size = shape.reduce((a, b) => a * b, 1)
        if (size !== fixed.length)
          throw new KindredError('usage', 'toOnnx', `weights ${attrs.name} must hold ${size} numbers`, String(fixed.length))
        initializer({ dtype: 'float32', shape, data: fixed }, attrs.name)
      }
      names.set(node.outputs[0], attrs.name)
      continue
    }
    const results = (emitters[node.op] as Emitter<OpName>)(
      context,
      node.inputs.map((t) => names.get(t)!),
      node as never,
    )
    node.outputs.forEach((t, i) => names.set(t, results[i]))
  }

  // Outputs carry the caller's names: rename the producing node's output, or copy where that is not possible.
  const renames = new Map<string, string>()
  const outputValues: OnnxValue[] = []
  const taken = new Set<string>()
  for (const [wanted, t] of Object.entries(outputs)) {
    const own = names.get(t)!
    if (own in initializers || inputNodes.has(own) || renames.has(own)) taken.add(wanted)
    else renames.set(own, wanted)
    outputValues.push({ name: wanted, dtype: t.dtype, shape: t.shape })
  }
  const rename = (n: string) => renames.get(n) ?? n
  const renamed: OnnxNode[] = nodes.map((n) => ({ ...n, inputs: n.inputs.map(rename), outputs: n.outputs.map(rename) }))
  for (const [wanted, t] of Object.entries(outputs))
    if (taken.has(wanted)) renamed.push({ opType: 'Identity', inputs: [rename(names.get(t)!)], outputs: [wanted], attributes: {} })

  return { name, opset: 18, producer: 'kindred', producerVersion, nodes: renamed, initializers, inputs, outputs: outputValues, metadata }
}
