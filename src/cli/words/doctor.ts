/** @file The words of `kindred doctor`. */
import type { Register } from '../command.ts'

export const doctorWords: Register = (program, act) => {
  program
    .command('doctor')
    .description('What runs here and what is missing: runtime, threads, GPU, optional parts, cache, write access.')
    .addHelpText(
      'after',
      `
Examples:
  kindred doctor
  kindred doctor --json

Nothing is fetched and nothing is sent. The exit code is 0 unless no network can run.`,
    )
    .action(act(async () => (await import('../commands/doctor.ts')).doctor))
}
