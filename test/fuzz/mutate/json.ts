/** @file Mutations of JSON: any value becomes another kind, any key goes, comes, or comes twice; what JSON cannot say is written all the same. */
import type { Rng } from '../../../src/base/index.ts'
import { pick, type Mutator } from './bytes.ts'
import { mutateText, oddTexts } from './text.ts'

/** Text that is written as it is: not every odd number can be a value. */
class Raw {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** An object as a list, so that keys may come twice. */
type Node = null | boolean | number | string | Raw | Node[] | Fields
class Fields {
  list: [string, Node][]
  constructor(list: [string, Node][]) {
    this.list = list
  }
}

function nodeOf(value: unknown): Node {
  if (Array.isArray(value)) return value.map(nodeOf)
  if (value !== null && typeof value === 'object') return new Fields(Object.entries(value).map(([k, v]) => [k, nodeOf(v)]))
  return value as Node
}

function textOf(node: Node): string {
  if (node instanceof Raw) return node.text
  if (node instanceof Fields) return `{${node.list.map(([k, v]) => `${JSON.stringify(k)}:${textOf(v)}`).join(',')}}`
  if (Array.isArray(node)) return `[${node.map(textOf).join(',')}]`
  return JSON.stringify(node)
}

/** A place in the value, and what puts something else there. */
interface Place {
  readonly value: Node
  set(value: Node): void
}

function places(root: { value: Node }): Place[] {
  const out: Place[] = []
  const visit = (value: Node, set: (v: Node) => void): void => {
    out.push({ value, set })
    if (Array.isArray(value)) {
      // long lists of numbers must not drown all else
      const few = value.length > 24 ? [...value.keys()].filter((i) => i < 8 || i >= value.length - 4) : [...value.keys()]
      for (const i of few) visit(value[i], (v) => (value[i] = v))
    } else if (value instanceof Fields) value.list.forEach((field) => visit(field[1], (v) => (field[1] = v)))
  }
  visit(root.value, (v) => (root.value = v))
  return out
}

const nested = (depth: number, open: string, close: string): Raw => new Raw(open.repeat(depth) + close.repeat(depth))

function oddValue(r: Rng, old: Node): Node {
  const any: readonly (() => Node)[] = [
    () => null,
    () => null,
    () => true,
    () => false,
    () => 0,
    () => -1,
    () => 1.5,
    () => '',
    () => [],
    () => new Fields([]),
    () => new Raw('NaN'),
    () => new Raw('1e999'),
    () => new Raw('-1e999'),
    () => new Raw('Infinity'),
    () => new Raw('nothing'),
    () => 2147483648,
    () => 4294967296,
    () => new Raw('9007199254740993'),
    () => 1e308,
    () => -1e308,
    () => 1e-320,
    () => -2147483648,
    () => 1e15,
    () => 'NaN',
    () => '1',
    () => '../../../../etc/passwd',
    () => '/',
    () => 'x'.repeat(5000),
    () => pick(r, oddTexts),
    () => `a${pick(r, oddTexts)}b`,
    () => [null],
    () => [[]],
    () => ['x'],
    () => [0],
    () => new Fields([['__proto__', new Fields([['polluted', true]])]]),
    () => new Fields([['length', 3]]),
    () => new Fields([['a', old]]),
    () => [old],
    () => [old, old],
    () => nested(pick(r, [10, 63, 64, 65, 200, 20_000]), '[', ']'),
    () => nested(pick(r, [10, 70, 3000]), '{"a":[', ']}'),
  ]
  if (typeof old === 'number' && r.integer(2) === 0)
    return pick(r, [-old, old + 1, old - 1, old * 1e9, old / 7, String(old), old + 0.5, Math.trunc(old), new Raw(`${old}e400`), old * 2])
  if (typeof old === 'string' && r.integer(2) === 0) {
    const at = r.integer(old.length + 1)
    return pick(r, [
      old.slice(0, at),
      old.slice(at),
      old + old,
      `${old} `,
      old.toUpperCase(),
      old.slice(0, at) + pick(r, oddTexts) + old.slice(at),
      Number(old) || 7,
      old.normalize('NFD'),
    ])
  }
  return pick(r, any)()
}

function changeList(r: Rng, list: Node[]): void {
  const i = r.integer(list.length + 1)
  switch (r.integer(5)) {
    case 0:
      list.splice(i, 1)
      break
    case 1:
      list.splice(i, 0, list[Math.min(i, list.length - 1)] ?? 0)
      break
    case 2:
      list.length = 0
      break
    case 3:
      list.reverse()
      break
    default:
      for (let n = pick(r, [1, 10, 1000]), k = 0; k < n; k++) list.push(list[k % Math.max(1, list.length)] ?? 1)
  }
}

function changeFields(r: Rng, { list }: Fields): void {
  const i = r.integer(list.length)
  const field = list[i]
  switch (r.integer(7)) {
    case 0:
    case 1:
      list.splice(i, 1)
      break
    case 2:
      field[0] = pick(r, [
        `${field[0]}x`,
        field[0].toUpperCase(),
        field[0].slice(1),
        '',
        '__proto__',
        'constructor',
        'toString',
        ` ${field[0]}`,
      ])
      break
    case 3:
      list.splice(r.integer(list.length + 1), 0, [field[0], oddValue(r, field[1])])
      break
    case 4:
      list.push([
        pick(r, ['__proto__', 'constructor', 'toJSON', 'length', 'hasOwnProperty', 'extra', '0']),
        pick<Node>(r, [null, 1, new Fields([['polluted', 1]])]),
      ])
      break
    case 5:
      ;[field[1], list[r.integer(list.length)][1]] = [list[r.integer(list.length)][1], field[1]]
      break
    default:
      list.reverse()
  }
}

/** Some mutation of a JSON text; of the plain text where it is none any more. */
export const mutateJson: Mutator = (r, bytes, donor) => {
  if (r.integer(4) === 0) return mutateText(r, bytes, donor)
  const root: { value: Node } = { value: null }
  try {
    root.value = nodeOf(JSON.parse(new TextDecoder().decode(bytes)))
  } catch {
    return mutateText(r, bytes, donor)
  }
  const all = places(root)
  const at = pick(r, r.integer(3) === 0 ? all.slice(0, 8) : all)
  if (Array.isArray(at.value) && r.integer(2) === 0) changeList(r, at.value)
  else if (at.value instanceof Fields && at.value.list.length > 0 && r.integer(3) > 0) changeFields(r, at.value)
  else at.set(oddValue(r, at.value))
  return new TextEncoder().encode(textOf(root.value) + (r.integer(2) === 0 ? '\n' : ''))
}

/** Some mutation of one of the lines of a JSON-lines text. */
export const mutateJsonLines: Mutator = (r, bytes, donor) => {
  if (r.integer(4) === 0) return mutateText(r, bytes, donor)
  const lines = new TextDecoder().decode(bytes).split('\n')
  const i = r.integer(Math.max(1, lines.length - 1))
  lines[i] = new TextDecoder().decode(mutateJson(r, new TextEncoder().encode(lines[i]), donor)).trimEnd()
  return new TextEncoder().encode(lines.join('\n'))
}
