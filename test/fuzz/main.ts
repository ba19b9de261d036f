/**
 * @file `npm run fuzz -- --cases 35000 --seed 1`: mutated inputs for every reader of outside bytes. The last line printed is one JSON object; exit 1 when
 * anything was found.
 */
import { parseArgs } from 'node:util'
import { forbidden } from './classify.ts'
import { fuzz, table } from './fuzz.ts'

const usage = `Usage: npm run fuzz -- [options]
  --cases N      how many cases (1000)
  --seed N       which ones (1)
  --from N       the number of the first (1): with it a run can go on where it stopped
  --case N       that case alone
  --reader NAME  that reader's cases alone; may be given several times (a case's number then means another case)
  --workers N    processes (2)
  --out DIR      where inputs that were found go (a temporary folder)`

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '1' },
    case: { type: 'string' },
    reader: { type: 'string', multiple: true, default: [] },
    workers: { type: 'string', default: '2' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const whole = (name: string, text: string): number => {
  const n = Number(text)
  if (Number.isSafeInteger(n) && n >= 0) return n
  console.error(`--${name} must be a whole number, got ${text}`)
  process.exit(2)
}

async function main(): Promise<void> {
  const one = values.case === undefined ? undefined : whole('case', values.case)
  const result = await fuzz({
    cases: one === undefined ? whole('cases', values.cases) : 1,
    from: one ?? whole('from', values.from),
    seed: whole('seed', values.seed),
    only: values.reader,
    workers: one === undefined ? whole('workers', values.workers) : 1,
    out: values.out,
    log: (line) => console.error(line),
  })
  console.log(table(result))
  if (result.out !== undefined) console.log(`inputs: ${result.out}`)
  console.log(JSON.stringify(result.counts))
  if (forbidden.some((o) => result.counts[o] > 0)) process.exitCode = 1
}

if (values.help) console.log(usage)
else
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
