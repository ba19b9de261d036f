/** @file Mutations of Python pickles, opcode by opcode. */
import { join, mutateBytes, oddIntegers, pick, putInteger, type Mutator } from './bytes.ts'

const fixed: Readonly<Record<number, number>> = { 0x80: 1, 0x95: 8, 0x4a: 4, 0x4b: 1, 0x4d: 2, 0x47: 8, 0x71: 1, 0x72: 4, 0x68: 1, 0x6a: 4 }
/** Bytes of the length that stands before a text or number. */
const counted: Readonly<Record<number, number>> = { 0x8a: 1, 0x8b: 4, 0x58: 4, 0x8c: 1, 0x8d: 8, 0x55: 1, 0x54: 4, 0x43: 1, 0x42: 4 }
const lined: Readonly<Record<number, number>> = { 0x49: 1, 0x4c: 1, 0x63: 2 }

/** The opcodes with their operands; as far as they can be followed. */
function opcodes(bytes: Uint8Array): Uint8Array[] {
  const out: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const op = bytes[at]
    let end = at + 1 + (fixed[op] ?? 0)
    if (counted[op] !== undefined) {
      let length = 0
      for (let i = 0; i < Math.min(4, counted[op]); i++) length += (bytes[at + 1 + i] ?? 0) * 256 ** i
      end = at + 1 + counted[op] + length
    }
    for (let n = lined[op] ?? 0; n > 0; n--) {
      const newline = bytes.indexOf(10, end)
      end = newline < 0 ? bytes.length : newline + 1
    }
    out.push(bytes.subarray(at, Math.min(end, bytes.length)))
    at = end
    if (op === 0x2e) {
      if (at < bytes.length) out.push(bytes.subarray(at)) // what comes behind: more pickles, or numbers
      break
    }
  }
  return out
}

const latin = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))
const hostile: readonly Uint8Array[] = [
  latin('cos\nsystem\n'),
  latin('cbuiltins\neval\n'),
  latin('R'),
  latin('('),
  latin('t'),
  latin(')'),
  latin(']'),
  latin('}'),
  latin('N'),
  latin('0'),
  latin('2'),
  latin('Q'),
  latin('b'),
  latin('u'),
  latin('e'),
  latin('s'),
  latin('a'),
  latin('G\x7f\xf0\0\0\0\0\0\0'),
  latin('G\x7f\xf8\0\0\0\0\0\0'),
  latin('I-1\n'),
  latin('Inan\n'),
  latin('I99999999999999999999\n'),
  latin('L1e400L\n'),
  latin('J\xff\xff\xff\xff'),
  latin('\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f'),
  latin('h\xff'),
  join(latin('\x8b\x00\x00\x01\x00'), new Uint8Array(65_536).fill(0x55)),
  latin('\x8d\xff\xff\xff\xff\xff\xff\xff\x7f'),
  latin('('.repeat(3000)),
  latin(']'.repeat(100) + '\x85'.repeat(99)),
  latin('2'.repeat(2000)),
  latin('U\x09__proto__'),
  latin('ctorch._utils\n_rebuild_tensor_v2\n'),
  latin('ccollections\nOrderedDict\n'),
]

/** Some mutation of a pickle. */
export const mutatePickle: Mutator = (r, bytes, donor) => {
  if (r.integer(5) === 0) return mutateBytes(r, bytes, donor)
  const ops = opcodes(bytes)
  const i = r.integer(ops.length)
  switch (r.integer(7)) {
    case 0:
      ops.splice(i, 1)
      break
    case 1:
      ops.splice(i, 0, ops[i])
      break
    case 2:
      ops.splice(i, 0, pick(r, hostile))
      break
    case 3:
      ops[i] = pick(r, hostile)
      break
    case 4:
      ;[ops[i], ops[r.integer(ops.length)]] = [ops[r.integer(ops.length)], ops[i]]
      break
    default: {
      // an operand becomes odd; mostly one of the small numbers that say shapes, strides, offsets and sizes
      const numbers = ops.flatMap((op, at) => (op[0] === 0x4b || op[0] === 0x4d || op[0] === 0x4a ? [at] : []))
      const at = numbers.length > 0 && r.integer(4) > 0 ? pick(r, numbers) : i
      const op = new Uint8Array(5)
      op[0] = 0x4a
      if (r.integer(2) === 0 && numbers.length > 0) {
        putInteger(op, 1, 4, pick(r, oddIntegers), true)
        ops[at] = op
      } else ops[at] = join(ops[at].subarray(0, 1), mutateBytes(r, ops[at].subarray(1), donor))
    }
  }
  return join(...ops)
}
