/** @file The words of `kindred embed`. */
import type { Register } from '../command.ts'

export const embedWords: Register = (program, act) => {
  program
    .command('embed')
    .description('Turn pictures into vectors.')
    .argument('<model>', 'model.onnx of a run')
    .argument('<pictures...>', 'image files, or folders of them; sub-folders become labels')
    .option('--out <file>', 'where to: .npy, .csv or .jsonl', 'vectors.npy')
    .addHelpText(
      'after',
      `
Examples:
  kindred embed runs/digits/model.onnx seven.png eight.png --out vectors.csv
  kindred embed runs/digits/model.onnx scans/ --out vectors.npy`,
    )
    .action(act(async () => (await import('../commands/embed.ts')).embed))
}
