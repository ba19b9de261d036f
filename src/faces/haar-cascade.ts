/**
 * @file OpenCV's cascade XML (new format) as flat tables.
 *
 * A cascade is a list of stages; a stage a list of trees; a tree asks features of the window until it reaches a leaf. A feature is a weighted sum of
 * two or three rectangles (Viola & Jones 2001; Lienhart & Maydt 2002). Tables instead of objects, because the detector visits them millions of times.
 * Format: OpenCV 4.12, modules/objdetect/src/cascadedetect.cpp, `CascadeClassifierImpl::Data::read`.
 */
import { counted, ensureWithin, KindredError } from '../base/index.ts'
import { parseXml, type XmlElement } from './xml.ts'

/** A cascade. Nodes of all trees lie one after the other; so do leaves. */
export interface HaarCascade {
  /** Size of the window the cascade was trained on, pixels. */
  readonly width: number
  readonly height: number
  /** A stage's first tree, and one entry more at the end. */
  readonly stageStart: Int32Array
  /** A window fails a stage when its sum is below this. */
  readonly stageThreshold: Float64Array
  /** A tree's first node and first leaf. */
  readonly treeNode: Int32Array
  readonly treeLeaf: Int32Array
  /** For each node: where to go below the threshold and where else; > 0 is a node of the tree, <= 0 minus a leaf of the tree. */
  readonly left: Int32Array
  readonly right: Int32Array
  /** For each node the number T for which `x < T` in float64 says what `float32(x) < threshold` says. */
  readonly threshold: Float64Array
  /** The thresholds themselves. */
  readonly thresholds: Float32Array
  readonly leaves: Float32Array
  /** For each node three rectangles x, y, width, height in the window (width 0: none). */
  readonly rects: Int32Array
  /** For each node the weights of its rectangles. */
  readonly weights: Int32Array
}

/**
 * Reads a cascade.
 *
 * All that the detector trusts is checked: windows lie in the image by construction, so rectangles must lie in the window, and a tree must lead downwards, so
 * that it ends.
 * @param xml the text of a file such as `haarcascade_frontalface_alt2.xml`
 * @param what the file, for messages
 * @throws KindredError `corrupt` when the text is no cascade, `unsupported` for the old format, tilted or LBP features, or fractional weights, `limit`
 */
export function parseHaarCascade(xml: string, what = 'haar cascade'): HaarCascade {
  const { name, children } = parseXml(xml, what)
  const cascade = children.find((c) => c.attributes.get('type_id')?.startsWith('opencv-'))
  const type = cascade?.attributes.get('type_id')
  if (type === 'opencv-haar-classifier')
    throw new KindredError(
      'unsupported',
      what,
      'the file must be in the new cascade format',
      'the old format',
      'Convert it with OpenCV, or take the file of OpenCV 2.4 or newer.',
    )
  if (name !== 'opencv_storage' || cascade === undefined || type !== 'opencv-cascade-classifier')
    throw new KindredError('corrupt', what, 'the file must be an OpenCV cascade (XML)', `<${name}>`)
  const reader = new Reader(what)
  const kind = reader.text(cascade, 'featureType')
  if (kind !== 'HAAR') throw new KindredError('unsupported', what, 'the features must be Haar rectangles', kind)
  const [width, height] = [reader.integer(cascade, 'width'), reader.integer(cascade, 'height')]
  if (width < 3 || height < 3) throw reader.corrupt('the window must be 3 x 3 pixels or more', `${width} x ${height}`)
  ensureWithin('imagePixels', width * height, what, 'the window')
  const features = reader.list(cascade, 'features').map((f, i) => reader.feature(f, i, width, height))
  const stages = reader.list(cascade, 'stages')
  const stated = cascade.children.find((c) => c.name === 'stageNum')
  if (stated !== undefined && Number(stated.text) !== stages.length)
    throw reader.corrupt(`<stages> must hold ${stated.text.trim()} stages, as <stageNum> says`, String(stages.length))

  const stageStart = [0]
  const stageThreshold: number[] = []
  const treeNode: number[] = []
  const treeLeaf: number[] = []
  const nodes: number[] = []
  const leaves: number[] = []
  for (const [s, stage] of stages.entries()) {
    stageThreshold.push(Math.fround(Math.fround(reader.numbers(reader.child(stage, 'stageThreshold'), 1)[0]) - Math.fround(1e-5)))
    for (const tree of reader.list(stage, 'weakClassifiers')) {
      treeNode.push(nodes.length / 4)
      treeLeaf.push(leaves.length)
      const { asked, values } = reader.tree(tree, `stage ${s + 1}`, features.length)
      for (const v of asked) nodes.push(v)
      for (const v of values) leaves.push(v)
    }
    if (treeNode.length === stageStart[s]) throw reader.corrupt(`stage ${s + 1} must have trees`, 'none')
    stageStart.push(treeNode.length)
  }
  if (stages.length === 0) throw reader.corrupt('<stages> must hold stages', 'none')
  const count = nodes.length / 4
  const rects = new Int32Array(count * 12)
  const weights = new Int32Array(count * 3)
  for (let i = 0; i < count; i++) {
    features[nodes[i * 4 + 2]].forEach(([x, y, w, h, weight], k) => {
      rects.set([x, y, w, h], i * 12 + k * 4)
      weights[i * 3 + k] = weight
    })
  }
  const column = (k: number) => Int32Array.from({ length: count }, (_, i) => nodes[i * 4 + k])
  return {
    width,
    height,
    stageStart: Int32Array.from(stageStart),
    stageThreshold: Float64Array.from(stageThreshold),
    treeNode: Int32Array.from(treeNode),
    treeLeaf: Int32Array.from(treeLeaf),
    left: column(0),
    right: column(1),
    threshold: Float64Array.from({ length: count }, (_, i) => belowInFloat32(Math.fround(nodes[i * 4 + 3]))),
    thresholds: Float32Array.from({ length: count }, (_, i) => nodes[i * 4 + 3]),
    leaves: Float32Array.from(leaves),
    rects,
    weights,
  }
}

