/** @file The words of `kindred search`. */
import { oneOf, real, whole } from '../arguments.ts'
import type { Register } from '../command.ts'
import { withNetworkOptions } from '../face-options.ts'

export const searchWords: Register = (program, act) => {
  const command = program
    .command('search')
    .description('Who is this: the nearest known faces of each face in a photo, as a table and a picture.')
    .argument('<place>', 'a folder of photos, the OUT of kindred faces, a gallery, or postgres://user@host/database')
    .argument('<query>', 'a photo')
    .option('-k <n>', 'neighbours of each face', whole({ min: 1, max: 1000 }), 5)
    .option('--threshold <d>', 'greatest distance at which a face counts as known', real({ min: 0 }))
    .option(
      '--calibration <file>',
      'a threshold that kindred verify --calibrate saved (default: the one beside the faces, where there is one)',
    )
    .option('--person <name>', 'ask among this person’s faces alone')
    .option('--out <file>', 'a picture of the query and its neighbours, .png or .svg')
    .option('--keep <dir>', 'where the faces of a folder of photos are kept, so that asking again is quick (default: runs/faces-NAME-HASH)')
    .option('--faces <which>', 'of the query: largest or all (default: all)', oneOf(['largest', 'all']))
  withNetworkOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  kindred search photos/ stranger.jpg
  kindred search runs/faces stranger.jpg -k 3 --out strip.png
  kindred search gallery/ stranger.jpg --threshold 0.5

Distances are Euclidean. Whether a near face shows the same person only a threshold can say: give one, or have it calibrated on labelled photos with
kindred verify --calibrate. Vectors of another model, detector or alignment are refused by name. A photo without a face is an error (exit 1).`,
    )
    .action(act(async () => (await import('../commands/search.ts')).search))
}
