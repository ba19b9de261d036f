/**
 * @file The messages of an ONNX file as they lie in it: every length held against the file, every tensor against its shape, no numbers copied.
 *
 * Both readers of models stand on it: {@link decodeModel}, which takes what kindred can compute with, and `checkModel`, which looks at what ONNX Runtime is
 * about to be handed. A field that ONNX allows once must come once: protobuf would merge two of them, and the two readers of one file must see the same.
 * Field numbers are those of onnx/onnx.proto.
 */
import { ensureWithin, KindredError } from '../base/index.ts'
import { ProtoReader, type ProtoField } from './protobuf.ts'

/** A tensor in the file. */
export interface ProtoTensor {
  readonly name: string
  /** Number of the element type in TensorProto.DataType. */
  readonly type: number
  readonly shape: readonly number[]
  /** Its numbers, little-endian; a view of the file where they lie there as one run. Undefined for texts. */
  readonly bytes: Uint8Array | undefined
}

/** An attribute of a node. */
export interface ProtoAttribute {
  readonly name: string
  readonly value:
    number | string | { readonly float: number } | { readonly ints: readonly number[] } | Float32Array | ProtoTensor | undefined
  /** What kindred has no use for, but the runtime would run or read. */
  readonly holds?: 'a graph' | 'tensors' | 'sparse tensors' | 'texts' | 'a type' | 'a reference'
}

/** A node of the graph. */
export interface ProtoNode {
  readonly opType: string
  readonly domain: string
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: readonly ProtoAttribute[]
}

/** An input or output of the graph. */
export interface ProtoValue {
  readonly name: string
  /** Number of the element type; undefined for what is no tensor, or says nothing of its type. */
  readonly type: number | undefined
  /** A size, a name, or `?`; undefined where even their number is open. */
  readonly shape: readonly (number | string)[] | undefined
}

/** A model as it lies in the file. */
export interface ProtoModel {
  readonly name: string
  readonly producer: string
  readonly producerVersion: string
  /** Version of each operator set by domain; `''` is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>
  readonly nodes: readonly ProtoNode[]
  readonly initializers: ReadonlyMap<string, ProtoTensor>
  readonly inputs: readonly ProtoValue[]
  readonly outputs: readonly ProtoValue[]
  readonly metadata: ReadonlyMap<string, string>
}

/** Bits of an element, by number of its type in TensorProto.DataType; texts (8) have none. */
const elementBits: ReadonlyMap<number, number> = new Map([
  [1, 32],
  [2, 8],
  [3, 8],
  [4, 16],
  [5, 16],
  [6, 32],
  [7, 64],
  [9, 8],
  [10, 16],
  [11, 64],
  [12, 32],
  [13, 64],
  [14, 64],
  [15, 128],
  [16, 16],
  [17, 8],
  [18, 8],
  [19, 8],
  [20, 8],
  [21, 4],
  [22, 4],
  [23, 4],
  [24, 8],
  [25, 2],
  [26, 2],
])
const textType = 8

/**
 * Reads the messages of a model.
 *
 * @throws KindredError `corrupt` when the bytes are no ModelProto, `limit`, or `unsupported` for tensors outside the file, sparse ones, functions of the
 *   model's own,
 *   and the runtime's own format
 */
export function readProtoModel(file: Uint8Array, what: string): ProtoModel {
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength) // Node's Buffer, whose slice() does not copy, becomes a plain array
  if (new TextDecoder('latin1').decode(bytes.subarray(4, 8)) === 'ORTM')
    throw new KindredError(
      'unsupported',
      what,
      'the model must be an ONNX file',
      "one in ONNX Runtime's own format (.ort)",
      'Use the .onnx file that it was made from.',
    )
  const reader = new ProtoReader(bytes, what)
  const once = onceOf(reader)
  let [producer, producerVersion] = ['', '']
  let graph: ProtoField | undefined
  const opsets = new Map<string, number>()
  const metadata = new Map<string, string>()
  for (const f of reader.fields()) {
    if (f.field === 2) producer = reader.text(once(f, 'producer_name'), 'producer_name')
    else if (f.field === 3) producerVersion = reader.text(once(f, 'producer_version'), 'producer_version')
    else if (f.field === 7) graph = once(f, 'graph')
    else if (f.field === 8) {
      const { domain, version } = readOpset(reader, f)
      if (opsets.has(domain))
        throw reader.corrupt('operator sets must be imported once', f.bytes, 0, domain === '' ? 'ai.onnx twice' : `${domain} twice`)
      opsets.set(domain, version)
    } else if (f.field === 14) {
      const [key, value] = readEntry(reader, f)
      if (metadata.has(key)) throw reader.corrupt('metadata must have different keys', f.bytes, 0, `${key} twice`)
      metadata.set(key, value)
    } else if (f.field === 25)
      throw new KindredError(
        'unsupported',
        what,
        'a model must not bring functions of its own',
        'local functions',
        'Inline them: onnx.inliner.inline_local_functions(model).',
      )
  }
  if (graph === undefined) throw new KindredError('corrupt', what, 'the file must hold a graph', 'none', 'Is this an ONNX model?')
  return { ...readGraph(reader, reader.bytes(graph, 'graph')), producer, producerVersion, opsets, metadata }
}

