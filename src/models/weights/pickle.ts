/**
 * @file A pickle reader that can do nothing but data: numbers, strings, lists, dictionaries, and the one kind of object a state dict is made of, tensors.
 *
 * Python's own `pickle.load` calls whatever function a file names. Here a name that is not on {@link Unpickler}'s short list ends the reading, so a hostile file
 * is an error and nothing else. Opcodes: Python's Lib/pickletools.py; only those that torch.save writes (protocols 2 to 5).
 */
import { KindredError } from '../../base/index.ts'

/** A named Python function or class, known but never called. */
export class PickleGlobal {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** How the reader makes objects. */
export interface Unpickler {
  /** The object that a persistent id stands for (torch: a storage). */
  persistent(id: unknown): unknown
  /** What calling `name(...args)` gives; undefined refuses. */
  call(name: string, args: readonly unknown[]): unknown
}

const mark = Symbol('mark')
const decoder = new TextDecoder()

/**
 * Reads one pickle.
 *
 * @returns the value and how many bytes it took; dictionaries come as Map
 * @throws KindredError `corrupt` at an unknown byte or the data's end, `unsupported` for an object that is no tensor
 */
export function unpickle(bytes: Uint8Array, make: Unpickler, what: string): { value: unknown; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const stack: unknown[] = []
  const memo = new Map<number, unknown>()
  let at = 0
  const broken = (got: string) => new KindredError('corrupt', what, 'its pickle must be readable', `${got} at byte ${at} of ${bytes.length}`, 'The file is cut off or damaged, or was not written by torch.save.')
  const take = (n: number): Uint8Array => {
    if (n < 0 || n > bytes.length - at) throw broken('its end')
    at += n
    return bytes.subarray(at - n, at)
  }
  const u8 = (): number => take(1)[0]
  const u16 = (): number => view.getUint16((take(2), at - 2), true)
  const i32 = (): number => view.getInt32((take(4), at - 4), true)
  const u32 = (): number => view.getUint32((take(4), at - 4), true)
  const u64 = (): number => Number(view.getBigUint64((take(8), at - 8), true))
  const text = (n: number): string => decoder.decode(take(n))
  const line = (): string => {
    const end = bytes.indexOf(10, at)
    if (end < 0) throw broken('its end')
    const s = decoder.decode(bytes.subarray(at, end))
    at = end + 1
    return s
  }
  const pop = (): unknown => {
    if (stack.length === 0) throw broken('an empty stack')
    return stack.pop()
  }
  const popMark = (): unknown[] => {
    const from = stack.lastIndexOf(mark)
    if (from < 0) throw broken('no mark')
    const items = stack.splice(from)
    return items.slice(1)
  }
  const top = <T>(type: new (...a: never[]) => T): T => {
    const value = stack.at(-1)
    if (!(value instanceof type)) throw broken(`no ${type.name} to fill`)
    return value
  }
  const fill = (items: readonly unknown[]): void => {
    const map = top(Map)
    for (let i = 0; i + 1 < items.length; i += 2) map.set(items[i], items[i + 1])
  }
  const reduce = (): void => {
    const args = pop()
    const callable = pop()
    const result = callable instanceof PickleGlobal && Array.isArray(args) ? make.call(callable.name, args) : undefined
    if (result === undefined) throw refused(callable instanceof PickleGlobal ? callable.name : 'an object')
    stack.push(result)
  }
  const refused = (name: string) => new KindredError('unsupported', what, 'it must hold nothing but tensors (a state dict)', name, 'In Python: torch.save(model.state_dict(), path). Nothing of the file was run.')
  const long = (n: number): number => {
    let value = 0n
    const raw = take(n)
    for (let i = n - 1; i >= 0; i--) value = (value << 8n) | BigInt(raw[i])
    return Number(BigInt.asIntN(8 * n, value))
  }

  for (;;) {
    const op = String.fromCharCode(u8())
    switch (op) {
      case '.': return { value: pop(), end: at }
      case '\x80': u8(); break // protocol
      case '\x95': u64(); break // frame
      case '(': stack.push(mark); break
      case '0': pop(); break
      case '1': popMark(); break
      case '2': stack.push(stack.at(-1)); break
      case 'N': stack.push(null); break
      case '\x88': stack.push(true); break
      case '\x89': stack.push(false); break
      case 'J': stack.push(i32()); break
      case 'K': stack.push(u8()); break
      case 'M': stack.push(u16()); break
      case '\x8a': stack.push(long(u8())); break
      case '\x8b': stack.push(long(i32())); break
      case 'I': { const s = line(); stack.push(s === '00' ? false : s === '01' ? true : Number(s)); break }
      case 'L': stack.push(Number(line().replace(/L$/, ''))); break
      case 'G': stack.push(view.getFloat64((take(8), at - 8), false)); break
      case 'X': stack.push(text(u32())); break
      case '\x8c': stack.push(text(u8())); break
      case '\x8d': stack.push(text(u64())); break
      case 'U': stack.push(text(u8())); break
      case 'T': stack.push(text(i32())); break
      case 'C': stack.push(take(u8())); break
      case 'B': stack.push(take(u32())); break
      case '}': stack.push(new Map()); break
      case 'd': { const items = popMark(); stack.push(new Map()); fill(items); break }
      case ']': stack.push([]); break
      case 'l': stack.push(popMark()); break
      case ')': stack.push([]); break
      case 't': stack.push(popMark()); break
      case '\x85': stack.push([pop()]); break
      case '\x86': { const b = pop(); stack.push([pop(), b]); break }
      case '\x87': { const c = pop(); const b = pop(); stack.push([pop(), b, c]); break }
      case 's': { const v = pop(); const k = pop(); fill([k, v]); break }
      case 'u': fill(popMark()); break
      case 'a': { const v = pop(); top(Array).push(v as never); break }
      case 'e': { const items = popMark(); top(Array).push(...(items as never[])); break }
      case 'q': memo.set(u8(), stack.at(-1)); break
      case 'r': memo.set(u32(), stack.at(-1)); break
      case '\x94': memo.set(memo.size, stack.at(-1)); break
      case 'h': stack.push(memo.get(u8())); break
      case 'j': stack.push(memo.get(u32())); break
      case 'c': stack.push(new PickleGlobal(`${line()}.${line()}`)); break
      case '\x93': { const name = pop(); stack.push(new PickleGlobal(`${String(pop())}.${String(name)}`)); break }
      case 'Q': stack.push(make.persistent(pop())); break
      case 'R': case '\x81': reduce(); break
      case 'b': pop(); if (!(stack.at(-1) instanceof Map)) throw refused('an object with a state'); break // an OrderedDict's _metadata
      default: throw broken(`opcode 0x${op.charCodeAt(0).toString(16)}`)
    }
  }
}
