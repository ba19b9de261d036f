/**
 * @file `npm run torture -- --kills 1000 --seed 1`: kill -9 at random moments of gallery ingestion, training and the faces story, and failing writes. Ends with
 * one JSON object; exit 1 when anything acknowledged was lost, anything was half-written, or a start failed.
 */
import { parseArgs } from 'node:util'
import { failWrites, killAtRandom, scenarioNames, sum, type ScenarioName, type Tally } from './torture.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    writes: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true },
  },
})
const number = (name: 'kills' | 'writes' | 'seed'): number => {
  const value = Number(values[name])
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} must be a whole number, got ${values[name]}`)
  return value
}
const [kills, writes, seed] = [number('kills'), number('writes'), number('seed')]
const only = (values.only ?? scenarioNames) as ScenarioName[]
for (const name of only) if (!scenarioNames.includes(name)) throw new Error(`--only must be among ${scenarioNames.join(', ')}, got ${name}`)

const tell = (line: string): void => console.error(line)
const tallies: Tally[] = []
const jobs = only.flatMap((name, i) => [
  ...(kills === 0
    ? []
    : [
        {
          what: `${name}, kills`,
          run: () => killAtRandom(name, Math.floor((kills * (i + 1)) / only.length) - Math.floor((kills * i) / only.length), seed, tell),
        },
      ]),
  ...(writes === 0 ? [] : [{ what: `${name}, failing writes`, run: () => failWrites(name, writes, seed, tell) }]),
])
// two at a time: what a busy machine does to the moments is part of the test
const work = async (): Promise<void> => {
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    const started = performance.now()
    const tally = await job.run()
    tallies.push(tally)
    console.error(`${job.what}: ${JSON.stringify(tally)} in ${Math.round((performance.now() - started) / 1000)} s`)
  }
}
await Promise.all([work(), work()])
const total = sum(tallies)
console.log(JSON.stringify(total))
process.exitCode = total.lost + total.halfWritten + total.failedStarts > 0 ? 1 : 0
