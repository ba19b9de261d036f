/** @file The words of `kindred reject`. */
import type { Register } from '../command.ts'

export const rejectWords: Register = (program, act) => {
  program
    .command('reject')
    .description('Say which pictures belong to no known class.')
    .argument('<model>', 'model.onnx of kindred digits')
    .argument('<pictures...>', 'image files, or folders of them')
    .option('--rule <file>', 'the rejection rule (default: reject.json beside the model)')
    .option('--head <file>', 'the softmax head, for rules on its logits (default: head.json beside the model)')
    .addHelpText(
      'after',
      `
Examples:
  kindred reject runs/digits/model.onnx letters/
  kindred reject runs/digits/model-outliers.onnx letters/ --rule runs/digits/reject-outliers.json`,
    )
    .action(act(async () => (await import('../commands/reject.ts')).reject))
}
