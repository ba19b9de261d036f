/** @file The words of `kindred verify`. */
import { oneOf, real } from '../arguments.ts'
import type { Register } from '../command.ts'
import { withNetworkOptions } from '../face-options.ts'

export const verifyWords: Register = (program, act) => {
  const command = program
    .command('verify')
    .description('One person or two: the distance of two photos, and a verdict by a threshold calibrated on your own labelled photos.')
    .argument('[a]', 'a photo')
    .argument('[b]', 'another')
    .option('--threshold <d>', 'greatest distance that counts as one person', real({ min: 0 }))
    .option('--calibration <file>', 'a threshold that --save kept')
    .option('--calibrate <dir>', 'calibrate on labelled photos: one folder per person, the OUT of kindred faces, or a gallery')
    .option(
      '--far <rate>',
      'with --calibrate: the share of pairs of two people that may be taken for one (default: 0.001)',
      real({ min: 1e-9, max: 0.5 }),
    )
    .option(
      '--save <file>',
      'keep the calibration; as threshold.json in the OUT of kindred faces, or GALLERY.threshold.json beside a gallery, kindred search finds it by itself',
    )
    .option('--keep <dir>', 'where the faces of the labelled folder are kept (default: runs/faces-NAME-HASH)')
    .option('--faces <which>', 'of each photo: largest or all (default: all, each pair with its own answer)', oneOf(['largest', 'all']))
  withNetworkOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  kindred verify a.jpg b.jpg --calibrate photos/ --far 0.001
  kindred verify --calibrate photos/ --save threshold.json
  kindred verify a.jpg b.jpg --calibration threshold.json

Without a threshold there is a distance and no verdict. A calibration is refused where there are too few pairs of two people for the rate asked for: three
for each one in the rate (3,000 for 0.001). Its figures hold for people and photos like those it was made on. A search compares a stranger with every known face,
so it errs more often than a pair does: the figure for strangers tells how often.`,
    )
    .action(act(async () => (await import('../commands/verify.ts')).verify))
}
