/**
 * @file Digits as people write them, and what is no digit: the networks of a finished digits run on pictures with flaws, and on outliers of many kinds.
 *
 * `flaws`: MNIST's test digits on larger pictures, each with one flaw; how many are read right and kept. `outliers`: what each of the three networks keeps of
 * characters of eight scripts, garments, photos, shapes, noise and more, where it keeps 95 % and 84 % of digits; see `digits-wild-outliers.ts`.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { KindredError } from '../src/base/index.ts'
import { flaws } from './digits-wild-flaws.ts'
import { outliers } from './digits-wild-outliers.ts'
import { digitsRunOf, wholeNumber, type Benchmark } from './peer.ts'

const usage = 'RUN [--omniglot ZIP_OR_FOLDER ...] [--fashion FOLDER] [--photos FOLDER] [--digits FOLDER] [--only outliers|flaws] [--seed 0]'
const parts = ['flaws', 'outliers'] as const

/** One flaw of pictures: shares of all pictures, and the mean of what was stated of the digit where it was wrong. */
export interface Flaw {
  readonly name: string
  readonly pictures: number
  readonly right: number
  readonly kept: number
  readonly statedWhenWrong: number | null
}

/** Runs the benchmark; options as in `usage`. */
export const run: Benchmark = async (argv) => {
  const { dir, only, ...options } = readOptions(argv)
  const result: Record<string, unknown> = {}
  if (only !== 'outliers') result.flaws = await flaws(dir, options.seed)
  if (only !== 'flaws') Object.assign(result, await outliers(dir, options))
  return { ...result, ratio: Number.NaN }
}

function readOptions(argv: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        omniglot: { type: 'string', multiple: true },
        fashion: { type: 'string' },
        photos: { type: 'string' },
        digits: { type: 'string' },
        only: { type: 'string' },
        seed: { type: 'string', default: '0' },
      },
    })
    const { only, fashion, photos, digits } = values
    if (only !== undefined && !(parts as readonly string[]).includes(only))
      throw new Error(`--only must be one of ${parts.join(', ')}, got ${only}`)
    const shared = (name: string) => fileURLToPath(new URL(`../../shared/data/${name}`, import.meta.url))
    return {
      dir: digitsRunOf(positionals),
      only: only as (typeof parts)[number] | undefined,
      omniglot: values.omniglot ?? [shared('omniglot')],
      fashion: fashion ?? '/usr/share/datasets/fashion-mnist',
      photos: photos ?? shared('celeb5'),
      digits,
      seed: wholeNumber('seed', values.seed),
    }
  } catch (error) {
    throw new KindredError('usage', 'digits-wild', `options must be ${usage}`, (error as Error).message)
  }
}
