/**
 * @file A pickle reader that can do nothing but data: numbers, strings, lists, dictionaries, and the one kind of object a state dict is made of, tensors.
 *
 * Python's own `pickle.load` calls whatever function a file names. Here a name that is not on {@link Unpickler}'s short list ends the reading, so a hostile
 * file is an error and nothing else. Opcodes: Python's Lib/pickletools.py; only those that torch.save writes (protocols 2 to 5).
 */
import { KindredError, limits, overLimit } from '../../base/index.ts'

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
const decoder = new TextDecoder('utf-8', { fatal: true })
/** Bytes of a whole number: twice what any size, offset or magic number of torch takes. */
const longestInteger = 20

/**
 * Reads one pickle.
 *
 * Lists may hold themselves and be held many times over: whoever walks the value looks only where a tensor must be, and turns no list into text.
 * @returns the value and how many bytes it took; dictionaries come as Map
 * @throws KindredError `corrupt` at an unknown byte or the data's end, `unsupported` for an object that is no tensor, `limit` for more objects than `entries`
 */
export function unpickle(bytes: Uint8Array, make: Unpickler, what: string): { value: unknown; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const stack: unknown[] = []
  const memo = new Map<number, unknown>()
  let at = 0
  const broken = (got: string) =>
    new KindredError(
      'corrupt',
      what,
      'its pickle must be readable',
      `${got} at byte ${at} of ${bytes.length}`,
      'The file is cut off or damaged, or was not written by torch.save.',
    )
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
  const text = (n: number): string => decoded(take(n))
  const decoded = (raw: Uint8Array): string => {
    try {
      return decoder.decode(raw)
    } catch {
      throw broken('a text that is no UTF-8')
    }
  }
  const line = (): string => {
    const end = bytes.indexOf(10, at)
    if (end < 0) throw broken('its end')
    const s = decoded(bytes.subarray(at, end))
    at = end + 1
    return s
  }
  const number = (digits: string): number => {
    if (!/^-?\d{1,40}$/.test(digits)) throw broken('a whole number with other characters')
    return Number(digits)
  }
  let made = 0
  const push = (value: unknown): void => {
    if (++made > limits().entries) throw overLimit('entries', what, 'its pickle')
    stack.push(value)
  }
  const pop = (): unknown => {
    if (stack.length === 0) throw broken('an empty stack')
    const value = stack.pop()
    if (value === mark) throw broken('a mark where a value must be')
    return value
  }
  const peek = (): unknown => {
    const value = stack.at(-1)
    if (stack.length === 0 || value === mark) throw broken('an empty stack')
    return value
  }
  const recall = (key: number): unknown => {
    if (!memo.has(key)) throw broken(`a reference to object ${key}, which is none`)
    return memo.get(key)
  }
  const popMark = (): unknown[] => {
    const from = stack.lastIndexOf(mark)
    if (from < 0) throw broken('no mark')
    const items = stack.splice(from + 1)
    stack.pop()
    return items
  }
  const top = <T>(type: new (...a: never[]) => T): T => {
    const value = stack.at(-1)
    if (!(value instanceof type)) throw broken(`no ${type.name} to fill`)
    return value
  }
  const fill = (items: readonly unknown[]): void => {
    const map = top(Map)
    if (items.length % 2 === 1) throw broken('a key without a value')
    for (let i = 0; i + 1 < items.length; i += 2) map.set(items[i], items[i + 1])
  }
  const reduce = (): void => {
    const args = pop()
    const callable = pop()
    const result = callable instanceof PickleGlobal && Array.isArray(args) ? make.call(callable.name, args) : undefined
    if (result === undefined) throw refused(callable instanceof PickleGlobal ? callable.name : 'an object')
    push(result)
  }
  const refused = (name: string) =>
    new KindredError(
      'unsupported',
      what,
      'it must hold nothing but tensors (a state dict)',
      name,
      'In Python: torch.save(model.state_dict(), path). Nothing of the file was run.',
    )
  const long = (n: number): number => {
    let value = 0n
    if (n > longestInteger) throw broken(`a whole number of ${n} bytes`)
    const raw = take(n)
    for (let i = n - 1; i >= 0; i--) value = (value << 8n) | BigInt(raw[i])
    return Number(BigInt.asIntN(8 * n, value))
  }
  const word = (value: unknown): string => {
    if (typeof value !== 'string') throw broken('a name that is no text')
    return value
  }

  for (;;) {
    const op = String.fromCharCode(u8())
    switch (op) {
      case '.': {
        const value = pop()
        if (stack.length > 0) throw broken('more than one value')
        return { value, end: at }
      }
      case '\x80':
        if (u8() > 5) throw broken('an unknown protocol')
        break
      case '\x95':
        if (u64() > bytes.length - at) throw broken('a frame beyond its end')
        break
      case '(':
        push(mark)
        break
      case '0':
        if (stack.pop() === undefined) throw broken('an empty stack')
        break
      case '1':
        popMark()
        break
      case '2':
        push(peek())
        break
      case 'N':
        push(null)
        break
      case '\x88':
        push(true)
        break
      case '\x89':
        push(false)
        break
      case 'J':
        push(i32())
        break
      case 'K':
        push(u8())
        break
      case 'M':
        push(u16())
        break
      case '\x8a':
        push(long(u8()))
        break
      case '\x8b':
        push(long(i32()))
        break
      case 'I': {
        const s = line()
        push(s === '00' ? false : s === '01' ? true : number(s))
        break
      }
      case 'L':
        push(number(line().replace(/L$/, '')))
        break
      case 'G':
        push(view.getFloat64((take(8), at - 8), false))
        break
      case 'X':
        push(text(u32()))
        break
      case '\x8c':
        push(text(u8()))
        break
      case '\x8d':
        push(text(u64()))
        break
      case 'U':
        push(text(u8()))
        break
      case 'T':
        push(text(i32()))
        break
      case 'C':
        push(take(u8()))
        break
      case 'B':
        push(take(u32()))
        break
      case '}':
        push(new Map())
        break
      case 'd': {
        const items = popMark()
        push(new Map())
        fill(items)
        break
      }
      case ']':
        push([])
        break
      case 'l':
        push(popMark())
        break
      case ')':
        push([])
        break
      case 't':
        push(popMark())
        break
      case '\x85':
        push([pop()])
        break
      case '\x86': {
        const b = pop()
        push([pop(), b])
        break
      }
      case '\x87': {
        const c = pop()
        const b = pop()
        push([pop(), b, c])
        break
      }
      case 's': {
        const v = pop()
        const k = pop()
        fill([k, v])
        break
      }
      case 'u':
        fill(popMark())
        break
      case 'a': {
        const v = pop()
        top(Array).push(v as never)
        break
      }
      case 'e': {
        const items = popMark()
        const list = top(Array) as unknown[]
        for (const item of items) list.push(item)
        break
      }
      case 'q':
        memo.set(u8(), peek())
        break
      case 'r':
        memo.set(u32(), peek())
        break
      case '\x94':
        memo.set(memo.size, peek())
        break
      case 'h':
        push(recall(u8()))
        break
      case 'j':
        push(recall(u32()))
        break
      case 'c':
        push(new PickleGlobal(`${line()}.${line()}`))
        break
      case '\x93': {
        const name = pop()
        const module = pop()
        push(new PickleGlobal(`${word(module)}.${word(name)}`))
        break
      }
      case 'Q':
        push(make.persistent(pop()))
        break
      case 'R':
      case '\x81':
        reduce()
        break
      case 'b':
        pop()
        if (!(stack.at(-1) instanceof Map)) throw refused('an object with a state')
        break // an OrderedDict's _metadata
      default:
        throw broken(`opcode 0x${op.charCodeAt(0).toString(16)}`)
    }
  }
}
