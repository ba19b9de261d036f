/**
 * @file How large the results of ONNX's operators are, so that a small file cannot ask for all memory: `[1, 3, 224, 224]` in, sizes of every value out.
 *
 * A size that is not known stays open (undefined); nothing here computes more than sizes and the short lists of numbers that sizes are made of.
 * Definitions: onnx/docs/Operators.md.
 */
import type { ProtoAttribute } from './proto-model.ts'

/** What is known of a value. */
export interface Fact {
  /** Its sizes; undefined where they are open. */
  readonly dims: readonly number[] | undefined
  /** Its numbers, where it is short and known before anything runs: sizes, axes, scales. */
  readonly values?: readonly number[]
  /** Whether those are integers (division cuts off). */
  readonly whole?: boolean
  /** Made of the file alone: the runtime computes it while it loads. */
  readonly constant: boolean
}

type Dims = readonly number[] | undefined

/** A node with what is known of its inputs. */
export class NodeFacts {
  readonly opType: string
  readonly opset: number
  readonly inputs: readonly (Fact | undefined)[]
  readonly outputs: number
  private readonly attributes: ReadonlyMap<string, ProtoAttribute['value']>
  constructor(
    opType: string,
    opset: number,
    inputs: readonly (Fact | undefined)[],
    outputs: number,
    attributes: readonly ProtoAttribute[],
  ) {
    this.opType = opType
    this.opset = opset
    this.inputs = inputs
    this.outputs = outputs
    this.attributes = new Map(attributes.map((a) => [a.name, a.value]))
  }
  dims(index: number): Dims {
    return this.inputs[index]?.dims
  }
  /** Numbers of an input; `none` where it is left out, undefined where they are not known. */
  values<T>(index: number, none: T): readonly number[] | T | undefined {
    return this.inputs[index] === undefined ? none : this.inputs[index].values
  }
  int(name: string, fallback: number): number {
    const a = this.attributes.get(name)
    return typeof a === 'number' ? a : fallback
  }
  list(name: string): readonly number[] | undefined {
    const a = this.attributes.get(name)
    return a !== undefined && typeof a === 'object' && 'ints' in a ? a.ints : a instanceof Float32Array ? Array.from(a) : undefined
  }
  text(name: string, fallback: string): string {
    const a = this.attributes.get(name)
    return typeof a === 'string' ? a : fallback
  }
  has(name: string): boolean {
    return this.attributes.has(name)
  }
  attribute(name: string): ProtoAttribute['value'] {
    return this.attributes.get(name)
  }
  /** An attribute of old operator sets, an input of new ones. */
  listOr<T>(name: string, index: number, none: T): readonly number[] | T | undefined {
    return this.list(name) ?? this.values(index, none)
  }
}

/** How many elements; 1 for a single number. */
export const elements = (dims: readonly number[]): number => (dims.includes(0) ? 0 : dims.reduce((a, b) => a * b, 1))

/** NumPy's rule: aligned from the right, a 1 stretches. */
function broadcast(shapes: readonly Dims[]): Dims {
  let out: number[] = []
  for (const shape of shapes) {
    if (shape === undefined) return undefined
    const [long, short] = shape.length > out.length ? [shape, out] : [out, shape]
    out = long.map((d, i) => {
      const other = short[i - long.length + short.length] ?? 1
      return d === 1 ? other : other === 1 ? d : Math.max(d, other)
    })
  }
  return out
}

/** The axis counted from the front. @throws RangeError where there is none */
function axisOf(axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(at) || at < 0 || at >= rank) throw new RangeError(`axis ${axis} of ${rank}`)
  return at
}

