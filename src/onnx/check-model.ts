/**
 * @file What is looked at before a model file is handed to ONNX Runtime, which trusts it: it would read files that the model names, run loops without an end,
 * and take
 * all memory for a tensor of which the file holds nothing but the size.
 */
import { ensureWithin, KindredError, limits } from '../base/index.ts'
import { elements, factOf, makers, NodeFacts, sizeRules, valuesOf, type Fact } from './size-rules.ts'
import { readProtoModel, type ProtoAttribute, type ProtoModel, type ProtoNode, type ProtoTensor } from './proto-model.ts'

/** Options of {@link checkModel}. */
export interface CheckModelOptions {
  /** Sizes of the inputs as they will be fed, in their order. Default: as the model says, with 1 for what it leaves open. */
  readonly inputs?: readonly (readonly number[])[]
}

/** Operator sets that may be used: ONNX's own, and ONNX Runtime's additions for quantised and fused networks. */
const domains: ReadonlySet<string> = new Set(['', 'com.microsoft'])

/**
 * Throws unless a model may be run.
 *
 * - every tensor lies in the file, fits its sizes and holds finite numbers (one alone may be infinite: the bound of a Clip);
 * - no loops, branches or functions, no operators but those of ONNX and ONNX Runtime: what runs, ends;
 * - every value is made once, before it is used;
 * - no value has more elements than `tensorElements` or more bytes than `unpackedBytes`, and below that stays all together that the model makes out of nothing:
 *   constants of constants, and what repeats, pads or enlarges.
 *
 * Sizes are followed from the inputs through all common operators; where one that may make anything of any size (Expand, Tile, Range, ...) cannot be followed,
 * the model is refused. What remains: operators that are not followed (NonZero, Compress, attention, ...) and make much out of what they are fed; a network
 * that is merely large, and slow.
 *
 * @returns the sizes of every value, as far as they could be followed
 * @throws KindredError `corrupt`, `limit` or `unsupported`, naming the file and the node or tensor
 * Cost: one pass over the file
 */
export function checkModel(
  file: Uint8Array,
  what = 'ONNX model',
  options: CheckModelOptions = {},
): Map<string, readonly number[] | undefined> {
  const model = readProtoModel(file, what)
  for (const t of model.initializers.values()) checkFinite(t, `${what}, tensor ${t.name}`)
  const facts = new Map<string, Fact>()
  for (const [name, t] of model.initializers) facts.set(name, factOf(t))
  for (const [i, { name, shape }] of model.inputs.entries())
    facts.set(name, { dims: options.inputs?.[i] ?? shape?.map((d) => (typeof d === 'number' ? d : 1)), constant: false })
  let made = 0
  for (const node of model.nodes) made += checkNode(model, node, facts, what, made)
  for (const { name } of model.outputs)
    if (!facts.has(name)) throw new KindredError('corrupt', what, 'each output must be made by a node', `${name}, which none makes`)
  return new Map([...facts].map(([name, { dims }]) => [name, dims]))
}

/** Checks one node and notes what is known of its results; gives the bytes that it makes out of nothing. */
function checkNode(model: ProtoModel, node: ProtoNode, facts: Map<string, Fact>, what: string, before: number): number {
  const { opType, domain, attributes } = node
  const where = `${what}, ${opType} ${node.name === '' ? (node.outputs[0] ?? '') : node.name}`
  if (!domains.has(domain))
    throw new KindredError('unsupported', where, 'its operator must be of ONNX or ONNX Runtime (com.microsoft)', `domain ${domain}`)
  if (attributes.some((a) => a.holds === 'a graph'))
    throw new KindredError(
      'unsupported',
      where,
      'a model must run straight through: a loop need not end',
      'an operator with a graph inside',
      'Export the model without loops and branches.',
    )
  for (const a of attributes) checkAttribute(a, where)
  for (const name of node.inputs)
    if (name !== '' && !facts.has(name))
      throw new KindredError('corrupt', where, 'its inputs must be made before it', `${name}, which is not`)
  const inputs = node.inputs.map((name) => (name === '' ? undefined : facts.get(name)))
  const constant = inputs.every((f) => f === undefined || f.constant)
  const results =
    opType === 'Constant'
      ? [constantFact(attributes)]
      : resultsOf(new NodeFacts(opType, model.opsets.get('') ?? 0, inputs, node.outputs.length, attributes), constant, where)
  let bytes = 0
  node.outputs.forEach((name, i) => {
    if (name === '') return
    if (facts.has(name)) throw new KindredError('corrupt', where, 'each value must be made once', `${name} twice`)
    const fact = results[i]
    facts.set(name, fact ?? { dims: undefined, constant })
    if (fact?.dims === undefined) {
      if (makers.has(opType) && limits().tensorElements !== Infinity)
        throw new KindredError(
          'unsupported',
          where,
          "the size of what it makes must follow from the sizes of the model's inputs",
          'one that is known only when the model runs',
          'Export the model with fixed sizes.',
        )
      return
    }
    const count = elements(fact.dims)
    const result = `its result [${fact.dims.join(', ')}]`
    ensureWithin('tensorElements', count, where, result)
    ensureWithin('unpackedBytes', 4 * count, where, result)
    if ((constant && opType !== 'Constant') || makers.has(opType))
      bytes += 8 * Math.max(0, count - inputs.reduce((sum, f) => sum + (f?.dims === undefined ? 0 : elements(f.dims)), 0))
  })
  ensureWithin('unpackedBytes', before + bytes, where, 'what the model makes out of nothing, with this')
  return bytes
}

