// No object takes in a part or nothing by a condition (`...(x === undefined ? {} : { x })`, `...(x && { x })`): a value may be left undefined instead.
// Files of src/ that had such spreads when this check came may keep as many, and no more: scripts/spreads.json counts them.
//   node scripts/spreads.mjs [FOLDER]   checks
//   node scripts/spreads.mjs --write    after taking some out
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'vite'

const write = process.argv.includes('--write')
const root = process.argv.slice(2).find((word) => !word.startsWith('--')) ?? fileURLToPath(new URL('..', import.meta.url))
const list = join(root, 'scripts', 'spreads.json')
const allowed = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : {}

const bare = (node) => (/^(Parenthesized|TSAs|TSSatisfies)Expression$/.test(node.type) ? bare(node.expression) : node)
const isObject = (node) => bare(node).type === 'ObjectExpression'
const isEmpty = (node) => isObject(node) && bare(node).properties.length === 0
const isConditional = (node) =>
  (node.type === 'ConditionalExpression' && (isEmpty(node.consequent) || isEmpty(node.alternate))) ||
  (node.type === 'LogicalExpression' && node.operator === '&&' && isObject(node.right))

/** The lines of a file with such a spread. */
function conditionalSpreads(file) {
  const text = readFileSync(file, 'utf8')
  const lines = []
  const walk = (value) => {
    if (Array.isArray(value)) return value.forEach(walk)
    if (value === null || typeof value !== 'object') return
    if (value.type === 'ObjectExpression')
      for (const part of value.properties)
        if (part.type === 'SpreadElement' && isConditional(bare(part.argument))) lines.push(text.slice(0, part.start).split('\n').length)
    Object.values(value).forEach(walk)
  }
  if (text.includes('...(')) walk(parseAst(text, { lang: 'ts' }))
  return lines
}

const found = {}
const where = {}
for (const name of readdirSync(join(root, 'src'), { recursive: true }).map(String).sort()) {
  if (!name.endsWith('.ts')) continue
  const file = `src/${name.replaceAll('\\', '/')}`
  const lines = conditionalSpreads(join(root, file))
  if (lines.length === 0) continue
  found[file] = lines.length
  where[file] = lines
}
if (write) writeFileSync(list, `${JSON.stringify(found, null, 2)}\n`)
else {
  const over = Object.keys(found).filter((file) => found[file] > (allowed[file] ?? 0))
  for (const file of over)
    console.error(
      `${file}: ${found[file]} conditional spreads, ${allowed[file] ?? 0} allowed; lines ${where[file].join(', ')}. ` +
        'Leave the value undefined instead.',
    )
  if (over.length > 0) process.exitCode = 1
}
