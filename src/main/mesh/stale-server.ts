import { readFile, rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { ConflictError } from '#shared/errors.ts'
import { writeFileAtomic } from '../files/atomic-write.ts'
import type { Logger } from '../log/logger.ts'
import { ownerOfPort } from './port-owner.ts'
import { commandLineOf, isRunning } from './process-facts.ts'
import type { MeshPaths } from './server-config.ts'

const TERM_TIMEOUT_MS = 5_000
const KILL_TIMEOUT_MS = 2_000
const POLL_MS = 20

/** Notes which process is this profile's nats-server. */
export async function writePidFile(paths: MeshPaths, pid: number): Promise<void> {
  await writeFileAtomic(paths.pid, `${pid}\n`)
}

/** Removes the note once the server has ended. One that stays does no harm: it is checked. */
export async function removePidFile(paths: MeshPaths): Promise<void> {
  await rm(paths.pid, { force: true }).catch(() => undefined)
}

/**
 * Ends a nats-server of this profile that a crashed Muster left behind: the process of the pid file,
 * or the one on the mesh's port, but only where its command line names this profile's configuration
 * file. Process ids are used again, so that a number alone proves nothing.
 * @throws ConflictError `STALE_SERVER` where it does not end.
 */
export async function endStaleServer(paths: MeshPaths, port: number, log: Logger): Promise<void> {
  const candidates = [await pidOfFile(paths), (await ownerOfPort(port))?.pid]
  for (const pid of new Set(candidates)) {
    if (pid === undefined || pid === process.pid || !(await isOurs(pid, paths))) continue
    log.warn('ending a nats-server that an earlier run left behind', { pid })
    await endProcess(pid)
  }
  await removePidFile(paths)
}

async function pidOfFile(paths: MeshPaths): Promise<number | undefined> {
  const text = await readFile(paths.pid, 'utf8').catch(() => '')
  const pid = /^\d{1,10}\n?$/u.test(text) ? Number(text) : 0
  return pid > 1 && isRunning(pid) ? pid : undefined
}

async function isOurs(pid: number, paths: MeshPaths): Promise<boolean> {
  const command = await commandLineOf(pid)
  return command !== undefined && command.includes('nats-server') && command.includes(paths.config)
}

async function endProcess(pid: number): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGTERM', TERM_TIMEOUT_MS],
    ['SIGKILL', KILL_TIMEOUT_MS],
  ] as const) {
    try {
      process.kill(pid, signal)
    } catch {
      // Gone meanwhile, or not ours to end: the look below tells.
    }
    if (await hasEnded(pid, waitMs)) return
  }
  throw new ConflictError({
    code: 'STALE_SERVER',
    message: `A nats-server of an earlier run of Muster (process ${pid}) still runs and can not be ended.`,
    advice: 'End this process, or restart the computer. Muster tries again by itself.',
    details: { pid },
  })
}

/** Polls, since no event tells of the end of a process that is not our child. */
async function hasEnded(pid: number, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs
  while (isRunning(pid)) {
    if (performance.now() > deadline) return false
    await delay(POLL_MS)
  }
  return true
}
