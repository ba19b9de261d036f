/** @file Readers with planted faults, to show that the fuzzer can fail; each accepts its valid input, so that nothing but the fuzzer finds it out. */
import { KindredError } from '../../src/base/index.ts'
import { must, mustBeFinite, text, type Input, type Reader } from './readers/reader.ts'

const valid = 'numbers 1 2 3\n'
const isValid = (input: Input): boolean => Buffer.from(input.bytes()).equals(Buffer.from(valid))

const reader = (name: string, fault: (input: Input) => void | Promise<void>, weight = 1): Reader => ({
  name,
  weight,
  seeds: () => [{ 'numbers.txt': text(valid) }],
  read: (input) => (isValid(input) ? undefined : fault(input)),
})

const held: Uint8Array[] = []

export const readers: readonly Reader[] = [
  reader('good', () => {
    throw new KindredError('corrupt', 'numbers.txt', 'it must hold numbers', 'something else')
  }),
  reader('type-error', () => void (undefined as unknown as string).length),
  reader('no-name', () => {
    throw new KindredError('corrupt', 'reader', 'it must hold numbers', 'something else')
  }),
  reader('wrong-code', () => {
    throw new KindredError('usage', 'numbers.txt', 'it must hold numbers', 'something else')
  }),
  reader('foreign-words', () => {
    throw new KindredError('corrupt', 'numbers.txt', 'it must be readable', "Cannot read properties of undefined (reading 'length')")
  }),
  reader('stray', async () => {
    void Promise.reject(new Error('nobody waits for this'))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }),
  reader('dies', () => void process.kill(process.pid, 'SIGKILL'), 0.3),
  reader('nan', () => mustBeFinite([1, NaN], 'vectors')),
  reader('fewer', () => must(false, 'fewer numbers than it says')),
  reader(
    'hangs',
    () => {
      for (let i = 0; ; i++) if (i < 0) return
    },
    0.3,
  ),
  reader('waits', () => new Promise(() => {}), 0.3),
  reader(
    'swells',
    async () => {
      for (let i = 0; i < 40; i++) {
        held.push(new Uint8Array(32 << 20).fill(i + 1))
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    0.3,
  ),
]
