/**
 * @file A process of its own for the lock's tests: `lock-child.ts FOLDER` takes the lock and says `held PID`, or says why it cannot and ends. Then it checks
 * the lock
 * at each line it is sent, and says `ours` or why not; `end` lets it exit without giving the lock back by hand.
 */
import { createInterface } from 'node:readline'
import { lockFolder } from '../src/files/lock.ts'

try {
  const lock = await lockFolder(process.argv[2], 'gallery', { waits: { beat: 100, silence: 400, watch: 300 } })
  process.stdout.write(`held ${process.pid}\n`)
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'end') break
    try {
      if (line === 'pulse') lock.pulse()
      else lock.check()
      process.stdout.write('ours\n')
    } catch (error) {
      process.stdout.write(`${(error as Error).message}\n`)
    }
  }
  process.exit(0)
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`)
  process.exit(1)
}