/** Sizes of windows that glide over an image: convolutions and pools. */
function windows(n: NodeFacts, x: readonly number[], kernel: readonly number[]): number[] {
  const rank = x.length - 2
  const strides = n.list('strides') ?? []
  const dilations = n.list('dilations') ?? []
  const pads = n.list('pads') ?? []
  const auto = n.text('auto_pad', 'NOTSET')
  const round = n.int('ceil_mode', 0) === 1 ? Math.ceil : Math.floor
  return Array.from({ length: rank }, (_, i) => {
    const [size, stride] = [x[2 + i], Math.max(1, strides[i] ?? 1)]
    if (auto.startsWith('SAME')) return Math.ceil(size / stride)
    const reach = (dilations[i] ?? 1) * ((kernel[i] ?? 1) - 1) + 1
    const padded = size + (auto === 'VALID' ? 0 : (pads[i] ?? 0) + (pads[rank + i] ?? 0))
    return Math.max(0, round((padded - reach) / stride) + 1)
  })
}

const conv =
  (weights: number) =>
  (n: NodeFacts): Dims => {
    const [x, w] = [n.dims(0), n.dims(weights)]
    return x === undefined || w === undefined || x.length < 3 ? undefined : [x[0], w[0], ...windows(n, x, w.slice(2))]
  }

function convTranspose(n: NodeFacts): Dims {
  const [x, w] = [n.dims(0), n.dims(1)]
  if (x === undefined || w === undefined || x.length < 3) return undefined
  const rank = x.length - 2
  const fixed = n.list('output_shape')
  const [strides, dilations, pads, extra] = ['strides', 'dilations', 'pads', 'output_padding'].map((name) => n.list(name) ?? [])
  const same = n.text('auto_pad', 'NOTSET').startsWith('SAME')
  const size = (i: number): number => {
    const stride = strides[i] ?? 1
    if (same) return x[2 + i] * stride
    return (
      stride * (x[2 + i] - 1) + (extra[i] ?? 0) + ((w[2 + i] ?? 1) - 1) * (dilations[i] ?? 1) + 1 - (pads[i] ?? 0) - (pads[rank + i] ?? 0)
    )
  }
  return [x[0], w[1] * n.int('group', 1), ...Array.from({ length: rank }, (_, i) => Math.max(0, fixed?.slice(-rank)[i] ?? size(i)))]
}

function matrixProduct(a: Dims, b: Dims): Dims {
  if (a === undefined || b === undefined || a.length === 0 || b.length === 0) return undefined
  const [wideA, wideB] = [a.length === 1 ? [1, ...a] : a, b.length === 1 ? [...b, 1] : b]
  const lead = broadcast([wideA.slice(0, -2), wideB.slice(0, -2)])!
  return [...lead, ...(a.length === 1 ? [] : [wideA[wideA.length - 2]]), ...(b.length === 1 ? [] : [wideB[wideB.length - 1]])]
}

function reduced(n: NodeFacts): Dims {
  const x = n.dims(0)
  const axes = n.listOr('axes', 1, [] as number[])
  if (x === undefined || axes === undefined) return undefined
  if (axes.length === 0 && n.int('noop_with_empty_axes', 0) === 1) return x
  const gone = new Set(axes.map((a) => axisOf(a, x.length)))
  const drops = (i: number): boolean => gone.size === 0 || gone.has(i)
  return n.int('keepdims', 1) === 1 ? x.map((d, i) => (drops(i) ? 1 : d)) : x.filter((_, i) => !drops(i))
}

function reshaped(n: NodeFacts): Dims {
  const [x, target] = [n.dims(0), n.listOr('shape', 1, undefined)]
  if (target === undefined || x === undefined) return undefined
  const out = target.map((d, i) => (d === 0 && n.int('allowzero', 0) === 0 ? (x[i] ?? 0) : d))
  const open = out.indexOf(-1)
  if (open >= 0)
    out[open] = Math.floor(
      elements(x) /
        Math.max(
          1,
          out.reduce((p, d, i) => (i === open ? p : p * d), 1),
        ),
    )
  return out
}

