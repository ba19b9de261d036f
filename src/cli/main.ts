#!/usr/bin/env node
/** @file The program `kindred`. */
import { run } from './run.ts'

// A reader that closes the pipe (| head) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
process.exitCode = await run(process.argv.slice(2))
