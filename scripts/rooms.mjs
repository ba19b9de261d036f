// The rooms of src/ and who may import whom: one table, from which .oxlintrc.json is made.
//   node scripts/rooms.mjs --write   after changing the table
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Each room and the rooms it may enter (through their index.ts alone). Imports go downwards only. */
export const rooms = {
  base: [],
  files: ['base'],
  tensor: ['base'],
  onnx: ['base', 'tensor'],
  runtime: ['base', 'tensor', 'onnx'],
  distances: ['base', 'tensor'],
  tuples: ['base', 'tensor'],
  neighbours: ['base', 'tensor', 'onnx', 'runtime'],
  nn: ['base', 'tensor', 'distances'],
  optim: ['base', 'tensor'],
  losses: ['base', 'tensor', 'distances', 'tuples'],
  miners: ['base', 'tensor', 'distances', 'tuples'],
  models: ['base', 'files', 'tensor', 'onnx', 'runtime', 'nn'],
  samplers: ['base'],
  metrics: ['base', 'neighbours'],
  clusters: ['base'],
  openset: ['base', 'neighbours'],
  projection: ['base', 'neighbours'],
  data: ['base', 'files'],
  gallery: ['base', 'files'],
  plots: ['base', 'files'],
  faces: ['base', 'files', 'tensor', 'onnx', 'runtime', 'nn', 'models', 'neighbours', 'data'],
  train: ['base', 'files', 'tensor', 'onnx', 'runtime', 'distances', 'tuples', 'neighbours', 'nn', 'models', 'optim', 'losses', 'miners', 'samplers', 'metrics', 'openset', 'data'],
  recipes: ['base', 'files', 'tensor', 'onnx', 'runtime', 'distances', 'tuples', 'neighbours', 'nn', 'models', 'optim', 'losses', 'miners', 'samplers', 'metrics', 'clusters', 'openset', 'projection', 'data', 'gallery', 'faces', 'plots', 'train'],
  cli: ['base', 'files', 'tensor', 'onnx', 'runtime', 'models', 'neighbours', 'metrics', 'clusters', 'openset', 'projection', 'data', 'gallery', 'faces', 'plots', 'train', 'recipes'],
}

/** Rooms that may touch Node's own modules, sharp and the native runtime: where files and processes are. */
export const nodeRooms = ['files', 'runtime', 'models', 'data', 'gallery', 'faces', 'plots', 'train', 'recipes', 'cli']

const nodeOnly = { regex: '^(node:|sharp$|onnxruntime-node$)', message: 'Only rooms where files and processes are may touch Node, sharp or the native runtime; see docs/architecture.md.' }
// The linter's regular expressions know no look-ahead: "anything but index.ts", spelt out.
const notIndex = '([^i]|i[^n]|in[^d]|ind[^e]|inde[^x]|index[^.])'
const throughIndex = { regex: `^(\\.\\./)+(${Object.keys(rooms).join('|')})/${notIndex}`, message: 'A room is entered through its index.ts.' }

/** The linter's configuration, made from the table. */
export function config() {
  const all = Object.keys(rooms)
  return {
    $schema: './node_modules/oxlint/configuration_schema.json',
    plugins: ['typescript', 'import', 'unicorn', 'oxc'],
    categories: { correctness: 'error' },
    rules: {
      'import/no-cycle': 'error',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'prefer-const': 'error',
      eqeqeq: ['error', 'smart'],
      'no-var': 'error',
      'unicorn/no-new-array': 'off',
      'unicorn/no-thenable': 'off',
    },
    ignorePatterns: ['dist', 'node_modules', '**/.venv', 'test/planted'],
    overrides: all.map((room) => {
      const closed = all.filter((other) => other !== room && !rooms[room].includes(other))
      const patterns = [
        { regex: `^(\\.\\./)+(${closed.join('|')})/`, message: `Room ${room} may enter only: ${rooms[room].join(', ') || 'no other room'}. See docs/architecture.md.` },
        throughIndex,
      ]
      const product = nodeRooms.includes(room) ? patterns : [...patterns, nodeOnly]
      return { files: [`src/${room}/**/*.ts`], excludeFiles: [`src/${room}/**/*.test.ts`], rules: { 'no-restricted-imports': ['error', { patterns: product }] } }
    }),
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = new URL('../.oxlintrc.json', import.meta.url)
  const text = `${JSON.stringify(config(), null, 2)}\n`
  if (process.argv.includes('--write')) writeFileSync(path, text)
  else if (readFileSync(path, 'utf8') !== text) {
    console.error('.oxlintrc.json is not what scripts/rooms.mjs makes. Run: node scripts/rooms.mjs --write')
    process.exit(1)
  }
}