function sliced(n: NodeFacts): Dims {
  const x = n.dims(0)
  const [starts, ends] = [n.listOr('starts', 1, undefined), n.listOr('ends', 2, undefined)]
  if (x === undefined || starts === undefined || ends === undefined) return x // a slice is no larger
  const axes = n.listOr(
    'axes',
    3,
    starts.map((_, i) => i),
  )
  const steps = n.values(
    4,
    starts.map(() => 1),
  )
  if (axes === undefined || steps === undefined) return x
  const out = [...x]
  axes.forEach((a, i) => {
    const axis = axisOf(a, x.length)
    out[axis] = sliceIndices(x[axis], starts[i], ends[i], steps[i]).length
  })
  return out
}

function sliceIndices(size: number, start: number, end: number, step: number): { length: number; first: number } {
  const clamp = (v: number, low: number, high: number) => Math.max(low, Math.min(high, v < 0 ? v + size : v))
  const [from, to] = step > 0 ? [clamp(start, 0, size), clamp(end, 0, size)] : [clamp(start, 0, size - 1), clamp(end, -1, size - 1)]
  return { length: Math.max(0, Math.ceil((to - from) / step)), first: from }
}

function padded(n: NodeFacts): Dims {
  const [x, pads] = [n.dims(0), n.list('pads') ?? n.list('paddings') ?? n.values(1, undefined)]
  if (x === undefined || pads === undefined) return undefined
  const axes = n.values(
    3,
    x.map((_, i) => i),
  )
  if (axes === undefined) return undefined
  const out = [...x]
  axes.forEach((a, i) => (out[axisOf(a, x.length)] += (pads[i] ?? 0) + (pads[axes.length + i] ?? 0)))
  return out.map((d) => Math.max(0, d))
}

function resized(n: NodeFacts): Dims {
  const x = n.dims(0)
  if (x === undefined) return undefined
  const old = n.opType === 'Upsample' || n.opset < 11
  const scales = n.list('scales') ?? n.values(old ? 1 : 2, undefined)
  const sizes = old ? undefined : n.values(3, undefined)
  const axes = n.list('axes') ?? x.map((_, i) => i)
  const given = sizes !== undefined && sizes.length > 0 ? sizes : scales?.map((s, i) => Math.floor(x[axisOf(axes[i] ?? i, x.length)] * s))
  if (given === undefined || given.length === 0) return undefined
  const out = [...x]
  given.forEach((d, i) => (out[axisOf(axes[i] ?? i, x.length)] = d))
  return out
}

function split(n: NodeFacts): Dims[] {
  const x = n.dims(0)
  if (x === undefined) return []
  const axis = axisOf(n.int('axis', 0), x.length)
  const sizes = n.listOr('split', 1, undefined)
  const even = (d: number, i: number) => Math.max(0, Math.min(Math.ceil(d / n.outputs), d - i * Math.ceil(d / n.outputs)))
  return Array.from({ length: n.outputs }, (_, i) => x.map((d, at) => (at === axis ? (sizes?.[i] ?? even(d, i)) : d)))
}

function concatenated(n: NodeFacts): Dims {
  const shapes = n.inputs.map((f) => f?.dims)
  const [first] = shapes
  if (first === undefined || shapes.some((s) => s === undefined)) return undefined
  const axis = axisOf(n.int('axis', 1), first.length)
  return first.map((d, i) => (i === axis ? shapes.reduce((sum, s) => sum + (s![i] ?? 0), 0) : d))
}

function unsqueezed(n: NodeFacts): Dims {
  const [x, axes] = [n.dims(0), n.listOr('axes', 1, undefined)]
  if (x === undefined || axes === undefined) return undefined
  const rank = x.length + axes.length
  const at = new Set(axes.map((a) => axisOf(a, rank)))
  const rest = [...x]
  return Array.from({ length: rank }, (_, i) => (at.has(i) ? 1 : (rest.shift() ?? 1)))
}

function squeezed(n: NodeFacts): Dims {
  const [x, axes] = [n.dims(0), n.listOr('axes', 1, [] as number[])]
  if (x === undefined || axes === undefined) return undefined
  const gone = new Set(axes.map((a) => axisOf(a, x.length)))
  return x.filter((d, i) => (axes.length === 0 ? d !== 1 : !gone.has(i)))
}

