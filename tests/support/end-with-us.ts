import { spawn, type ChildProcess } from 'node:child_process'

/**
 * Ends a process, and removes its folder, when this one is gone, however it went: a test runner
 * kills its workers, and an `exit` listener never runs then. A shell waits for the end of its input,
 * which is ours to keep open. Returns what ends the watch.
 */
export function endWithUs(child: ChildProcess, folder: string): () => void {
  if (child.pid === undefined || process.platform === 'win32') return () => undefined
  const watch = spawn(
    'sh',
    ['-c', 'read -r _; kill -9 "$0"; rm -rf "$1"', String(child.pid), folder],
    { stdio: ['pipe', 'ignore', 'ignore'], detached: true },
  )
  // Where there is no shell, or it went first: nothing watches, and nothing breaks.
  watch.on('error', () => undefined)
  watch.stdin.on('error', () => undefined)
  const release = () => void watch.kill('SIGKILL')
  child.once('exit', release)
  return release
}

const STOP_TIMEOUT_MS = 30_000

/** Ends a child process and resolves when it is gone; by force where it does not go. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill(signal)
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await exited
  clearTimeout(force)
}
