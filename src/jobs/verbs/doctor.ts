/** @file Verb `doctor`: what runs on this machine, what is missing, and the one command that brings it. */
import * as z from 'zod'
import { KindredError } from '../../base/index.ts'
import { verb } from '../verb.ts'

export const doctor = verb({
  name: 'doctor',
  input: z.strictObject({}),
  examples: [{}],
  notes: 'Nothing is fetched and nothing is sent. The exit code is 0 unless no network can run.',
  run: async (_, { runtimeKind, threads }) => (await import('../diagnose.ts')).diagnose(runtimeKind, threads),
  render: async (found) => (await import('../lines/doctor.ts')).doctorLines(found),
  failure: ({ runtime: { works, error } }) =>
    works ? undefined : new KindredError('unsupported', 'doctor', 'a network must run on this machine', error),
})