/** Throws where a field that comes once comes again. */
function onceOf(reader: ProtoReader): (f: ProtoField, name: string) => ProtoField {
  const seen = new Set<number>()
  return (f, name) => {
    if (seen.has(f.field)) throw reader.corrupt(`${name} must come once`, f.bytes, 0, 'a second one')
    seen.add(f.field)
    return f
  }
}

function readOpset(reader: ProtoReader, f: ProtoField): { domain: string; version: number } {
  let [domain, version] = ['', 0]
  const once = onceOf(reader)
  for (const p of reader.fields(reader.bytes(f, 'opset_import'))) {
    if (p.field === 1) domain = reader.text(once(p, 'domain'), 'domain')
    else if (p.field === 2) version = reader.int(once(p, 'version'), 'version')
  }
  return { domain: domain === 'ai.onnx' ? '' : domain, version }
}

function readEntry(reader: ProtoReader, f: ProtoField): [string, string] {
  let [key, value] = ['', '']
  const once = onceOf(reader)
  for (const p of reader.fields(reader.bytes(f, 'metadata_props'))) {
    if (p.field === 1) key = reader.text(once(p, 'key'), 'key')
    else if (p.field === 2) value = reader.text(once(p, 'value'), 'value')
  }
  return [key, value]
}

function readGraph(reader: ProtoReader, bytes: Uint8Array): Pick<ProtoModel, 'name' | 'nodes' | 'initializers' | 'inputs' | 'outputs'> {
  const nodes: ProtoNode[] = []
  const initializers = new Map<string, ProtoTensor>()
  const inputs: ProtoValue[] = []
  const outputs: ProtoValue[] = []
  let name = ''
  const once = onceOf(reader)
  for (const f of reader.fields(bytes)) {
    if (f.field === 1) nodes.push(readNode(reader, reader.bytes(f, 'node')))
    else if (f.field === 2) name = reader.text(once(f, 'name of the graph'), 'name of the graph')
    else if (f.field === 5) {
      const tensor = readTensor(reader, reader.bytes(f, 'initializer'))
      if (initializers.has(tensor.name)) throw reader.corrupt('tensors must have different names', f.bytes, 0, `${tensor.name} twice`)
      initializers.set(tensor.name, tensor)
    } else if (f.field === 11) inputs.push(readValue(reader, reader.bytes(f, 'input')))
    else if (f.field === 12) outputs.push(readValue(reader, reader.bytes(f, 'output')))
    else if (f.field === 15)
      throw new KindredError(
        'unsupported',
        reader.what,
        'tensors must not be sparse',
        'a sparse initializer',
        'Save the model with dense tensors.',
      )
  }
  for (const [kind, values] of [
    ['inputs', inputs],
    ['outputs', outputs],
  ] as const) {
    const names = new Set(values.map((v) => v.name))
    if (names.size !== values.length || names.has(''))
      throw reader.corrupt(`${kind} must have different names`, bytes, 0, names.has('') ? 'one without' : 'two of one name')
  }
  return { name, nodes, initializers, inputs: inputs.filter((v) => !initializers.has(v.name)), outputs }
}

