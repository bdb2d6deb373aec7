import { fork } from 'node:child_process'
import {
  SIDECAR_NODE_ARGUMENTS,
  type SidecarExit,
  type SidecarProcess,
} from '../registry/sidecar-process.ts'

/**
 * Starts the registry sidecar as a Node child process.
 * @param entry path of `sidecar.ts`, or of its bundle
 */
export function forkSidecar(entry: string): SidecarProcess {
  // Its own log file says what there is to say; a pipe that nobody reads would block it.
  const child = fork(entry, [], {
    execArgv: [...SIDECAR_NODE_ARGUMENTS],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  let exit: SidecarExit | undefined
  const listeners: ((exit: SidecarExit) => void)[] = []
  const ended = (how: SidecarExit) => {
    if (exit !== undefined) return
    exit = how
    for (const listener of listeners) listener(how)
  }
  child.once('exit', (code, signal) => ended({ code, signal }))
  // Without a pid it never started, and there will be no `exit`.
  child.on('error', () => {
    if (child.pid === undefined) ended({ code: null, signal: null })
  })
  return {
    get pid() {
      return child.pid
    },
    send: (message) => {
      if (child.connected) child.send(message, () => undefined)
    },
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => {
      if (exit === undefined) listeners.push(listener)
      else listener(exit)
    },
    kill: () => void child.kill('SIGKILL'),
  }
}
