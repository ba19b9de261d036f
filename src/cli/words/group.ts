/** @file The words of `kindred group`. */
import { oneOf, real, whole } from '../arguments.ts'
import { groupFileHelp } from '../choices.ts'
import type { Register } from '../command.ts'
import { withNetworkOptions } from '../face-options.ts'

export const groupWords: Register = (program, act) => {
  const command = program
    .command('group')
    .description('Groups faces nobody has named, by density; you name, merge and split them in a text file, and running again keeps that.')
    .argument('<dir>', 'a folder of photos, or the OUT of kindred faces')
    .option(
      '--out <dir>',
      'folder for groups.jsonl, groups.png, groups/ and the faces (default: DIR where it is an OUT, else runs/faces-NAME-HASH)',
    )
    .option(
      '--radius <d>',
      'core faces are joined at this distance or less (default: 0.5 for dlib; smaller for large collections)',
      real({ min: 0 }),
    )
    .option('--reach <d>', 'a straggler joins its nearest core face up to here (default: 1.2 x radius)', real({ min: 0 }))
    .option('--min-points <n>', 'faces within the radius, itself included, that make a core face', whole({ min: 1 }), 3)
    .option('--faces <which>', 'of a photo: largest or all (default: all)', oneOf(['largest', 'all']))
  withNetworkOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  kindred group photos/ --out runs/family
  kindred group runs/family --radius 0.45

${groupFileHelp}

A collection of many people wants a smaller radius: one chain of look-alikes is enough to join two groups. Where photos lie in folders of persons, the groups
are judged against them (B-cubed).`,
    )
    .action(act(async () => (await import('../commands/group.ts')).group))
}
