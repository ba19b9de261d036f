/** @file The words of `kindred classify`. */
import type { Register } from '../command.ts'

export const classifyWords: Register = (program, act) => {
  program
    .command('classify')
    .description('Name the class of pictures, with its probability.')
    .argument('<model>', 'model.onnx of a run')
    .argument('<pictures...>', 'image files, or folders of them; sub-folders are taken as the true class')
    .option('--head <file>', 'the softmax head (default: head.json beside the model)')
    .addHelpText(
      'after',
      `
The head knows its classes alone: it names one for any picture. kindred reject says which pictures belong to none.

Examples:
  kindred classify runs/digits/model.onnx seven.png
  kindred classify runs/digits/model.onnx scans/ --json`,
    )
    .action(act(async () => (await import('../commands/classify.ts')).classify))
}
