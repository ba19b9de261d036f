/** @file The words of `kindred compare`. */
import { oneOf, whole } from '../arguments.ts'
import { detectorNames, vggLayers } from '../choices.ts'
import type { Register } from '../command.ts'

export const compareWords: Register = (program, act) => {
  program
    .command('compare')
    .description('The same faces by two models: two maps side by side, and whether the difference is more than luck.')
    .argument('<dir>', 'one folder per person, or photos without labels')
    .requiredOption('--models <a,b>', 'two of dlib, vgg-face, vgg16, pixels, FILE.onnx, RECIPE.json; vgg-face=FILE names its weights')
    .option('--out <dir>', 'folder for report.html, report.json and maps', 'runs/compare')
    .option('--detector <name>', detectorNames.join(', '), oneOf(detectorNames), 'ssd')
    .option('--layer <name>', `where vgg-face and vgg16 are cut: ${vggLayers.join(', ')} (default: fc7/relu)`, oneOf(vggLayers))
    .option(
      '--faces <which>',
      'largest or all of a photo (default: largest where photos lie in folders, else all)',
      oneOf(['largest', 'all']),
    )
    .option('--seed <n>', 'fixes maps and intervals', whole({ min: 0 }), 0)
    .addHelpText(
      'after',
      `
Examples:
  kindred compare photos/ --models pixels,dlib
  kindred compare photos/ --models general.onnx,dlib --out runs/general-against-face
  kindred compare photos/ --models vgg16=vgg16.h5,vgg-face=vgg_face.h5`,
    )
    .action(act(async () => (await import('../commands/compare.ts')).tell))
}
