/**
 * @file An ONNX model as plain data, written to and read from the bytes of a ModelProto.
 *
 * Field numbers are those of onnx/onnx.proto (IR version 8, opset 18). Only what kindred and common exporters use is kept:
 * nodes, attributes, initializers, typed inputs and outputs, metadata.
 */
import { KindredError } from '../base/index.ts'
import type { DType, Shape } from '../tensor/index.ts'
import { readProtoModel, type ProtoAttribute, type ProtoTensor, type ProtoValue } from './proto-model.ts'
import { ProtoWriter } from './protobuf.ts'

/** Element types of ONNX by their number in TensorProto.DataType. */
const dtypeNumbers: Record<DType, number> = { float32: 1, uint8: 2, int64: 7, bool: 9 }

export type OnnxAttribute =
  number | string | readonly number[] | { readonly ints: readonly number[] } | { readonly float: number } | OnnxTensor | Float32Array

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
  new ProtoWriter()
    .packedInts(1, t.shape)
    .int(2, dtypeNumbers[t.dtype])
    .string(8, name)
    .bytes(9, new Uint8Array(t.data.buffer, t.data.byteOffset, t.data.byteLength))

function attributeProto(name: string, value: OnnxAttribute): ProtoWriter {
  const w = new ProtoWriter().string(1, name)
  if (typeof value === 'number') return w.int(3, value).int(20, 2)
  if (typeof value === 'string') return w.string(4, value).int(20, 3)
  if (value instanceof Float32Array) return w.packedFloats(7, value).int(20, 6)
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

const metadataEntry = (key: string, value: string): ProtoWriter => new ProtoWriter().string(1, key).string(2, value)

/** The bytes of one entry of the metadata: put behind a model's bytes they are part of the model. */
export const encodeMetadata = (key: string, value: string): Uint8Array<ArrayBuffer> =>
  new ProtoWriter().message(14, metadataEntry(key, value)).finish()

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
  const out = new ProtoWriter()
    .int(1, 8)
    .string(2, model.producer)
    .string(3, model.producerVersion)
    .message(7, graph)
    .message(8, new ProtoWriter().string(1, '').int(2, model.opset))
  for (const [key, value] of Object.entries(model.metadata)) out.message(14, metadataEntry(key, value))
  return out.finish()
}

/**
 * Reads a model's bytes.
 *
 * @throws KindredError `corrupt` when the bytes are not a ModelProto, `limit` for a tensor or a list above its limit, `unsupported` for element types kindred
 *   does not
 *   know and tensors outside the file
 */
export function decodeModel(file: Uint8Array, what = 'ONNX model'): OnnxModel {
  const { name, producer, producerVersion, opsets, nodes, initializers, inputs, outputs, metadata } = readProtoModel(file, what)
  return {
    name,
    opset: opsets.get('') ?? 0,
    producer,
    producerVersion,
    nodes: nodes.map(({ attributes, ...node }) => ({ ...node, attributes: record(attributes.flatMap((a) => attributeOf(a, what))) })),
    initializers: record([...initializers].map(([id, t]) => [id, tensorOf(t, what)])),
    inputs: inputs.map((v) => valueOf(v, what)),
    outputs: outputs.map((v) => valueOf(v, what)),
    metadata: record([...metadata]),
  }
}

/** An object of these entries and nothing else: names come from the file, and `constructor` is one like any other. */
const record = <T>(entries: readonly (readonly [string, T])[]): Record<string, T> => {
  const out = Object.create(null) as Record<string, T>
  for (const [key, value] of entries) out[key] = value
  return out
}

/** Attributes that hold graphs, types or lists of texts are left out: no operator that kindred can express has one. */
function attributeOf({ name, value }: ProtoAttribute, what: string): [string, OnnxAttribute][] {
  if (value === undefined) return []
  if (typeof value !== 'object' || value instanceof Float32Array || 'float' in value) return [[name, value]]
  return [[name, 'ints' in value ? value.ints : tensorOf(value, what)]]
}

function tensorOf({ name, type, shape, bytes }: ProtoTensor, what: string): OnnxTensor {
  const dtype = dtypeOf(type, `${what}, tensor ${name}`)
  const { buffer } = bytes!.slice() // aligned, whatever its place in the file
  const data = dtype === 'float32' ? new Float32Array(buffer) : dtype === 'int64' ? new BigInt64Array(buffer) : new Uint8Array(buffer)
  return { dtype, shape, data }
}

function valueOf({ name, type, shape }: ProtoValue, what: string): OnnxValue {
  return { name, dtype: type === undefined ? 'float32' : dtypeOf(type, `${what}, ${name}`), shape: shape ?? [] }
}

function dtypeOf(number: number, where: string): DType {
  for (const [dtype, n] of Object.entries(dtypeNumbers)) if (n === number) return dtype as DType
  throw new KindredError(
    'unsupported',
    where,
    'element types must be float32, int64, uint8 or bool',
    `ONNX type ${number}`,
    'Convert the model to float32.',
  )
}

/** The ONNX number of an element type. */
export const onnxTypeNumber = (dtype: DType): number => dtypeNumbers[dtype]
