/** @file No data is handed on as arguments: `Math.max(...values)` and `list.push(...values)` run out of stack at some hundred thousand values. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseAst } from 'vitest/node'

interface AstNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly callee?: AstNode
  readonly arguments?: readonly AstNode[]
}

/** Calls whose spread is short by construction: a fixed number of parts, operands of one node, a slice of some thousand bytes. */
const short: readonly string[] = [
  'String.fromCharCode(...bytes.subarray(',
  'T.add(...sameSize(',
  'f(...inputs.map(',
  'join(out, ...crop.split(',
  'joinHalves(...pair()',
  'overlay(...pair()',
  'simd(0x0c, ...new Array<number>(16)',
  'simd(0x0d, ...lanes.flatMap(',
  '(await load())(',
]

/** Calls with a spread argument, as text. */
function spreads(text: string): string[] {
  const found: string[] = []
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk)
    if (value === null || typeof value !== 'object') return
    const node = value as AstNode
    if ((node.type === 'CallExpression' || node.type === 'NewExpression') && node.arguments!.some((a) => a.type === 'SpreadElement'))
      found.push(text.slice(node.start, node.end))
    Object.values(value).forEach(walk)
  }
  walk(parseAst(text, { lang: 'ts' }))
  return found
}

const source = new URL('../src/', import.meta.url)
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
)

test('a planted spread is found', () => {
  expect(spreads('const most = Math.max(0, ...values.map((v: number) => v))')).toEqual(['Math.max(0, ...values.map((v: number) => v))'])
  expect(spreads('list.push(...other); const copy = [...other, { ...more }]')).toEqual(['list.push(...other)'])
})

test('nothing spreads data into arguments', () => {
  expect(files.length).toBeGreaterThan(200)
  const wrong = files.flatMap((name) =>
    spreads(readFileSync(new URL(name, source), 'utf8'))
      .filter((call) => !short.some((s) => call.startsWith(s)))
      .map((call) => `src/${name}: ${call.slice(0, 100)}`),
  )
  expect(wrong, 'Take largest, smallest or a loop; see src/base/numbers.ts').toEqual([])
})