/** Takes a cascade's elements apart. */
class Reader {
  private readonly what: string
  constructor(what: string) {
    this.what = what
  }

  corrupt(expected: string, got: string): KindredError {
    return new KindredError('corrupt', this.what, expected, got)
  }

  child(parent: XmlElement, name: string): XmlElement {
    const found = parent.children.filter((c) => c.name === name)
    if (found.length !== 1)
      throw this.corrupt(`<${parent.name}> must hold one <${name}>`, found.length === 0 ? 'none' : String(found.length))
    return found[0]
  }

  text(parent: XmlElement, name: string): string {
    return this.child(parent, name).text.trim()
  }

  /** The elements of a list, called `_`. */
  list(parent: XmlElement, name: string): readonly XmlElement[] {
    const { children } = this.child(parent, name)
    const odd = children.find((c) => c.name !== '_')
    if (odd !== undefined) throw this.corrupt(`<${name}> must hold elements called _`, `<${odd.name}>`)
    return children
  }

  /** Finite numbers, so many of them where it is said. */
  numbers({ name, text }: XmlElement, count?: number): number[] {
    const words = text.trim() === '' ? [] : text.trim().split(/\s+/)
    const values = words.map(Number)
    const odd = values.findIndex((v) => !Number.isFinite(v) || !Number.isFinite(Math.fround(v)))
    if (odd >= 0) throw this.corrupt(`<${name}> must hold finite numbers`, words[odd].slice(0, 40))
    if (count !== undefined && values.length !== count)
      throw this.corrupt(`<${name}> must hold ${counted(count, 'number')}`, String(values.length))
    return values
  }

  integer(parent: XmlElement, name: string): number {
    const [value] = this.numbers(this.child(parent, name), 1)
    if (!Number.isInteger(value) || value < 0) throw this.corrupt(`<${name}> must be a whole number`, String(value))
    return value
  }

  /** Nodes of four numbers (left, right, feature, threshold), and one leaf more than nodes. */
  tree(tree: XmlElement, stage: string, features: number): { asked: number[]; values: number[] } {
    const asked = this.numbers(this.child(tree, 'internalNodes'))
    const nodes = asked.length / 4
    if (nodes === 0 || !Number.isInteger(nodes))
      throw this.corrupt(`every node of ${stage} must hold four numbers`, `${asked.length} numbers in all`)
    const values = this.numbers(this.child(tree, 'leafValues'), nodes + 1)
    for (let i = 0; i < nodes; i++) {
      for (const next of asked.slice(4 * i, 4 * i + 2)) {
        const down = Number.isInteger(next) && (next > 0 ? next > i && next < nodes : -next <= nodes)
        if (!down)
          throw this.corrupt(
            `node ${i} of a tree of ${stage} must lead to a later node or to a leaf, of ${nodes} and ${nodes + 1}`,
            String(next),
          )
      }
      const feature = asked[4 * i + 2]
      if (!Number.isInteger(feature) || feature < 0 || feature >= features)
        throw this.corrupt(`features must be numbered 0..${features - 1}`, String(feature))
    }
    return { asked, values }
  }

  /** Two or three rectangles x, y, width, height, weight. */
  feature(feature: XmlElement, index: number, width: number, height: number): number[][] {
    const tilted = feature.children.find((c) => c.name === 'tilted')
    if (tilted !== undefined && tilted.text.trim() !== '0')
      throw new KindredError('unsupported', this.what, 'features must be upright', 'tilted features', 'Use a frontal face cascade.')
    const list = this.list(feature, 'rects').map((r) => this.numbers(r, 5))
    if (list.length < 2 || list.length > 3) throw this.corrupt(`feature ${index} must have two or three rectangles`, String(list.length))
    for (const [x, y, w, h, weight] of list) {
      const inside = [x, y, w, h].every(Number.isInteger) && x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= width && y + h <= height
      if (!inside)
        throw this.corrupt(`the rectangles of feature ${index} must lie in the window of ${width} x ${height}`, [x, y, w, h].join(' '))
      if (!Number.isInteger(weight))
        throw new KindredError('unsupported', this.what, 'weights of rectangles must be integers', `${weight} of feature ${index}`)
      if (Math.abs(weight) > 1000) throw this.corrupt(`the weights of feature ${index} must be small`, String(weight))
    }
    return list
  }
}

/**
 * The smallest float64 T with: x < T exactly when float32(x) < t, for every float64 x.
 *
 * T is the midpoint between t and the float32 before it; at the midpoint x rounds to the even one of both.
 */
export function belowInFloat32(t: number): number {
  const [before, bits] = previousFloat32(t)
  const middle = (before + t) / 2
  return bits % 2 === 0 ? nextFloat64(middle) : middle
}

function previousFloat32(t: number): [number, number] {
  const float = Float32Array.of(t)
  const int = new Int32Array(float.buffer)
  if (t === 0)
    int[0] = 0x80000001 | 0 // the smallest negative number
  else int[0] += t > 0 ? -1 : 1
  return [float[0], int[0] & 1]
}

function nextFloat64(t: number): number {
  const float = Float64Array.of(t)
  const int = new BigInt64Array(float.buffer)
  if (t === 0) return Number.MIN_VALUE
  int[0] += t > 0 ? 1n : -1n
  return float[0]
}
