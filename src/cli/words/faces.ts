/** @file The words of `kindred faces`. */
import { oneOf, real, whole } from '../arguments.ts'
import { detectorNames, vggLayers } from '../choices.ts'
import type { Register } from '../command.ts'

export const facesWords: Register = (program, act) => {
  program
    .command('faces')
    .description('The whole story on a folder of photos: find faces, cut them out, embed, map, measure; one report to open.')
    .argument('[dir]', 'one folder per person, or photos without labels (default: the sample photos of @vladmandic/face-api)')
    .option('--out <dir>', 'folder for report.html, report.json, crops, vectors and maps', 'runs/faces')
    .option('--detector <name>', `${detectorNames.join(', ')}: ssd misses least, tiny is fastest`, oneOf(detectorNames), 'ssd')
    .option(
      '--model <name>',
      'dlib, vgg-face, vgg16, pixels, or a path: FILE.onnx with its recipe FILE.json beside it, or a recipe that names its "file"',
      'dlib',
    )
    .option('--weights <file>', 'weights of vgg-face or vgg16: .h5, .pth (default: fetch the published file once, 0.6 GB)')
    .option('--layer <name>', `where vgg-face and vgg16 are cut: ${vggLayers.join(', ')} (default: fc7/relu)`, oneOf(vggLayers))
    .option(
      '--faces <which>',
      'largest or all of a photo (default: largest where photos lie in folders, else all)',
      oneOf(['largest', 'all']),
    )
    .option('--min-score <s>', 'least score of the detector (default: 0.5)', real({ min: 0 }))
    .option('--min-size <n>', 'least side of a face, pixels (default: 20)', whole({ min: 1 }))
    .option('--min-sharpness <v>', 'leave out blurred faces below this (default: keep all)', real({ min: 0 }))
    .option('--gallery <place>', 'also add the faces to a gallery: a folder, or postgres://user@host/database')
    .option('--seed <n>', 'fixes the map', whole({ min: 0 }), 0)
    .addHelpText(
      'after',
      `
Examples:
  kindred faces
  kindred faces photos/ --out runs/family
  kindred faces photos/ --model vgg-face --weights vgg_face_weights.h5
  kindred faces photos/ --gallery gallery/

VGG-Face's weights may be used for research only, not commercially. A file that cannot be read is set aside in quarantine.jsonl and does not end the run,
nor does it change the exit code; a run that finds no face at all ends with 1. Running again does only what is new.`,
    )
    .action(act(async () => (await import('../commands/faces.ts')).tell))
}