function gathered(n: NodeFacts): Dims {
  const [x, indices] = [n.dims(0), n.dims(1)]
  if (x === undefined || indices === undefined) return undefined
  const axis = axisOf(n.int('axis', 0), x.length)
  return [...x.slice(0, axis), ...indices, ...x.slice(axis + 1)]
}

function gatheredNd(n: NodeFacts): Dims {
  const [x, indices] = [n.dims(0), n.dims(1)]
  if (x === undefined || indices === undefined || indices.length === 0) return undefined
  return [...indices.slice(0, -1), ...x.slice(n.int('batch_dims', 0) + indices[indices.length - 1])]
}

function oneHot(n: NodeFacts): Dims {
  const [x, depth] = [n.dims(0), n.values(1, undefined)]
  if (x === undefined || depth === undefined) return undefined
  const axis = axisOf(n.int('axis', -1), x.length + 1)
  return [...x.slice(0, axis), depth[0], ...x.slice(axis)]
}

function range(n: NodeFacts): Dims {
  const [from, to, step] = [0, 1, 2].map((i) => n.values(i, undefined)?.[0])
  if (from === undefined || to === undefined || step === undefined) return undefined
  return [step === 0 ? Infinity : Math.max(0, Math.ceil((to - from) / step))]
}

function flattened(n: NodeFacts): Dims {
  const x = n.dims(0)
  if (x === undefined) return undefined
  const given = n.int('axis', 1)
  const axis = axisOf(given < 0 ? given + x.length : given, x.length + 1) // behind the last one, too
  return [elements(x.slice(0, axis)), elements(x.slice(axis))]
}

function topK(n: NodeFacts): Dims[] {
  const [x, k] = [n.dims(0), n.has('k') ? [n.int('k', 1)] : n.values(1, undefined)]
  const out = x?.map((d, i) => (i === axisOf(n.int('axis', -1), x.length) ? (k?.[0] ?? d) : d))
  return [out, out]
}

const einsum = (n: NodeFacts): Dims => {
  const [left, right] = n.text('equation', '').replaceAll(' ', '').split('->')
  const sizes = new Map<string, number>()
  const terms = left.split(',')
  if (right === undefined || n.text('equation', '').includes('.') || terms.length !== n.inputs.length) return undefined
  for (const [i, term] of terms.entries()) {
    const dims = n.dims(i)
    if (dims === undefined) return undefined
    for (const [at, letter] of [...term].entries()) sizes.set(letter, Math.max(sizes.get(letter) ?? 1, dims[at] ?? 1))
  }
  return [...right].map((letter) => sizes.get(letter) ?? 1)
}

const same = (n: NodeFacts): Dims => n.dims(0)
const spread = (n: NodeFacts): Dims => broadcast(n.inputs.map((f) => f?.dims))
const global = (n: NodeFacts): Dims => n.dims(0)?.map((d, i) => (i < 2 ? d : 1))
const pool = (n: NodeFacts): Dims => {
  const [x, kernel] = [n.dims(0), n.list('kernel_shape')]
  return x === undefined || kernel === undefined || x.length < 3 ? undefined : [x[0], x[1], ...windows(n, x, kernel)]
}
const turned = (dims: Dims, turn: number): Dims =>
  turn === 1 && dims !== undefined ? [...dims.slice(0, -2), dims[dims.length - 1], dims[dims.length - 2]] : dims
const block = (n: NodeFacts, deeper: boolean): Dims => {
  const [x, b] = [n.dims(0), Math.max(1, n.int('blocksize', 1))]
  if (x === undefined || x.length !== 4) return undefined
  return deeper ? [x[0], x[1] * b * b, Math.floor(x[2] / b), Math.floor(x[3] / b)] : [x[0], Math.floor(x[1] / (b * b)), x[2] * b, x[3] * b]
}

