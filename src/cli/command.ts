/** @file The shape of a command: what its files export. */
import type { Command } from 'commander'
import type { Context } from './context.ts'

/** What a command does with its options, what it is given, and its words (arguments). */
export type Action<Options> = (options: Options, given: Context, ...words: never[]) => Promise<void>

/** Turns an action, loaded when it is called, into what commander calls: it makes the context, and lets Ctrl-C stop the work. */
export type Act = <Options>(load: () => Promise<Action<Options>>) => (...args: unknown[]) => Promise<void>

/** Adds the words of one command to the program: one file a command in words/, which loads the one in commands/ that does the work, and one line in words/index.ts. */
export type Register = (program: Command, act: Act) => void