function resultsOf(n: NodeFacts, constant: boolean, where: string): Fact[] {
  try {
    return followed(n, constant)
  } catch (error) {
    if (error instanceof KindredError) throw error
    throw new KindredError(
      'corrupt',
      where,
      'its inputs and attributes must be those that ONNX defines for it',
      error instanceof Error ? error.message : String(error),
      'The file is damaged.',
      { cause: error },
    )
  }
}

function followed(n: NodeFacts, constant: boolean): Fact[] {
  const found = sizeRules.get(n.opType)?.(n)
  const all = (found === undefined ? [] : typeof found[0] === 'number' || found.length === 0 ? [found] : found) as (
    readonly number[] | undefined
  )[]
  return all.map((dims, i) => {
    const known = dims !== undefined && dims.every((d) => d >= 0) ? dims : undefined
    const values = i === 0 ? valuesOf(n, known) : undefined
    return { dims: known, constant: constant || n.opType === 'Shape', ...values }
  })
}

function constantFact(attributes: readonly ProtoAttribute[]): Fact {
  const value = attributes.find((a) => a.name.startsWith('value'))?.value
  if (typeof value === 'number') return { dims: [], values: [value], whole: true, constant: true }
  if (value === undefined || typeof value === 'string') return { dims: undefined, constant: true }
  if (value instanceof Float32Array)
    return { dims: [value.length], values: value.length > 4096 ? undefined : Array.from(value), whole: false, constant: true }
  if ('float' in value) return { dims: [], values: [value.float], whole: false, constant: true }
  return 'ints' in value
    ? { dims: [value.ints.length], values: value.ints.length > 4096 ? undefined : value.ints, whole: true, constant: true }
    : factOf(value)
}

function checkAttribute({ name, value, holds }: ProtoAttribute, where: string): void {
  if (holds === 'sparse tensors')
    throw new KindredError('unsupported', where, 'tensors must not be sparse', name, 'Save the model with dense tensors.')
  if (holds === 'a reference')
    throw new KindredError('corrupt', where, 'an attribute must have a value of its own', `${name}, which refers to one of a function`)
  if (value === undefined || typeof value !== 'object') return
  if (value instanceof Float32Array || 'float' in value) {
    const wrong = value instanceof Float32Array ? value.findIndex((v) => !Number.isFinite(v)) >= 0 : Number.isNaN(value.float)
    if (wrong) throw new KindredError('corrupt', where, `attribute ${name} must hold finite numbers`, 'NaN or Infinity')
  } else if ('type' in value) checkFinite(value, `${where}, ${name}`)
}

/** For each type of floats: bytes of one, and which bits of its last two bytes are all set in NaN and the infinities. */
const exponents: ReadonlyMap<number, { readonly width: number; readonly high: number; readonly low: number; readonly fraction: number }> =
  new Map([
    [1, { width: 4, high: 0x7f, low: 0x80, fraction: 0x7f }],
    [10, { width: 2, high: 0x7c, low: 0, fraction: 0xff }],
    [11, { width: 8, high: 0x7f, low: 0xf0, fraction: 0x0f }],
    [16, { width: 2, high: 0x7f, low: 0x80, fraction: 0x7f }],
  ])

/** Throws where a tensor of floats holds NaN or Infinity; a single number may be infinite. The bytes are looked at as they lie. */
function checkFinite({ type, shape, bytes }: ProtoTensor, where: string): void {
  const e = exponents.get(type)
  if (e === undefined || bytes === undefined) return
  const { width, high, low, fraction } = e
  for (let at = width - 1; at < bytes.length; at += width) {
    if ((bytes[at] & high) !== high || (bytes[at - 1] & low) !== low) continue
    const rest = bytes.subarray(at - width + 1, at - 1)
    const infinite = (bytes[at] & 0x7f & ~high) === 0 && (bytes[at - 1] & fraction) === 0 && rest.every((b) => b === 0)
    if (infinite && elements(shape) === 1) continue
    throw new KindredError(
      'corrupt',
      where,
      'its numbers must be finite',
      `${infinite ? 'Infinity' : 'NaN'} as number ${(at + 1) / width} of ${bytes.length / width}`,
      'The model is damaged, or its training went wrong.',
    )
  }
}
