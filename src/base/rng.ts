/**
 * @file Seeded random numbers whose state can be saved, restored and forked.
 *
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state, passes PractRand and BigCrush.
 * Seeds and fork labels are spread over the state by the 32-bit finaliser of MurmurHash3.
 */

/** The whole state of an {@link Rng}, as plain numbers that survive JSON. */
export type RngState = [number, number, number, number]

/** A stream of random numbers: same seed, same numbers, on every machine. */
export interface Rng {
  /** A uniform integer in [0, 2^32). */
  uint32(): number
  /** A uniform float64 in [0, 1) with 32 random bits. */
  uniform(): number
  /** A uniform integer in [0, n), without modulo bias. */
  integer(n: number): number
  /** A standard normal number (Box-Muller, one of the pair kept out so that the state stays four words). */
  normal(): number
  /** Shuffles in place (Fisher-Yates) and returns the same array. */
  shuffle<T extends { length: number; [i: number]: number }>(array: T): T
  /** An independent stream named by `label`; does not advance this one. */
  fork(label: string | number): Rng
  /** A copy of the state, to be saved. */
  state(): RngState
}

/**
 * A seeded generator.
 *
 * @param seed any finite number; two different integers below 2^53 give different streams
 */
export function rng(seed: number): Rng {
  const low = seed >>> 0
  const high = Math.floor(seed / 4294967296) >>> 0
  return warm([mix(low ^ 0x9e3779b9), mix(high ^ 0x85ebca6b), mix(low + 0x6c62272e), 1])
}

/** The generator that continues exactly where {@link Rng.state} was taken. */
export function rngFromState(state: RngState): Rng {
  let [a, b, c, d] = state
  const uint32 = (): number => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return t >>> 0
  }
  const uniform = () => uint32() / 4294967296
  const integer = (n: number): number => {
    const limit = Math.floor(4294967296 / n) * n
    let x = uint32()
    while (x >= limit) x = uint32()
    return x % n
  }
  return {
    uint32,
    uniform,
    integer,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    shuffle: (array) => {
      for (let i = array.length - 1; i > 0; i--) {
        const j = integer(i + 1)
        const t = array[i]
        array[i] = array[j]
        array[j] = t
      }
      return array
    },
    fork: (label) => {
      let h = 0x811c9dc5
      for (const char of String(label)) h = mix(h ^ char.codePointAt(0)!)
      return warm([mix(a ^ h), mix(b + h), mix(c ^ mix(h)), d | 1])
    },
    state: () => [a, b, c, d],
  }
}

function warm(state: RngState): Rng {
  const r = rngFromState(state)
  for (let i = 0; i < 12; i++) r.uint32()
  return r
}

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) | 0
}
