import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../tests/support/until.ts'

const CLOCK_TICKS_A_SECOND = 100

/** Given to Node by `--import`: notes how long the event loop of the process stands still. */
export const LOOP_WATCH = join(import.meta.dirname, '..', 'processes', 'loop-watch.ts')
/** Where it writes what it noted, when it gets SIGUSR2. */
export const LOOP_FILE_VARIABLE = 'BENCH_LOOP_FILE'

/** Memory of a process that is its own, in MB. Linux. */
export function memoryOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}

/** Milliseconds of processor time that a process took so far, user and system. Linux. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // Fields 14 and 15, counted behind the command, which may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS_A_SECOND
}

const IDLE_LOOK_MS = 250
/** Of a core. */
const IDLE_SHARE = 0.15
const IDLE_TIMEOUT_MS = 30_000

/** Resolves when a process has worked off what it had to, such as writing to its store. */
export async function whenIdle(pid: number): Promise<void> {
  let before = cpuMsOf(pid)
  await until(
    'the process to be idle',
    async () => {
      await pause(IDLE_LOOK_MS)
      const now = cpuMsOf(pid)
      const took = now - before
      before = now
      return took < IDLE_LOOK_MS * IDLE_SHARE
    },
    IDLE_TIMEOUT_MS,
  )
}

/** Stalls of the loop in milliseconds since it was asked last: 99.9 % are below this. */
export async function stallOf(pid: number, file: string): Promise<number> {
  const before = numberOf(file)
  process.kill(pid, 'SIGUSR2')
  await until('the process to tell about its loop', () => numberOf(file) > before)
  return (JSON.parse(readFileSync(file, 'utf8')) as { p999Ms: number }).p999Ms
}

function numberOf(file: string): number {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { number: number }).number
  } catch {
    return 0
  }
}
