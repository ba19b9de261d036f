/**
 * @file The inner loop of the cascade on four neighbouring windows at once, in WebAssembly with 128-bit vectors.
 *
 * Windows are scanned in steps of one or two pixels; with the sums of each row laid out even columns first, odd ones behind, the same corner of
 * four windows two pixels apart lies in four neighbouring words. Arithmetic is OpenCV's own: float32 features and thresholds, float64 sums of leaves.
 * Cascades of trees with one or two nodes fit (all of OpenCV's frontal ones do); others take the plain path in haar.ts.
 */
import { moduleOf, wasm as w, wasmTypes, type WasmCode as Code } from '../base/index.ts'
import type { HaarCascade } from './haar-cascade.ts'

// A stage in memory: float64 threshold, int32 number of trees, 4 bytes free; then its trees.
const stageBytes = 16
// A tree: int32 has a second node; int32 all ones where the root's right child is that node; float32 leaf of the root, left and right leaf of the last node;
// then two nodes: twelve corner offsets (int32, bytes), three weights, a threshold (float32).
const treeHead = 24
const nodeBytes = 64
const treeBytes = treeHead + 2 * nodeBytes

const [WINDOW, PROGRAM, STAGES, ALIVE] = [0, 1, 2, 3] // parameters
const [TREES, FAILED, FIRST, SCALE, LOW, HIGH, VALUE, LIMIT, SECOND] = [4, 5, 6, 7, 8, 9, 10, 11, 12] // locals

/** Pushes a mask: float32(feature * scale) < threshold, for the node at this offset of the tree. */
function nodeTest(base: number): Code {
  const corner = (k: number): Code => [w.get(WINDOW), w.get(PROGRAM), w.load(base + k * 4), w.add, w.vload(0)]
  const rectangle = (r: number): Code => [
    corner(r * 4),
    corner(r * 4 + 1),
    w.i32sub,
    corner(r * 4 + 2),
    w.i32sub,
    corner(r * 4 + 3),
    w.i32add,
    w.f32fromI32,
    w.get(PROGRAM),
    w.vload32splat(base + 48 + r * 4),
    w.f32mul,
  ]
  return [
    [rectangle(0), rectangle(1), w.f32add, w.set(VALUE)],
    [w.get(PROGRAM), w.load(base + 56), w.if(w.get(VALUE), rectangle(2), w.f32add, w.set(VALUE))],
    [w.get(VALUE), w.get(SCALE), w.f32mul, w.get(PROGRAM), w.vload32splat(base + 60), w.f32less],
  ]
}

const leaf = (k: number): Code => [w.get(PROGRAM), w.vload32splat(8 + k * 4)]

/** run(window, program, stages, lanes) -> lanes that pass all stages | lanes that fail the first << 4. The windows' 1/sqrt(variance) lie at address 0. */
const body: Code = [
  [w.i32(0), w.vload(0), w.set(SCALE), w.i32(1), w.set(FIRST)],
  w.block(
    w.loop(
      [w.get(PROGRAM), w.load(8), w.set(TREES), w.vzero, w.set(LOW), w.vzero, w.set(HIGH)],
      [w.get(PROGRAM), w.vload64splat(0), w.set(LIMIT), w.get(PROGRAM), w.i32(stageBytes), w.add, w.set(PROGRAM)],
      w.loop(
        w.block(
          w.block(
            [w.get(PROGRAM), w.load(0), w.eqz, w.branchIf(0)],
            // Two nodes: the root's leaf where its test says so, else what the second node says.
            [leaf(1), leaf(2), nodeTest(treeHead + nodeBytes), w.vselect, w.set(SECOND)],
            [w.get(SECOND), leaf(0), nodeTest(treeHead), w.get(PROGRAM), w.vload32splat(4), w.vxor, w.vselect, w.set(VALUE), w.branch(1)],
          ),
          [leaf(1), leaf(2), nodeTest(treeHead), w.vselect, w.set(VALUE)],
        ),
        [w.get(LOW), w.get(VALUE), w.f64fromLowF32, w.f64add, w.set(LOW)],
        [w.get(HIGH), w.get(VALUE), w.get(VALUE), w.vhigh, w.f64fromLowF32, w.f64add, w.set(HIGH)],
        [w.get(PROGRAM), w.i32(treeBytes), w.add, w.set(PROGRAM), w.get(TREES), w.i32(1), w.sub, w.tee(TREES), w.branchIf(0)],
      ),
      [
        w.get(LOW),
        w.get(LIMIT),
        w.f64less,
        w.i64bitmask,
        w.get(HIGH),
        w.get(LIMIT),
        w.f64less,
        w.i64bitmask,
        w.i32(2),
        w.shl,
        w.or,
        w.set(TREES),
      ],
      [w.get(FIRST), w.if(w.get(TREES), w.set(FAILED), w.i32(0), w.set(FIRST))],
      [w.get(ALIVE), w.get(TREES), w.i32(-1), w.xor, w.and, w.tee(ALIVE), w.eqz, w.branchIf(1)],
      [w.get(STAGES), w.i32(1), w.sub, w.tee(STAGES), w.branchIf(0)],
    ),
  ),
  [w.get(ALIVE), w.get(FAILED), w.i32(4), w.shl, w.or],
]

