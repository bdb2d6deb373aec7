import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Endings } from '../endings.ts'

/**
 * Starts a module of this folder as a process of its own and waits for its first message. Ends with
 * `endings`, and by itself when this process goes.
 */
export async function startProcess(
  module: string,
  args: readonly string[],
  endings: Endings,
): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, module), [...args], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  endings.add(child, end)
  const ready = new AbortController()
  const { signal } = ready
  const ended = once(child, 'exit', { signal }).then(([code]: unknown[]) => {
    throw new Error(`${module} ended with ${String(code)} before it was ready.`)
  })
  try {
    await Promise.race([once(child, 'message', { signal }), ended])
  } finally {
    ended.catch(() => undefined)
    ready.abort()
  }
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill()
  await exited
}
