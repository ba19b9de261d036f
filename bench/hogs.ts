/** @file Processes that compute all the time, and how much of the processors anybody else takes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpus } from 'node:os'

const program = `
process.on('disconnect', () => process.exit())
process.on('message', () => process.send(process.cpuUsage()))
const compute = () => {
  for (let i = 0, x = 0; i < 1e6; i++) x += Math.sqrt(i)
  setImmediate(compute)
}
compute()`

/** Running hogs. */
export interface Hogs {
  /** Seconds they have computed, all together. */
  cpu(): Promise<number>
  stop(): void
}

/** Starts processes that compute all the time, one thread each. However this process ends, they end. */
export async function startHogs(count: number): Promise<Hogs> {
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
  )
  const hogs: Hogs = {
    async cpu() {
      const answers = await Promise.all(
        children.map(async (child) => {
          const answer = once(child, 'message')
          child.send('cpu')
          const [{ user, system }] = (await answer) as [NodeJS.CpuUsage]
          return (user + system) / 1e6
        }),
      )
      return answers.reduce((sum, s) => sum + s, 0)
    },
    stop: () => children.forEach((child) => child.kill('SIGKILL')),
  }
  await hogs.cpu() // all are up
  return hogs
}

/** Seconds that the machine's processors have worked for anybody; 0 where the system does not tell. */
export function machineBusy(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000
}
