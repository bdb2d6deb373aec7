import { spawn } from 'node:child_process'

/** Waits for the end of its input, which comes when Muster is gone in whatever way. */
const SCRIPT = `read -r _
kill -TERM "$1" 2>/dev/null || exit 0
for _ in 1 2 3 4 5; do
  sleep 1
  kill -0 "$1" 2>/dev/null || exit 0
done
kill -KILL "$1" 2>/dev/null`

/**
 * Makes a child die with this process even when this process is killed without a chance to clean
 * up. On Windows libuv does that for every child by a job object. On POSIX a small shell waits on
 * a pipe that the system closes when this process ends. Where even that shell is killed, the next
 * start finds the server by its pid file.
 * @returns what ends the guard; to be called as soon as the child has ended, since its process id
 *   may then come to belong to another program.
 */
export function guardChild(pid: number): () => void {
  if (process.platform === 'win32') return () => undefined
  // In a session of its own, or a Ctrl-C in the terminal would end it before its time.
  const guard = spawn('/bin/sh', ['-c', SCRIPT, 'muster-guard', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  // Without a shell there is no guard; the pid file remains.
  guard.on('error', () => undefined)
  guard.stdin.on('error', () => undefined)
  guard.unref()
  return () => void guard.kill('SIGKILL')
}
