/**
 * @file What tens of thousands of faces cost: the command `group`, the retrieval chapter and the map, each in a process of its own.
 *
 * The faces are made (`many-faces.ts`): no collection of that size may be shipped. Processor time and memory are those of the whole process.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { KindredError } from '../src/base/index.ts'
import { writeManyFaces } from './many-faces.ts'
import { exchangeFolder, machine, table, type Benchmark } from './peer.ts'

const tasks = ['group', 'retrieval', 'map'] as const

interface Cost {
  readonly cpuSeconds: number
  readonly peakMB: number
  readonly longestPauseMs: number
}

/** Runs the benchmark: `--faces 20000 --largest 0 --further 0 --seed 0 --only group,retrieval,map`. */
export const run: Benchmark = async (argv) => {
  const { values } = parseArgs({
    args: argv,
    options: {
      faces: { type: 'string', default: '20000' },
      largest: { type: 'string', default: '0' },
      further: { type: 'string', default: '0' },
      seed: { type: 'string', default: '0' },
      only: { type: 'string', default: tasks.join(',') },
    },
  })
  const [faces, largest, further, seed] = [values.faces, values.largest, values.further, values.seed].map(Number)
  if (!(faces >= 10) || !(largest >= 0) || !(further >= 0 && further <= 0.5))
    throw new KindredError('usage', 'bench', '--faces must be at least 10, --largest at least 0, --further from 0 to 0.5', argv.join(' '))
  const wanted = values.only.split(',')
  const out = join(exchangeFolder(), 'faces')
  console.error(`making ${faces} faces`)
  const made = await writeManyFaces(out, { faces, largest, further, seed })
  const costs = new Map<string, Cost>()
  for (const task of tasks) {
    if (!wanted.includes(task)) continue
    console.error(task)
    costs.set(task, measured(task, out))
  }
  table(
    [...costs].map(([task, cost]) => ({
      task,
      'CPU s': cost.cpuSeconds,
      'peak MB': Math.round(cost.peakMB),
      'longest pause of the event loop, ms': Math.round(cost.longestPauseMs),
    })),
  )
  const cpu = (task: string) => rounded(costs.get(task)?.cpuSeconds)
  return {
    faces,
    ...made,
    groupCpuSeconds: cpu('group'),
    groupPeakMB: rounded(costs.get('group')?.peakMB),
    retrievalCpuSeconds: cpu('retrieval'),
    mapCpuSeconds: cpu('map'),
    works: Object.fromEntries(costs),
    ratio: Number.NaN,
    ...machine(),
  }
}

const rounded = (value: number | undefined): number | null => (value === undefined ? null : Math.round(10 * value) / 10)

function measured(task: string, out: string): Cost {
  const result = join(out, `${task}.cost.json`)
  const work = fileURLToPath(new URL('faces-scale-work.ts', import.meta.url))
  const { status, signal } = spawnSync(process.execPath, ['--import', 'tsx', work, task, out, result], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new KindredError('io', 'bench', `${task} must succeed`, `exit ${status ?? signal}`)
  return JSON.parse(readFileSync(result, 'utf8')) as Cost
}
