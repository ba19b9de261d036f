/**
 * @file An ONNX model as plain data, written to and read from the bytes of a ModelProto.
 *
 * Field numbers are those of onnx/onnx.proto (IR version 8, opset 18). Only what kindred and common exporters use is kept:
 * nodes, attributes, initializers, typed inputs and outputs, metadata.
 */
import { KindredError } from '../base/index.ts'
import type { DType, Shape } from '../tensor/index.ts'
import { ProtoWriter, readFields, repeatedInts, signed, text, unpackFloats } from './protobuf.ts'

/** Element types of ONNX by their number in TensorProto.DataType. */
const dtypeNumbers: Record<DType, number> = { float32: 1, uint8: 2, int64: 7, bool: 9 }

export type OnnxAttribute = number | string | readonly number[] | { readonly ints: readonly number[] } | { readonly float: number } | OnnxTensor | Float32Array

export interface OnnxNode {
  readonly opType: string
  readonly domain?: string
  readonly name?: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** An integer, `{ float }`, a string, a list of integers, a Float32Array or a tensor. */
  readonly attributes: Readonly<Record<string, OnnxAttribute>>
}

export interface OnnxTensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: Float32Array | BigInt64Array | Uint8Array
}

export interface OnnxValue {
  readonly name: string
  readonly dtype: DType
  readonly shape: Shape
}

export interface OnnxModel {
  readonly name: string
  readonly opset: number
  readonly producer: string
  readonly producerVersion: string
  readonly nodes: readonly OnnxNode[]
  readonly initializers: Readonly<Record<string, OnnxTensor>>
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly metadata: Readonly<Record<string, string>>
}

const tensorProto = (name: string, t: OnnxTensor): ProtoWriter =>
  new ProtoWriter().packedInts(1, t.shape).int(2, dtypeNumbers[t.dtype]).string(8, name).bytes(9, new Uint8Array(t.data.buffer, t.data.byteOffset, t.data.byteLength))

function attributeProto(name: string, value: OnnxAttribute): ProtoWriter {
  const w = new ProtoWriter().string(1, name)
  if (typeof value === 'number') return w.int(3, value).int(20, 2)
  if (typeof value === 'string') return w.string(4, value).int(20, 3)
  if (value instanceof Float32Array) return w.packedFloats(7, [...value]).int(20, 6)
  if ('float' in value) return w.float(2, value.float).int(20, 1)
  if ('dtype' in value) return w.message(5, tensorProto('', value)).int(20, 4)
  const ints = 'ints' in value ? value.ints : value
  for (const v of ints) w.int(8, v) // unpacked: every reader takes this
  return w.int(20, 7)
}

function valueProto({ name, dtype, shape }: OnnxValue): ProtoWriter {
  const dims = new ProtoWriter()
  for (const d of shape) dims.message(1, typeof d === 'number' ? new ProtoWriter().int(1, d) : new ProtoWriter().string(2, d))
  const tensorType = new ProtoWriter().int(1, dtypeNumbers[dtype]).message(2, dims)
  return new ProtoWriter().string(1, name).message(2, new ProtoWriter().message(1, tensorType))
}

/** The bytes of a model: an `.onnx` file. */
export function encodeModel(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const graph = new ProtoWriter()
  for (const node of model.nodes) {
    const w = new ProtoWriter()
    for (const name of node.inputs) w.string(1, name)
    for (const name of node.outputs) w.string(2, name)
    if (node.name !== undefined) w.string(3, node.name)
    w.string(4, node.opType)
    for (const [name, value] of Object.entries(node.attributes)) w.message(5, attributeProto(name, value))
    if (node.domain !== undefined && node.domain !== '') w.string(7, node.domain)
    graph.message(1, w)
  }
  graph.string(2, model.name)
  for (const [name, t] of Object.entries(model.initializers)) graph.message(5, tensorProto(name, t))
  for (const value of model.inputs) graph.message(11, valueProto(value))
  for (const value of model.outputs) graph.message(12, valueProto(value))
  const out = new ProtoWriter().int(1, 8).string(2, model.producer).string(3, model.producerVersion).message(7, graph).message(8, new ProtoWriter().string(1, '').int(2, model.opset))
  for (const [key, value] of Object.entries(model.metadata)) out.message(14, new ProtoWriter().string(1, key).string(2, value))
  return out.finish()
}

/**
 * Reads a model's bytes.
 *
 * @throws KindredError `corrupt` when the bytes are no ModelProto, `unsupported` for element types kindred does not know
 */
export function decodeModel(file: Uint8Array, what = 'ONNX model'): OnnxModel {
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength) // Node's Buffer, whose slice() does not copy, becomes a plain array
  let graph: Uint8Array | undefined
  let opset = 0
  let producer = ''
  let producerVersion = ''
  const metadata: Record<string, string> = {}
  for (const f of readFields(bytes, what)) {
    if (f.field === 2) producer = text(f.bytes)
    else if (f.field === 3) producerVersion = text(f.bytes)
    else if (f.field === 7) graph = f.bytes
    else if (f.field === 8) {
      const parts = [...readFields(f.bytes, what)]
      if (parts.every((p) => p.field !== 1 || p.bytes.length === 0 || text(p.bytes) === 'ai.onnx')) opset = Number(parts.find((p) => p.field === 2)?.int ?? 0n)
    } else if (f.field === 14) {
      const entry = [...readFields(f.bytes, what)]
      metadata[text(entry.find((p) => p.field === 1)?.bytes ?? new Uint8Array())] = text(entry.find((p) => p.field === 2)?.bytes ?? new Uint8Array())
    }
  }
  if (graph === undefined) throw new KindredError('corrupt', what, 'the file must hold a graph', 'none', 'Is this an ONNX model?')
  const nodes: OnnxNode[] = []
  const initializers: Record<string, OnnxTensor> = {}
  const inputs: OnnxValue[] = []
  const outputs: OnnxValue[] = []
  let name = ''
  for (const f of readFields(graph, what)) {
    if (f.field === 1) nodes.push(decodeNode(f.bytes, what))
    else if (f.field === 2) name = text(f.bytes)
    else if (f.field === 5) {
      const { name: tensorName, tensor } = decodeTensor(f.bytes, what)
      initializers[tensorName] = tensor
    } else if (f.field === 11) inputs.push(decodeValue(f.bytes, what))
    else if (f.field === 12) outputs.push(decodeValue(f.bytes, what))
  }
  return { name, opset, producer, producerVersion, nodes, initializers, inputs: inputs.filter((v) => !(v.name in initializers)), outputs, metadata }
}

