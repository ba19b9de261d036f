/**
 * @file Just enough of a WebAssembly assembler for one function over an imported memory, with 128-bit vectors.
 *
 * Source: WebAssembly core specification 2.0, chapter 5 (binary format).
 */

/** Instructions as bytes; nested lists are flattened. */
export type Code = readonly (number | Code)[]

const flat = (code: Code): number[] => code.flatMap((c) => (typeof c === 'number' ? [c] : flat(c)))

/** Unsigned LEB128. */
function u(value: number): number[] {
  const out: number[] = []
  do {
    const low = value & 127
    value >>>= 7
    out.push(value === 0 ? low : low | 128)
  } while (value !== 0)
  return out
}

/** Signed LEB128 of a 32-bit integer. */
function s(value: number): number[] {
  const out: number[] = []
  for (;;) {
    const low = value & 127
    value >>= 7
    if ((value === 0 && (low & 64) === 0) || (value === -1 && (low & 64) !== 0)) return [...out, low]
    out.push(low | 128)
  }
}

const simd = (op: number, ...rest: Code): Code => [0xfd, u(op), ...rest]
const at = (offset: number): Code => [0, u(offset)] // no alignment promised

export const types = { i32: 0x7f, f64: 0x7c, v128: 0x7b } as const

/** The instructions we use, by their names in the specification. */
export const wasm = {
  get: (local: number): Code => [0x20, u(local)],
  set: (local: number): Code => [0x21, u(local)],
  tee: (local: number): Code => [0x22, u(local)],
  i32: (value: number): Code => [0x41, s(value)],
  block: (...body: Code): Code => [0x02, 0x40, ...body, 0x0b],
  loop: (...body: Code): Code => [0x03, 0x40, ...body, 0x0b],
  if: (...body: Code): Code => [0x04, 0x40, ...body, 0x0b],
  branch: (depth: number): Code => [0x0c, u(depth)],
  branchIf: (depth: number): Code => [0x0d, u(depth)],
  load: (offset: number): Code => [0x28, at(offset)],
  store: (offset: number): Code => [0x36, at(offset)],
  /** One float64, as are the next five. */
  doubleLoad: (offset: number): Code => [0x2b, at(offset)],
  doubleStore: (offset: number): Code => [0x39, at(offset)],
  double: (value: number): Code => [0x44, ...new Uint8Array(Float64Array.of(value).buffer)],
  doubleAdd: [0xa0] as Code,
  doubleMul: [0xa2] as Code,
  doubleDiv: [0xa3] as Code,
  eqz: [0x45] as Code,
  add: [0x6a] as Code,
  sub: [0x6b] as Code,
  lessUnsigned: [0x49] as Code,
  and: [0x71] as Code,
  or: [0x72] as Code,
  xor: [0x73] as Code,
  shl: [0x74] as Code,
  vload: (offset: number): Code => simd(0x00, at(offset)),
  /** Eight signed bytes, each widened to 16 bits. */
  vload8x8: (offset: number): Code => simd(0x01, at(offset)),
  vload32splat: (offset: number): Code => simd(0x09, at(offset)),
  vload64splat: (offset: number): Code => simd(0x0a, at(offset)),
  vstore: (offset: number): Code => simd(0x0b, at(offset)),
  /** 32-bit lanes picked out of two vectors: 0 to 3 of the first, 4 to 7 of the second. */
  vpick32: (...lanes: readonly [number, number, number, number]): Code =>
    simd(0x0d, ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte))),
  vzero: simd(0x0c, ...new Array<number>(16).fill(0)),
  /** Lanes 2 and 3 moved to 0 and 1. */
  vhigh: simd(0x0d, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15),
  vxor: simd(0x51),
  /** Bits of the first where the third is 1, else of the second. */
  vselect: simd(0x52),
  i32lane: (index: number): Code => simd(0x1b, index),
  i32add: simd(0xae),
  i32sub: simd(0xb1),
  /** Products of 16-bit lanes, added two by two. */
  i16dot: simd(0xba),
  i64bitmask: simd(0xc4),
  f32less: simd(0x43),
  f32add: simd(0xe4),
  f32mul: simd(0xe6),
  f32fromI32: simd(0xfa),
  f64splat: simd(0x14),
  f64lane: (index: number): Code => simd(0x21, index),
  f64less: simd(0x49),
  f64add: simd(0xf0),
  f64sub: simd(0xf1),
  f64mul: simd(0xf2),
  f64div: simd(0xf3),
  f64fromLowF32: simd(0x5f),
}

/**
 * The bytes of a module that imports `env.memory` and exports one function `run` of i32 parameters.
 *
 * @param f.parameters how many
 * @param f.results how many i32 it leaves
 * @param f.locals types of the locals that follow the parameters
 */
export function moduleOf(f: { parameters: number; results: 0 | 1; locals: readonly number[]; body: Code }): Uint8Array<ArrayBuffer> {
  const { parameters, results, locals, body } = f
  const section = (id: number, ...content: Code): Code => {
    const bytes = flat(content)
    return [id, u(bytes.length), bytes]
  }
  const name = (text: string): Code => [text.length, ...Array.from(text, (c) => c.charCodeAt(0))]
  const integers = (count: number): Code => [u(count), new Array<number>(count).fill(types.i32)]
  const code = flat([u(locals.length), locals.map((type) => [1, type]), body, 0x0b])
  return Uint8Array.from(
    flat([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, 1, 0x60, integers(parameters), integers(results)),
      section(2, 1, name('env'), name('memory'), 2, 0, 1),
      section(3, 1, 0),
      section(7, 1, name('run'), 0, 0),
      section(10, 1, u(code.length), code),
    ]),
  )
}