function readNode(reader: ProtoReader, bytes: Uint8Array): ProtoNode {
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes = new Map<string, ProtoAttribute>()
  let [opType, domain, name] = ['', '', '']
  const once = onceOf(reader)
  for (const f of reader.fields(bytes)) {
    if (f.field === 1) inputs.push(reader.text(f, 'input of a node'))
    else if (f.field === 2) outputs.push(reader.text(f, 'output of a node'))
    else if (f.field === 3) name = reader.text(once(f, 'name of a node'), 'name of a node')
    else if (f.field === 4) opType = reader.text(once(f, 'op_type'), 'op_type')
    else if (f.field === 5) {
      const attribute = readAttribute(reader, reader.bytes(f, 'attribute'))
      if (attributes.has(attribute.name))
        throw reader.corrupt(`the attributes of ${opType} ${name} must have different names`, f.bytes, 0, `${attribute.name} twice`)
      attributes.set(attribute.name, attribute)
    } else if (f.field === 7) domain = reader.text(once(f, 'domain of a node'), 'domain of a node')
  }
  if (opType === '') throw reader.corrupt('a node must name its operator', bytes, 0, 'none')
  return { opType, domain: domain === 'ai.onnx' ? '' : domain, name, inputs, outputs, attributes: [...attributes.values()] }
}

/** By number of AttributeProto.AttributeType: what it holds, beside numbers, texts and tensors. */
const otherAttributes: Readonly<Record<number, NonNullable<ProtoAttribute['holds']>>> = {
  5: 'a graph',
  8: 'texts',
  9: 'tensors',
  10: 'a graph',
  11: 'sparse tensors',
  12: 'sparse tensors',
  13: 'a type',
  14: 'a type',
}
/** The same by field number of AttributeProto. */
const otherFields: Readonly<Record<number, NonNullable<ProtoAttribute['holds']>>> = {
  6: 'a graph',
  9: 'texts',
  10: 'tensors',
  11: 'a graph',
  14: 'a type',
  15: 'a type',
  21: 'a reference',
  22: 'sparse tensors',
  23: 'sparse tensors',
}

function readAttribute(reader: ProtoReader, bytes: Uint8Array): ProtoAttribute {
  let [name, type] = ['', 0]
  let value: ProtoAttribute['value']
  let holds: ProtoAttribute['holds']
  const kinds = new Set<number>()
  const ints: number[] = []
  const floats: Uint8Array[] = []
  const once = onceOf(reader)
  for (const f of reader.fields(bytes)) {
    const many = f.field === 7 || f.field === 8
    if (f.field === 1) name = reader.text(once(f, 'name of an attribute'), 'name of an attribute')
    else if (f.field === 2) value = { float: reader.float(once(f, 'float of an attribute'), 'float of an attribute') }
    else if (f.field === 3) value = reader.int(once(f, 'integer of an attribute'), 'integer of an attribute')
    else if (f.field === 4) value = loose.decode(reader.bytes(once(f, 'text of an attribute'), 'text of an attribute'))
    else if (f.field === 5) value = readTensor(reader, reader.bytes(once(f, 'tensor of an attribute'), 'tensor of an attribute'))
    else if (f.field === 7) floats.push(reader.fixed(f, 'floats of an attribute', 4))
    else if (f.field === 8) for (const i of reader.ints(f, 'integers of an attribute')) ints.push(Number(i))
    else if (f.field === 10) readTensor(reader, reader.bytes(f, 'tensors of an attribute'))
    else if (f.field === 20) type = reader.int(once(f, 'type of an attribute'), 'type of an attribute')
    if (Object.hasOwn(otherFields, f.field)) holds = otherFields[f.field]
    if (many || (f.field >= 2 && f.field <= 5)) kinds.add(f.field)
  }
  if (name === '') throw reader.corrupt('an attribute must have a name', bytes, 0, 'none')
  // by field: float 2, int 3, text 4, tensor 5, floats 7, ints 8; by type: float 1, int 2, text 3, tensor 4, floats 6, ints 7
  const fieldOf: Readonly<Record<number, number>> = { 1: 2, 2: 3, 3: 4, 4: 5, 6: 7, 7: 8 }
  const [kind] = kinds
  if (kinds.size > 1 || (kind !== undefined && type !== 0 && fieldOf[type] !== kind))
    throw reader.corrupt(`attribute ${name} must hold one value of its type`, bytes, 0, `type ${type} with fields ${[...kinds].join(', ')}`)
  if (Object.hasOwn(otherAttributes, type)) holds ??= otherAttributes[type]
  if (holds !== undefined) return { name, value: undefined, holds }
  const field = kind ?? fieldOf[type] // a value that is 0 or empty may have been left out by its writer
  if (field === undefined) throw reader.corrupt(`attribute ${name} must hold a value`, bytes, 0, `type ${type}`)
  if (field === 8) value = { ints }
  else if (field === 7) value = floatsOf(floats)
  else if (field === 2) value ??= { float: 0 }
  else if (field === 3) value ??= 0
  else if (field === 4) value ??= ''
  return { name, value }
}

