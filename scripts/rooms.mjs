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
  losses: ['base', 'tensor', 'distances', 'tuples', 'nn'],
  miners: ['base', 'tensor', 'distances', 'tuples'],
  recipe: ['base'],
  embedder: ['base', 'tensor', 'onnx', 'runtime', 'nn', 'recipe'],
  models: ['base', 'files', 'tensor', 'onnx', 'runtime', 'nn', 'recipe', 'embedder'],
  samplers: ['base'],
  metrics: ['base', 'neighbours'],
  clusters: ['base', 'neighbours'],
  openset: ['base', 'neighbours', 'metrics'],
  projection: ['base', 'neighbours'],
  dataset: ['base'],
  train: [
    'base',
    'tensor',
    'onnx',
    'runtime',
    'distances',
    'tuples',
    'neighbours',
    'nn',
    'recipe',
    'embedder',
    'optim',
    'losses',
    'miners',
    'samplers',
    'metrics',
    'openset',
    'dataset',
  ],
  images: ['base', 'files'],
  vectors: ['base', 'files', 'recipe'],
  data: ['base', 'files', 'images', 'dataset'],
  gallery: ['base', 'files', 'neighbours', 'recipe'],
  plots: ['base', 'files', 'images'],
  digits: ['base', 'files', 'nn', 'optim', 'losses', 'miners', 'samplers', 'train', 'images', 'dataset', 'data'],
  faces: ['base', 'files', 'tensor', 'onnx', 'runtime', 'nn', 'recipe', 'embedder', 'models', 'neighbours', 'images'],
  report: ['base', 'files', 'images', 'plots'],
  people: [
    'base',
    'files',
    'runtime',
    'neighbours',
    'nn',
    'recipe',
    'embedder',
    'models',
    'metrics',
    'clusters',
    'train',
    'images',
    'vectors',
    'gallery',
    'plots',
    'faces',
    'report',
  ],
  stories: [
    'base',
    'files',
    'tensor',
    'onnx',
    'runtime',
    'neighbours',
    'nn',
    'recipe',
    'embedder',
    'models',
    'optim',
    'losses',
    'miners',
    'samplers',
    'metrics',
    'openset',
    'projection',
    'train',
    'images',
    'dataset',
    'vectors',
    'data',
    'gallery',
    'plots',
    'digits',
    'faces',
    'report',
    'people',
  ],
  jobs: [
    'base',
    'files',
    'tensor',
    'runtime',
    'neighbours',
    'nn',
    'embedder',
    'models',
    'metrics',
    'openset',
    'projection',
    'train',
    'images',
    'dataset',
    'vectors',
    'data',
    'gallery',
    'plots',
    'digits',
    'faces',
    'report',
    'people',
    'stories',
  ],
  cli: [
    'base',
    'files',
    'tensor',
    'runtime',
    'neighbours',
    'nn',
    'recipe',
    'embedder',
    'models',
    'metrics',
    'openset',
    'projection',
    'train',
    'images',
    'dataset',
    'vectors',
    'data',
    'gallery',
    'plots',
    'digits',
    'faces',
    'report',
    'people',
    'stories',
    'jobs',
  ],
}

/**
 * The floor: rooms that run in a browser. They enter floor rooms alone and touch neither Node's own modules nor sharp nor the native runtime, except in a
 * folder `node/`, whose index.ts a bundler for the browser replaces (`browser` in package.json). See docs/decisions/0020-browser-floor.md.
 */
export const floor = [
  'base',
  'tensor',
  'onnx',
  'runtime',
  'distances',
  'tuples',
  'neighbours',
  'nn',
  'recipe',
  'embedder',
  'optim',
  'losses',
  'miners',
  'samplers',
  'metrics',
  'clusters',
  'openset',
  'projection',
  'dataset',
  'train',
]
/** Floor rooms with such a folder, and which rooms above the floor it may enter. */
const nodeFolders = { runtime: [], train: ['files'] }

const nodeOnly = {
  regex: '^(node:|sharp$|onnxruntime-node$)',
  message: 'Rooms of the browser floor touch Node, sharp or the native runtime in a folder node/ alone; see docs/architecture.md.',
}
const nodeDoor = {
  regex: '/node/([^i]|i[^n]|in[^d]|ind[^e]|inde[^x]|index[^.])',
  message: 'A folder node/ is entered through its index.ts, which a bundler for the browser replaces.',
}
// The linter's regular expressions know no look-ahead: "anything but index.ts", spelt out.
const notIndex = '([^i]|i[^n]|in[^d]|ind[^e]|inde[^x]|index[^.])'

/** The linter's configuration, made from the table. */
export function config(table = rooms) {
  const all = Object.keys(table)
  for (const room of floor) {
    const above = table[room].filter((other) => !floor.includes(other))
    if (above.length > 0) throw new Error(`${room} is of the browser floor and may not enter ${above.join(', ')}, which is not`)
  }
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
    overrides: all.flatMap((room) => {
      // depth: how many folders a file lies below src/, and so how many steps lead out of its room
      return [1, 2].flatMap((depth) => {
        const out = `^${'\\.\\./'.repeat(depth)}`
        const patternsFor = (open) => {
          const closed = all.filter((other) => other !== room && !open.includes(other))
          return [
            {
              regex: `${out}(${closed.join('|')})/`,
              message: `Room ${room} may enter only: ${open.join(', ') || 'no other room'}. See docs/architecture.md.`,
            },
            { regex: `${out}(${all.join('|')})/${notIndex}`, message: 'A room is entered through its index.ts.' },
          ]
        }
        const patterns = patternsFor(table[room])
        const below = depth === 1 ? '' : '*/'
        const rule = (files, excludeFiles, product) => ({
          files: [files],
          excludeFiles,
          rules: { 'no-restricted-imports': ['error', { patterns: product }] },
        })
        const [inside, tests, node] = [`src/${room}/${below}*.ts`, `src/${room}/${below}*.test.ts`, `src/${room}/node/*.ts`]
        if (!floor.includes(room)) return [rule(inside, [tests], patterns)]
        const closedToNode = [...patterns, nodeOnly]
        if (nodeFolders[room] === undefined) return [rule(inside, [tests], closedToNode)]
        return depth === 1
          ? [rule(inside, [tests], [...closedToNode, nodeDoor])]
          : [rule(inside, [tests, node], closedToNode), rule(node, [tests], patternsFor([...table[room], ...nodeFolders[room]]))]
      })
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