type Rule = (n: NodeFacts) => Dims | Dims[]
const rulesFor = (names: string, rule: Rule): [string, Rule][] => names.split(' ').map((name) => [name, rule])

/** The sizes of a node's results: of the first, or of each. */
export const sizeRules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...rulesFor(
    'Abs Acos Acosh Asin Asinh Atan Atanh BatchNormalization Bernoulli BitwiseNot Cast CastLike Ceil Celu Clip Cos Cosh CumSum DequantizeLinear Dropout ' +
      'Elu Erf Exp EyeLike FastGelu Floor Gelu GroupNormalization HardSigmoid HardSwish Hardmax Identity InstanceNormalization IsInf IsNaN LRN ' +
      'LayerNormalization LeakyRelu Log LogSoftmax LpNormalization MeanVarianceNormalization Mish Neg Not QLinearLeakyRelu QLinearSigmoid QLinearSoftmax ' +
      'QuantizeLinear QuickGelu RMSNormalization RandomNormalLike RandomUniformLike Reciprocal Relu ReverseSequence Round Scatter ScatterElements ' +
      'ScatterND Selu Shrink Sigmoid Sign Sin Sinh SimplifiedLayerNormalization SkipLayerNormalization Softmax Softplus Softsign Sqrt Swish Tan Tanh ' +
      'ThresholdedRelu Trilu',
    same,
  ),
  ...rulesFor(
    'Add And BiasGelu BitShift BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or PRelu Pow Sub ' +
      'Sum Where Xor',
    spread,
  ),
  ...rulesFor('QLinearAdd QLinearMul', (n) => broadcast([n.dims(0), n.dims(3)])),
  ...rulesFor('Conv ConvInteger FusedConv', conv(1)),
  ['QLinearConv', conv(3)],
  ['ConvTranspose', convTranspose],
  ...rulesFor('AveragePool LpPool', pool),
  ['MaxPool', (n) => [pool(n) as Dims, pool(n) as Dims]],
  ...rulesFor('GlobalAveragePool GlobalMaxPool GlobalLpPool QLinearGlobalAveragePool', global),
  [
    'MaxUnpool',
    (n) => {
      const [x, kernel, strides, pads] = [n.dims(0), n.list('kernel_shape'), n.list('strides'), n.list('pads')]
      if (n.inputs[2] !== undefined) return n.values(2, undefined)
      return x?.map((d, i) =>
        i < 2 ? d : (d - 1) * (strides?.[i - 2] ?? 1) + (kernel?.[i - 2] ?? 1) - (pads?.[i - 2] ?? 0) - (pads?.[i + x.length - 4] ?? 0),
      )
    },
  ],
  ...rulesFor('MatMul MatMulInteger', (n) => matrixProduct(n.dims(0), n.dims(1))),
  ['QLinearMatMul', (n) => matrixProduct(n.dims(0), n.dims(3))],
  ['FusedMatMul', (n) => matrixProduct(turned(n.dims(0), n.int('transA', 0)), turned(n.dims(1), n.int('transB', 0)))],
  ['Gemm', (n) => matrixProduct(turned(n.dims(0), n.int('transA', 0)), turned(n.dims(1), n.int('transB', 0)))],
  ...rulesFor(
    'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare',
    reduced,
  ),
  ...rulesFor('ArgMax ArgMin', (n) =>
    n.dims(0)?.flatMap((d, i, x) => (i !== axisOf(n.int('axis', 0), x.length) ? [d] : n.int('keepdims', 1) === 1 ? [1] : [])),
  ),
  ['Reshape', reshaped],
  ['Flatten', flattened],
  ['Transpose', (n) => (n.list('perm') ?? n.dims(0)?.map((_, i, x) => x.length - 1 - i))?.map((p) => n.dims(0)?.[p] ?? NaN)],
  ['Squeeze', squeezed],
  ['Unsqueeze', unsqueezed],
  ['Concat', concatenated],
  ['Split', split],
  ['Slice', sliced],
  ['Pad', padded],
  [
    'Tile',
    (n) => {
      const [x, times] = [n.dims(0), n.values(1, undefined)]
      return times === undefined ? undefined : x?.map((d, i) => d * (times[i] ?? 1))
    },
  ],
  ['Expand', (n) => broadcast([n.dims(0), n.values(1, undefined)])],
  ['Gather', gathered],
  ['GatherElements', (n) => n.dims(1)],
  ['GatherND', gatheredNd],
  ...rulesFor('Resize Upsample', resized),
  ['ConstantOfShape', (n) => n.values(0, undefined)],
  ['Range', range],
  ['Shape', (n) => [n.dims(0)?.length ?? NaN]],
  ['Size', () => []],
  ['OneHot', oneHot],
  ['TopK', topK],
  ...rulesFor('RandomNormal RandomUniform', (n) => n.list('shape')),
  ['Multinomial', (n) => [n.dims(0)?.[0] ?? 1, n.int('sample_size', 1)]],
  ['DepthToSpace', (n) => block(n, false)],
  ['SpaceToDepth', (n) => block(n, true)],
  ['Einsum', einsum],
  ['DynamicQuantizeLinear', (n) => [n.dims(0), [], []]],
])