function decodeNode(bytes: Uint8Array, what: string): OnnxNode {
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes: Record<string, OnnxAttribute> = {}
  let [opType, domain, name] = ['', '', '']
  for (const f of readFields(bytes, what)) {
    if (f.field === 1) inputs.push(text(f.bytes))
    else if (f.field === 2) outputs.push(text(f.bytes))
    else if (f.field === 3) name = text(f.bytes)
    else if (f.field === 4) opType = text(f.bytes)
    else if (f.field === 5) Object.assign(attributes, decodeAttribute(f.bytes, what))
    else if (f.field === 7) domain = text(f.bytes)
  }
  return { opType, domain, name, inputs, outputs, attributes }
}

function decodeAttribute(bytes: Uint8Array, what: string): Record<string, OnnxAttribute> {
  let name = ''
  let value: OnnxAttribute | undefined
  const ints: number[] = []
  const floats: number[] = []
  let type = 0
  for (const f of readFields(bytes, what)) {
    if (f.field === 1) name = text(f.bytes)
    else if (f.field === 2) value = { float: unpackFloats(f.bytes)[0] }
    else if (f.field === 3) value = signed(f.int)
    else if (f.field === 4) value = text(f.bytes)
    else if (f.field === 5) value = decodeTensor(f.bytes, what).tensor
    else if (f.field === 7) floats.push(...unpackFloats(f.bytes))
    else if (f.field === 8) ints.push(...repeatedInts(f))
    else if (f.field === 20) type = Number(f.int)
  }
  if (type === 7 || ints.length > 0) value = ints
  else if (type === 6 || floats.length > 0) value = Float32Array.from(floats)
  return value === undefined ? {} : { [name]: value }
}

function decodeTensor(bytes: Uint8Array, what: string): { name: string; tensor: OnnxTensor } {
  const shape: number[] = []
  let [name, type] = ['', 0]
  let raw: Uint8Array | undefined
  const ints: number[] = []
  const floats: Float32Array[] = []
  for (const f of readFields(bytes, what)) {
    if (f.field === 1) shape.push(...repeatedInts(f))
    else if (f.field === 2) type = Number(f.int)
    else if (f.field === 4) floats.push(unpackFloats(f.bytes))
    else if (f.field === 5 || f.field === 7) for (const v of repeatedInts(f)) ints.push(v)
    else if (f.field === 8) name = text(f.bytes)
    else if (f.field === 9) raw = f.bytes
    else if (f.field === 13) throw new KindredError('unsupported', what, `tensor ${name} must be inside the file`, 'external data', 'Save the model as one file.')
  }
  const size = shape.reduce((a, b) => a * b, 1)
  const dtype = dtypeOf(type, what)
  const aligned = raw?.slice().buffer as ArrayBuffer | undefined
  let data: OnnxTensor['data']
  if (dtype === 'float32') data = aligned !== undefined ? new Float32Array(aligned) : Float32Array.from(floats.flatMap((f) => [...f]))
  else if (dtype === 'int64') data = aligned !== undefined ? new BigInt64Array(aligned) : BigInt64Array.from(ints, BigInt)
  else data = aligned !== undefined ? new Uint8Array(aligned) : Uint8Array.from(ints)
  if (data.length !== size) throw new KindredError('corrupt', what, `tensor ${name} [${shape.join(', ')}] must hold ${size} values`, String(data.length))
  return { name, tensor: { dtype, shape, data } }
}

function decodeValue(bytes: Uint8Array, what: string): OnnxValue {
  let name = ''
  let dtype: DType = 'float32'
  const shape: (number | string)[] = []
  for (const f of readFields(bytes, what)) {
    if (f.field === 1) name = text(f.bytes)
    else if (f.field === 2) {
      for (const t of readFields(f.bytes, what)) {
        if (t.field !== 1) continue
        for (const part of readFields(t.bytes, what)) {
          if (part.field === 1) dtype = dtypeOf(Number(part.int), what)
          else if (part.field === 2) {
            for (const dim of readFields(part.bytes, what)) {
              const [d] = readFields(dim.bytes, what)
              shape.push(d === undefined ? '?' : d.field === 1 ? signed(d.int) : text(d.bytes))
            }
          }
        }
      }
    }
  }
  return { name, dtype, shape }
}

function dtypeOf(number: number, what: string): DType {
  for (const [dtype, n] of Object.entries(dtypeNumbers)) if (n === number) return dtype as DType
  throw new KindredError('unsupported', what, 'element types must be float32, int64, uint8 or bool', `ONNX type ${number}`, 'Convert the model to float32.')
}

/** The ONNX number of an element type. */
export const onnxTypeNumber = (dtype: DType): number => dtypeNumbers[dtype]
