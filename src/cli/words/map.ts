/** @file The words of `kindred map`. */
import { oneOf, real, whole } from '../arguments.ts'
import type { Register } from '../command.ts'

export const mapWords: Register = (program, act) => {
  program
    .command('map')
    .description('Draw vectors as a map in which alike ones lie side by side.')
    .argument('<source>', 'a vector file (.npy, .csv, .jsonl), or model.onnx followed by pictures')
    .argument('[pictures...]', 'image files, or folders of them; sub-folders become classes')
    .option('--out <file>', 'the figure; .png and .csv (positions) are written beside it', 'map.svg')
    .option('--method <name>', 'tsne or pca', oneOf(['tsne', 'pca']), 'tsne')
    .option('--perplexity <p>', 't-SNE: how many neighbours count (default: 30, or a third of the vectors)', real({ min: 1 }))
    .option('--iterations <n>', 't-SNE: steps (default: 1000)', whole({ min: 1 }))
    .option('--seed <n>', 'fixes the map', whole({ min: 0 }), 0)
    .option('--title <text>', 'a headline')
    .addHelpText(
      'after',
      `
Examples:
  kindred map vectors.npy --out map.svg
  kindred map runs/digits/model.onnx scans/ --method pca`,
    )
    .action(act(async () => (await import('../commands/map.ts')).map))
}
