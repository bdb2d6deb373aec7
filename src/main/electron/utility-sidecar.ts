import type { utilityProcess, UtilityProcess } from 'electron'
import { SIDECAR_NODE_ARGUMENTS, type SidecarProcess } from '../registry/sidecar-process.ts'

/**
 * Starts the registry as Electron's utility process: with the runAsNode fuse off,
 * `child_process.fork` would start a second app instead.
 */
export function spawnUtilitySidecar(
  utilities: Pick<typeof utilityProcess, 'fork'>,
  entry: string,
): SidecarProcess {
  const child: UtilityProcess = utilities.fork(entry, [], {
    serviceName: 'Muster registry',
    stdio: 'ignore',
    execArgv: [...SIDECAR_NODE_ARGUMENTS],
  })
  return {
    get pid() {
      return child.pid
    },
    send: (message) => child.postMessage(message),
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => void child.once('exit', (code) => listener({ code, signal: null })),
    kill: () => void child.kill(),
  }
}
