import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Endings } from '../endings.ts'

export interface ProcessOptions {
  readonly args?: readonly string[]
  /** Sent to it once it runs. */
  readonly message?: object
  /** Whether a message of it says that it is ready; any does unless told. */
  readonly isReady?: (message: unknown) => boolean
}

/**
 * Starts a module as a process of its own and returns the message by which it says that it is ready.
 * Ends with `endings`, and by itself when this process goes.
 * @throws Error where it ends before that.
 */
export async function startProcess(
  path: string,
  endings: Endings,
  { args = [], message, isReady = () => true }: ProcessOptions = {},
): Promise<unknown> {
  const child = fork(path, [...args], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  endings.add(child, end)
  const ready = Promise.withResolvers<unknown>()
  child.on('message', (received) => {
    if (isReady(received)) ready.resolve(received)
  })
  child.once('error', ready.reject)
  child.once('exit', (code, signal) => {
    ready.reject(new Error(`${path} ended with ${String(code ?? signal)} before it was ready.`))
  })
  if (message !== undefined) child.send(message)
  return ready.promise
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill()
  await exited
}
