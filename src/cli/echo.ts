/** @file The command as a report shows it: so that it can be pasted into a shell, and without passwords. */
import { quoteCommand, redactWord } from '../base/index.ts'

/**
 * The command line that was given.
 *
 * @param words without `node` and the script
 * @example echoedCommand(['faces', 'my photos', '--gallery', 'postgres://anna:secret@host/db']) // kindred faces 'my photos' --gallery
 * 'postgres://anna:***@host/db'
 */
export function echoedCommand(words: readonly string[]): string {
  return quoteCommand(['kindred', ...words.map(redactWord)])
}