const { i32, v128 } = wasmTypes
let compiled: WebAssembly.Module | undefined

/** A cascade in WebAssembly memory, and room for one image's sums. */
export interface HaarKernel {
  /** Where the rows of sums go. */
  readonly sums: Int32Array
  /** 1/sqrt(variance) of the four windows. */
  readonly scales: Float32Array
  /** Writes the corner offsets for this row length; `columns` maps a column to its place in the row. */
  layOut(stride: number, column: (x: number) => number): void
  /** Tests four windows whose first starts at this word of the sums. */
  run(at: number, lanes: number): number
}

/**
 * Prepares a cascade.
 *
 * @param words how many sums the largest scale has
 * @returns undefined where the cascade has larger trees or the machine has no 128-bit vectors
 */
export function haarKernel(cascade: HaarCascade, words: number): HaarKernel | undefined {
  const { treeNode, left, right, stageStart, stageThreshold, leaves, treeLeaf } = cascade
  const nodesOf = (tree: number) => (treeNode[tree + 1] ?? left.length) - treeNode[tree]
  if (treeNode.some((_, tree) => nodesOf(tree) > 2)) return undefined
  try {
    compiled ??= new WebAssembly.Module(
      moduleOf({ parameters: 4, results: 1, locals: [i32, i32, i32, v128, v128, v128, v128, v128, v128], body }),
    )
  } catch {
    return undefined
  }
  const stages = stageThreshold.length
  const program = 16
  const sumsAt = program + stages * stageBytes + treeNode.length * treeBytes
  const memory = new WebAssembly.Memory({ initial: Math.ceil((sumsAt + (words + 8) * 4) / 65536) })
  const { run } = new WebAssembly.Instance(compiled, { env: { memory } }).exports as {
    run: (window: number, program: number, stages: number, lanes: number) => number
  }
  const view = new DataView(memory.buffer)
  const nodeAddresses = new Int32Array(left.length)
  let p = program
  for (let stage = 0; stage < stages; stage++) {
    view.setFloat64(p, stageThreshold[stage], true)
    view.setInt32(p + 8, stageStart[stage + 1] - stageStart[stage], true)
    p += stageBytes
    for (let tree = stageStart[stage]; tree < stageStart[stage + 1]; tree++, p += treeBytes) {
      const root = treeNode[tree]
      const two = nodesOf(tree) === 2
      const last = root + (two ? 1 : 0)
      const value = (child: number) => leaves[treeLeaf[tree] - child]
      view.setInt32(p, two ? 1 : 0, true)
      view.setInt32(p + 4, two && right[root] > 0 ? -1 : 0, true)
      if (two) view.setFloat32(p + 8, value(left[root] > 0 ? right[root] : left[root]), true)
      view.setFloat32(p + 12, value(left[last]), true)
      view.setFloat32(p + 16, value(right[last]), true)
      for (let node = root; node <= last; node++) {
        const n = p + treeHead + (node - root) * nodeBytes
        nodeAddresses[node] = n
        for (let k = 0; k < 3; k++) view.setFloat32(n + 48 + k * 4, cascade.weights[node * 3 + k], true)
        view.setFloat32(n + 60, cascade.thresholds[node], true)
      }
    }
  }
  const int = new Int32Array(memory.buffer)
  return {
    sums: new Int32Array(memory.buffer, sumsAt),
    scales: new Float32Array(memory.buffer, 0, 4),
    layOut(stride, column) {
      const { rects } = cascade
      for (let node = 0; node < nodeAddresses.length; node++) {
        const base = nodeAddresses[node] >> 2
        for (let k = 0; k < 3; k++) {
          const r = node * 12 + k * 4
          const [x0, y0, x1, y1] = [
            column(rects[r]),
            rects[r + 1] * stride,
            column(rects[r] + rects[r + 2]),
            (rects[r + 1] + rects[r + 3]) * stride,
          ]
          int[base + k * 4] = (y0 + x0) * 4
          int[base + k * 4 + 1] = (y0 + x1) * 4
          int[base + k * 4 + 2] = (y1 + x0) * 4
          int[base + k * 4 + 3] = (y1 + x1) * 4
        }
      }
    },
    run: (at, lanes) => run(sumsAt + at * 4, program, stages, lanes),
  }
}