/** Operators whose result may be of any size, whatever goes in: where it is not known, they are refused. */
export const makers: ReadonlySet<string> = new Set(
  (
    'AffineGrid BlackmanWindow CenterCropPad Col2Im ConstantOfShape DFT Expand HammingWindow HannWindow ImageDecoder MaxRoiPool MaxUnpool MelWeightMatrix ' +
    'Multinomial OneHot Pad RandomNormal RandomUniform Range Resize RoiAlign STFT Tile Upsample'
  ).split(' '),
)

const longest = 4096

/** The numbers of a short result that is known before anything runs; undefined for all others. */
export function valuesOf(n: NodeFacts, dims: readonly number[] | undefined): { values: readonly number[]; whole: boolean } | undefined {
  if (n.opType === 'Shape') {
    const x = n.dims(0)
    return x === undefined ? undefined : { values: x.slice(n.int('start', 0), n.has('end') ? n.int('end', 0) : undefined), whole: true }
  }
  if (n.opType === 'Size') return n.dims(0) === undefined ? undefined : { values: [elements(n.dims(0)!)], whole: true }
  if (dims === undefined || elements(dims) > longest || n.inputs.some((f) => f !== undefined && f.values === undefined)) return undefined
  const [a, b, c] = n.inputs.map((f) => f?.values ?? [])
  const whole = n.inputs[0]?.whole ?? true
  const kept = (values: readonly number[]) => ({ values, whole })
  const zipped = (f: (...v: number[]) => number) => {
    const lists = n.inputs.map((i) => i?.values ?? [])
    const size = elements(dims)
    if (lists.some((l) => l.length !== 1 && l.length !== size)) return undefined // broadcasting along axes: no size is made so
    return Array.from({ length: size }, (_, i) => lists.map((l) => l[l.length === 1 ? 0 : i]).reduce((x, y) => f(x, y)))
  }
  const both = (f: (x: number, y: number) => number, isWhole = whole) => {
    const values = zipped(f)
    return values === undefined ? undefined : { values, whole: isWhole }
  }
  switch (n.opType) {
    case 'Identity':
    case 'Reshape':
    case 'Squeeze':
    case 'Unsqueeze':
    case 'Flatten':
      return kept(a)
    case 'Cast': {
      const toWhole = [2, 3, 4, 5, 6, 7, 12, 13].includes(n.int('to', 1))
      return { values: toWhole ? a.map(Math.trunc) : a, whole: toWhole }
    }
    case 'Floor':
      return kept(a.map(Math.floor))
    case 'Ceil':
      return kept(a.map(Math.ceil))
    case 'Round':
      return kept(a.map((v) => (Math.abs(v % 1) === 0.5 ? 2 * Math.round(v / 2) : Math.round(v))))
    case 'Neg':
      return kept(a.map((v) => -v))
    case 'Sqrt':
      return kept(a.map(Math.sqrt))
    case 'Not':
      return kept(a.map((v) => (v === 0 ? 1 : 0)))
    case 'Add':
      return both((x, y) => x + y)
    case 'Sub':
      return both((x, y) => x - y)
    case 'Mul':
      return both((x, y) => x * y)
    case 'Div':
      return both((x, y) => (whole ? Math.trunc(x / y) : x / y))
    case 'Mod':
      return both((x, y) => (n.int('fmod', 0) === 1 ? x % y : ((x % y) + y) % y))
    case 'Min':
      return both(Math.min)
    case 'Max':
      return both(Math.max)
    case 'Equal':
      return both((x, y) => (x === y ? 1 : 0), true)
    case 'Greater':
      return both((x, y) => (x > y ? 1 : 0), true)
    case 'Less':
      return both((x, y) => (x < y ? 1 : 0), true)
    case 'Where': {
      const size = elements(dims)
      const at = (list: readonly number[], i: number) => list[list.length === 1 ? 0 : i]
      if ([a, b, c].some((l) => l.length !== 1 && l.length !== size)) return undefined
      return { values: Array.from({ length: size }, (_, i) => (at(a, i) !== 0 ? at(b, i) : at(c, i))), whole: n.inputs[1]?.whole ?? true }
    }
    case 'Concat':
      return kept(n.inputs.flatMap((f) => f?.values ?? []))
    case 'Gather':
      return (n.dims(0)?.length ?? 0) === 1 ? kept(b.map((i) => a[i < 0 ? i + a.length : i] ?? 0)) : undefined
    case 'Slice': {
      if ((n.dims(0)?.length ?? 0) !== 1) return undefined
      const [start, end, step] = [n.listOr('starts', 1, [0])?.[0], n.listOr('ends', 2, [a.length])?.[0], n.values(4, [1])?.[0]]
      if (start === undefined || end === undefined || step === undefined || step === 0) return undefined
      const { first } = sliceIndices(a.length, start, end, step)
      return kept(Array.from({ length: elements(dims) }, (_, i) => a[first + i * step] ?? 0))
    }
    case 'ReduceProd':
      return dims.length === 0 || elements(dims) === 1 ? kept([a.reduce((x, y) => x * y, 1)]) : undefined
    case 'ConstantOfShape': {
      const value = n.attribute('value')
      const one = value !== undefined && typeof value === 'object' && 'type' in value ? factOf(value).values?.[0] : 0
      return one === undefined
        ? undefined
        : {
            values: new Array<number>(elements(dims)).fill(one),
            whole: value !== undefined && typeof value === 'object' && 'type' in value && value.type !== 1,
          }
    }
    case 'Range':
      return kept(Array.from({ length: dims[0] }, (_, i) => a[0] + i * c[0]))
    default:
      return undefined
  }
}

/** What is known of a tensor of the file. */
export function factOf({
  type,
  shape,
  bytes,
}: {
  readonly type: number
  readonly shape: readonly number[]
  readonly bytes: Uint8Array | undefined
}): Fact {
  const plain: Fact = { dims: shape, constant: true }
  if (bytes === undefined || elements(shape) > longest) return plain
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const read = (width: number, at: (offset: number) => number): number[] => Array.from({ length: elements(shape) }, (_, i) => at(i * width))
  if (type === 7) return { ...plain, values: read(8, (o) => Number(view.getBigInt64(o, true))), whole: true }
  if (type === 6) return { ...plain, values: read(4, (o) => view.getInt32(o, true)), whole: true }
  if (type === 1) return { ...plain, values: read(4, (o) => view.getFloat32(o, true)), whole: false }
  if (type === 9 || type === 2) return { ...plain, values: [...bytes], whole: true }
  return plain
}
