import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { InternalError, type MusterError } from '#shared/errors.ts'
import { guardChild } from './child-guard.ts'
import { diskFull, explainFileError, folderUnwritable } from './mesh-files.ts'
import { portInUse, type MeshPorts } from './ports.ts'
import type { MeshPaths } from './server-config.ts'
import type { ServerLog } from './server-log.ts'
import { untilServerAnswers } from './server-probe.ts'
import { removePidFile, writePidFile } from './stale-server.ts'
import { orAborted } from '../steps/or-aborted.ts'

const START_TIMEOUT_MS = 15_000
const STOP_TIMEOUT_MS = 5_000

export interface ServerLaunch {
  readonly binary: string
  readonly paths: MeshPaths
  readonly serverName: string
  readonly host: string
  readonly ports: MeshPorts
  readonly log: ServerLog
}

/** A nats-server that runs. */
export interface ServerProcess {
  readonly pid: number
  /** Resolves, never rejects, once it has ended for whatever reason. */
  readonly ended: Promise<string>
  /** Ends it: SIGTERM, then SIGKILL. On Windows there is only the latter. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Starts nats-server on files that are in place, and waits until it accepts clients.
 * @throws MusterError `PORT_IN_USE`, `DISK_FULL`, `MESH_FOLDER_UNWRITABLE`, `NATS_SERVER_UNUSABLE`
 *   or `NATS_SERVER_START` with the last lines of its output.
 */
export async function launchServer(
  launch: ServerLaunch,
  signal: AbortSignal,
): Promise<ServerProcess> {
  signal.throwIfAborted()
  launch.log.begin()
  const child = spawn(launch.binary, ['-c', launch.paths.config], {
    cwd: launch.paths.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    // Out of the terminal's process group: Ctrl-C is for Muster, which ends the server in order.
    detached: process.platform !== 'win32',
  })
  const server = watch(child, launch)
  const timeout = AbortSignal.timeout(START_TIMEOUT_MS)
  const deadline = AbortSignal.any([signal, timeout])
  const stopProbe = new AbortController()
  try {
    if (child.pid !== undefined) await writePidFile(launch.paths, child.pid)
    const answers = untilServerAnswers(
      launch.host,
      launch.ports.client,
      launch.serverName,
      AbortSignal.any([deadline, stopProbe.signal]),
    )
    answers.catch(() => undefined)
    const early = await orAborted(Promise.race([answers, server.ended]), deadline)
    if (early !== undefined) throw await explainStart(early, launch)
    return server
  } catch (error) {
    await server.stop()
    signal.throwIfAborted()
    throw timeout.aborted
      ? await explainStart('it does not answer', launch)
      : explainFileError(error, launch.paths.folder)
  } finally {
    stopProbe.abort()
  }
}

function watch(child: ChildProcess, { log, paths }: ServerLaunch): ServerProcess {
  child.stdout?.on('data', (chunk: Buffer) => log.write(chunk))
  child.stderr?.on('data', (chunk: Buffer) => log.write(chunk))
  const killWithUs = () => void child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const release = child.pid === undefined ? () => undefined : guardChild(child.pid)
  // The process id is free for others from here on.
  child.once('exit', release)
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`it can not be run: ${error.message}`))
    // `close`, not `exit`: by then the output is complete.
    child.once('close', (code, by) => resolve(`it ended with ${String(by ?? code)}`))
  })
  void ended.then(() => {
    process.removeListener('exit', killWithUs)
    release()
  })
  return {
    pid: child.pid ?? 0,
    ended,
    stop: async () => {
      await endChild(child)
      await ended
      await removePidFile(paths)
    },
  }
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await exited
  clearTimeout(force)
}

/** Why it did not start, from the last lines that it wrote. */
async function explainStart(why: string, launch: ServerLaunch): Promise<MusterError> {
  const output = launch.log.tail()
  const text = output.join('\n')
  if (/address already in use|Only one usage of each socket/iu.test(text)) {
    return portInUse(launch.host, portNamedIn(text, launch.ports))
  }
  if (/no space left|disk is full|quota exceeded/iu.test(text)) return diskFull()
  if (/permission denied|read-only file system|access is denied/iu.test(text)) {
    return folderUnwritable(launch.paths.folder)
  }
  return new InternalError({
    code: 'NATS_SERVER_START',
    message: `nats-server did not start: ${why}.`,
    advice:
      'Its last lines stand in nats-server.log (Settings, Open log folder). Muster tries again by itself.',
    details: { output: output.slice(-5).join('\n') },
  })
}

function portNamedIn(text: string, ports: MeshPorts): number {
  return text.includes(`:${ports.webSocket}:`) ? ports.webSocket : ports.client
}
