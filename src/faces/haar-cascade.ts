/**
 * @file OpenCV's cascade XML (new format) as flat tables.
 *
 * A cascade is a list of stages; a stage a list of trees; a tree asks features of the window until it reaches a leaf. A feature is a weighted sum of
 * two or three rectangles (Viola & Jones 2001; Lienhart & Maydt 2002). Tables instead of objects, because the detector visits them millions of times.
 * Format: OpenCV 4.12, modules/objdetect/src/cascadedetect.cpp, `CascadeClassifierImpl::Data::read`.
 */
import { KindredError } from '../base/index.ts'

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

const where = 'haar cascade'

/**
 * Reads a cascade.
 *
 * @param xml the text of a file such as `haarcascade_frontalface_alt2.xml`
 * @throws KindredError `corrupt` when the text is no cascade, `unsupported` for the old format, tilted or LBP features, or fractional weights
 */
export function parseHaarCascade(xml: string): HaarCascade {
  const text = xml.replace(/<!--[\s\S]*?-->/g, '')
  if (/type_id="opencv-haar-classifier"/.test(text)) throw new KindredError('unsupported', where, 'the file must be in the new cascade format', 'the old format', 'Convert it with OpenCV, or take the file of OpenCV 2.4 or newer.')
  if (!/type_id="opencv-cascade-classifier"/.test(text)) throw new KindredError('corrupt', where, 'the file must be an OpenCV cascade (XML)', text.slice(0, 40))
  if (!/<featureType>\s*HAAR\s*<\/featureType>/.test(text)) throw new KindredError('unsupported', where, 'the features must be Haar rectangles', one(text, 'featureType'))
  if (/<tilted>\s*1\s*<\/tilted>/.test(text)) throw new KindredError('unsupported', where, 'features must be upright', 'tilted features', 'Use a frontal face cascade.')

  const features = parseFeatures(text)
  const stages = block(text, 'stages')
  const stageStart = [0]
  const stageThreshold: number[] = []
  const treeNode: number[] = []
  const treeLeaf: number[] = []
  const nodes: number[] = []
  const leaves: number[] = []
  for (const stage of stages.split('<stageThreshold>').slice(1)) {
    stageThreshold.push(Math.fround(Math.fround(Number.parseFloat(stage)) - Math.fround(1e-5)))
    for (const match of stage.matchAll(/<internalNodes>([^<]*)<\/internalNodes>\s*<leafValues>([^<]*)<\/leafValues>/g)) {
      treeNode.push(nodes.length / 4)
      treeLeaf.push(leaves.length)
      nodes.push(...numbers(match[1]))
      leaves.push(...numbers(match[2]))
    }
    stageStart.push(treeNode.length)
  }
  const count = nodes.length / 4
  if (count === 0 || !Number.isInteger(count)) throw new KindredError('corrupt', where, 'every node must hold four numbers', `${nodes.length} numbers in all`)
  const rects = new Int32Array(count * 12)
  const weights = new Int32Array(count * 3)
  for (let i = 0; i < count; i++) {
    const feature = features[nodes[i * 4 + 2]]
    if (feature === undefined) throw new KindredError('corrupt', where, `features must be numbered 0..${features.length - 1}`, String(nodes[i * 4 + 2]))
    feature.forEach(([x, y, w, h, weight], k) => {
      rects.set([x, y, w, h], i * 12 + k * 4)
      weights[i * 3 + k] = weight
    })
  }
  const column = (k: number) => Int32Array.from({ length: count }, (_, i) => nodes[i * 4 + k])
  return {
    width: Number(one(text, 'width')),
    height: Number(one(text, 'height')),
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

/** Rectangles (x, y, width, height, weight) of each feature. */
function parseFeatures(text: string): number[][][] {
  return [...block(text, 'features').matchAll(/<rects>([\s\S]*?)<\/rects>/g)].map(([, rects]) => {
    const list = [...rects.matchAll(/<_>([^<]*)<\/_>/g)].map(([, r]) => numbers(r))
    if (list.length < 2 || list.length > 3 || list.some((r) => r.length !== 5)) throw new KindredError('corrupt', where, 'a feature must have two or three rectangles of five numbers', rects.trim().slice(0, 60))
    if (list.some((r) => !Number.isInteger(r[4]))) throw new KindredError('unsupported', where, 'weights of rectangles must be integers', rects.trim().slice(0, 60))
    return list
  })
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
  if (t === 0) int[0] = 0x80000001 | 0 // the smallest negative number
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

const numbers = (text: string): number[] => text.trim().split(/\s+/).map(Number)

function one(text: string, tag: string): string {
  const found = new RegExp(`<${tag}>\\s*([^<]*?)\\s*</${tag}>`).exec(text)
  if (found === null) throw new KindredError('corrupt', where, `the file must hold <${tag}>`, 'none')
  return found[1]
}

function block(text: string, tag: string): string {
  const from = text.indexOf(`<${tag}>`)
  const to = text.indexOf(`</${tag}>`)
  if (from < 0 || to < 0) throw new KindredError('corrupt', where, `the file must hold <${tag}>`, 'none')
  return text.slice(from, to)
}
