/** @file The shape of a command: what its file exports. */
import type { Command } from 'commander'
import type { Context } from './context.ts'

/** What a command does with its options, what it is given, and its words (arguments). */
export type Action<Options> = (options: Options, given: Context, ...words: never[]) => Promise<void>

/** Turns an action into what commander calls: it makes the context, and lets Ctrl-C stop the work. */
export type Act = <Options>(action: Action<Options>) => (...args: unknown[]) => Promise<void>

/** Adds one command to the program; one file a command in commands/, and one line in commands/index.ts. */
export type Register = (program: Command, act: Act) => void
