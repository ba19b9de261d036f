/** @file Who holds a lock: a record that says so, and how another process finds out whether that holder can still write. */
import { closeSync, fstatSync, openSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { checkAs, sha256 } from '../base/index.ts'
import { askFor } from './sign-of-life.ts'

const schema = z.object({
  pid: z.number().int().positive(),
  host: z.string(),
  /** The running system: another one, or this one before it was started again, has another. */
  kernel: z.string(),
  /** Processes of different ones cannot see each other; null where the system has none. */
  pidNamespace: z.string().nullable(),
  /** Clock ticks from the start of the system to that of the process; null where the system does not tell. */
  started: z.string().nullable(),
  /** The file system's number on that system. Seen through another mount, a socket of a network share refuses though its process lives. */
  device: z.string(),
  /** Whether a socket beside the record gives a sign of life. */
  socket: z.boolean(),
})

/** The holder of a lock. */
export type Holder = z.infer<typeof schema>

/** How often a holder shows that it lives, and how long it must have been silent, and be watched, before it is given up. In ms. */
export interface Patience {
  readonly beat: number
  readonly silence: number
  readonly watch: number
}

/** What holds outside tests: a process that computes for a minute without writing a byte keeps its lock. */
export const patience: Patience = { beat: 5000, silence: 120_000, watch: 15_000 }

/** This process as a holder of a lock in a folder. */
export function ourselves(folder: string): Omit<Holder, 'socket'> {
  const pidNamespace = quietly(() => readlinkSync('/proc/self/ns/pid'))
  return {
    pid: process.pid,
    host: hostname(),
    kernel: kernelId(),
    pidNamespace,
    started: startOf('self'),
    device: String(statSync(folder, { bigint: true }).dev),
  }
}

/** Linux names each start of each kernel. Elsewhere the machine is known by its name and network hardware: sockets and process ids tell of earlier starts. */
function kernelId(): string {
  const boot = quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  if (boot !== null) return boot
  const hardware = Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).filter((a) => !a.internal).map((a) => a.mac))
  return sha256(Buffer.from(JSON.stringify([process.platform, hostname(), [...new Set(hardware)].sort()])))
}

/** A record's text: the holder, and a counter that {@link beatAt} moves on in place. */
export const recordText = (holder: Holder): string => `${JSON.stringify(holder)}\n${'0'.padStart(beatWidth)}\n`
const beatWidth = 12

/** Where in a record the counter lies, and its text. */
export const beatAt = (holder: Holder, count: number): { at: number; text: string } => ({
  at: Buffer.byteLength(JSON.stringify(holder)) + 1,
  text: String(count).padStart(beatWidth),
})

/** A record as it is now; `holder` is undefined when it cannot be read as one. */
interface Seen {
  holder: Holder | undefined
  text: string
  changed: number
}

/** Reads a record; undefined when it is gone. Opening it anew makes network file systems ask their server. */
function look(path: string): Seen | undefined {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const bytes = Buffer.alloc(4096)
    const text = bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0))
    const { mtimeMs } = fstatSync(fd)
    return {
      holder: quietly(() => checkAs(JSON.parse(text.slice(0, text.indexOf('\n'))), path, schema)) ?? undefined,
      text,
      changed: mtimeMs,
    }
  } finally {
    closeSync(fd)
  }
}

/** Who judges, and how. */
export interface Judge {
  readonly us: Omit<Holder, 'socket'>
  /** The file system's clock, in ms. */
  readonly now: number
  readonly waits: Patience
  /** Called before a watch. */
  readonly waiting: (holder: Holder | undefined, ms: number) => void
}

/** What {@link judge} says of a lock's holder. */
export type Verdict =
  | { readonly alive: false }
  | {
      readonly alive: true
      readonly holder: Holder | undefined
      /** ms since its last sign of life, where that was the judge. */ readonly silent?: number
    }

/**
 * Whether the holder of a lock can still write.
 *
 * The kernel's word counts where it can be had: of a holder on the same running system by its socket, else by its process id and start time. Of others (another
 * machine on a network share, a virtual machine, an earlier start of this system) only silence can tell: the record unchanged for `silence`, and then through a
 * watch.
 * @param record its record
 * @param socket its socket
 */
export async function judge(record: string, socket: string, { us, now, waits, waiting }: Judge): Promise<Verdict> {
  const seen = look(record)
  if (seen === undefined) return { alive: false }
  const { holder } = seen
  if (holder?.kernel === us.kernel) {
    if (holder.socket) {
      const answer = await askFor(socket)
      if (answer === 'yes') return { alive: true, holder }
      if (answer === 'no' && holder.device === us.device) return { alive: false }
    } else if (holder.pidNamespace === us.pidNamespace) {
      const runs = isRunning(holder)
      if (runs !== undefined) return runs ? { alive: true, holder } : { alive: false }
    }
  }
  const silent = now - seen.changed
  if (silent < waits.silence) return { alive: true, holder, silent: Math.max(0, silent) }
  waiting(holder, waits.watch)
  for (let waited = 0; waited < waits.watch; waited += waits.beat / 10) {
    await sleep(waits.beat / 10)
    const again = look(record)
    if (again === undefined) return { alive: false }
    if (again.text !== seen.text || again.changed !== seen.changed) return { alive: true, holder, silent: 0 }
  }
  return { alive: false }
}

/** By the table of processes; undefined when the id is in use and nobody says since when. */
function isRunning({ pid, started }: Holder): boolean | undefined {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const now = startOf(pid)
  return now === null || started === null ? undefined : now === started
}

/** Field 22 of /proc/PID/stat: when the process started. */
function startOf(pid: number | 'self'): string | null {
  return quietly(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  })
}

function quietly<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}