/** For the texts of attributes: names of modes, as a rule, but any bytes are allowed there. */
const loose = new TextDecoder()

/** Packed little-endian floats, copied so that alignment never matters. */
function floatsOf(parts: readonly Uint8Array[]): Float32Array {
  return new Float32Array(joined(parts).slice().buffer)
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

function readTensor(reader: ProtoReader, bytes: Uint8Array): ProtoTensor {
  const shape: number[] = []
  let [name, type] = ['', 0]
  let raw: Uint8Array | undefined
  const listed: { field: number; part: Uint8Array | BigInt64Array }[] = []
  let texts = 0
  const once = onceOf(reader)
  const label = () => (name === '' ? 'a tensor' : `tensor ${name}`)
  for (const f of reader.fields(bytes)) {
    if (f.field === 1) for (const d of reader.ints(f, 'dims')) shape.push(Number(d))
    else if (f.field === 2) type = reader.int(once(f, 'data_type'), 'data_type')
    else if (f.field === 3) throw new KindredError('unsupported', reader.what, `${label()} must be in one piece`, 'a segment')
    else if (f.field === 4) listed.push({ field: 4, part: reader.fixed(f, 'float_data', 4) })
    else if (f.field === 10) listed.push({ field: 10, part: reader.fixed(f, 'double_data', 8) })
    else if (f.field === 5 || f.field === 7 || f.field === 11) listed.push({ field: f.field, part: reader.ints(f, 'int_data') })
    else if (f.field === 6) texts++
    else if (f.field === 8) name = reader.text(once(f, 'name of a tensor'), 'name of a tensor')
    else if (f.field === 9) raw = reader.bytes(once(f, 'raw_data'), 'raw_data')
    else if (f.field === 13 || (f.field === 14 && reader.int(f, 'data_location') !== 0))
      throw new KindredError(
        'unsupported',
        reader.what,
        `${label()} must be inside the file`,
        'external data',
        'Save the model as one file: onnx.save(model, path, save_as_external_data=False).',
      )
  }
  const size = sizeOf(reader, shape, label(), bytes)
  if (type === textType) {
    if (raw !== undefined || listed.length > 0 || texts !== size)
      throw reader.corrupt(`${label()} must hold ${size} texts`, bytes, 0, String(texts))
    return { name, type, shape, bytes: undefined }
  }
  const bits = elementBits.get(type)
  if (bits === undefined)
    throw new KindredError(
      type === 0 ? 'corrupt' : 'unsupported',
      reader.what,
      `${label()} must have an element type of ONNX`,
      String(type),
    )
  if ((raw !== undefined && listed.length > 0) || texts > 0)
    throw reader.corrupt(`${label()} must hold its numbers in one way`, bytes, 0, 'several')
  const got = raw ?? listedBytes(reader, listed, type, bits, label(), bytes)
  const wanted = Math.ceil((size * bits) / 8)
  if (got.length !== wanted)
    throw reader.corrupt(`${label()} [${shape.join(', ')}] must hold ${size} values, ${wanted} bytes`, bytes, 0, `${got.length} bytes`)
  return { name, type, shape, bytes: got }
}

function sizeOf(reader: ProtoReader, shape: readonly number[], label: string, bytes: Uint8Array): number {
  ensureWithin('nesting', shape.length, reader.what, `the axes of ${label}`)
  for (const d of shape)
    if (!Number.isSafeInteger(d) || d < 0)
      throw reader.corrupt(`the sizes of ${label} must be whole numbers of at least 0`, bytes, 0, `[${shape.join(', ')}]`)
  if (shape.includes(0)) return 0
  const size = shape.reduce((a, b) => a * b, 1)
  ensureWithin('tensorElements', size, reader.what, label)
  return size
}

/** Numbers that are listed one by one (int32_data, float_data, ...) as the bytes that raw_data would hold. */
function listedBytes(
  reader: ProtoReader,
  listed: readonly { field: number; part: Uint8Array | BigInt64Array }[],
  type: number,
  bits: number,
  label: string,
  bytes: Uint8Array,
): Uint8Array {
  const allowed = type === 1 || type === 14 ? 4 : type === 11 || type === 15 ? 10 : type === 7 ? 7 : type === 12 || type === 13 ? 11 : 5
  if (listed.some((l) => l.field !== allowed))
    throw reader.corrupt(
      `${label} must hold its numbers as its type ${type} asks`,
      bytes,
      0,
      `field ${listed.find((l) => l.field !== allowed)!.field}`,
    )
  const parts = listed.map(({ part }) => (part instanceof Uint8Array ? part : narrowed(part, Math.max(8, bits))))
  return joined(parts)
}

/** The low bits of each integer. */
function narrowed(ints: BigInt64Array, bits: number): Uint8Array {
  if (bits === 64) return new Uint8Array(ints.buffer, ints.byteOffset, ints.byteLength)
  const out = bits === 32 ? new Int32Array(ints.length) : bits === 16 ? new Int16Array(ints.length) : new Int8Array(ints.length)
  for (let i = 0; i < ints.length; i++) out[i] = Number(BigInt.asIntN(bits, ints[i]))
  return new Uint8Array(out.buffer)
}

function readValue(reader: ProtoReader, bytes: Uint8Array): ProtoValue {
  let name = ''
  let type: ProtoField | undefined
  let tensor: ProtoField | undefined
  const once = onceOf(reader)
  for (const f of reader.fields(bytes)) {
    if (f.field === 1) name = reader.text(once(f, 'name of a value'), 'name of a value')
    else if (f.field === 2) type = once(f, 'type of a value')
  }
  const onceInType = onceOf(reader)
  if (type !== undefined)
    for (const t of reader.fields(reader.bytes(type, 'type of a value'))) if (t.field === 1) tensor = onceInType(t, 'tensor_type')
  if (tensor === undefined) return { name, type: undefined, shape: undefined }
  let elements = 0
  let shape: (number | string)[] | undefined
  const onceInTensor = onceOf(reader)
  for (const part of reader.fields(reader.bytes(tensor, 'tensor_type'))) {
    if (part.field === 1) elements = reader.int(onceInTensor(part, 'elem_type'), 'elem_type')
    else if (part.field === 2)
      shape = [...reader.fields(reader.bytes(onceInTensor(part, 'shape'), 'shape'))]
        .filter((d) => d.field === 1)
        .map((d) => readDim(reader, reader.bytes(d, 'dim')))
  }
  if (elements !== textType && !elementBits.has(elements))
    throw new KindredError(
      elements === 0 ? 'corrupt' : 'unsupported',
      reader.what,
      `${name} must have an element type of ONNX`,
      String(elements),
    )
  ensureWithin('nesting', shape?.length ?? 0, reader.what, `the axes of ${name}`)
  return { name, type: elements, shape }
}

function readDim(reader: ProtoReader, bytes: Uint8Array): number | string {
  let dim: number | string = '?'
  const once = onceOf(reader)
  for (const f of reader.fields(bytes)) {
    if (f.field === 1) dim = reader.int(once(f, 'dim_value'), 'dim_value')
    else if (f.field === 2) dim = reader.text(once(f, 'dim_param'), 'dim_param')
  }
  if (dim === '' || dim === -1) return '?' // how some writers say "open"
  if (typeof dim === 'number' && (dim < 0 || !Number.isSafeInteger(dim)))
    throw reader.corrupt('sizes must be whole numbers of at least 0', bytes, 0, String(dim))
  return dim
}
