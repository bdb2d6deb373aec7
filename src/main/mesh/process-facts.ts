import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'

const LOOKUP_TIMEOUT_MS = 5_000
const OUTPUT_BYTES = 256 * 1024

/** Whether a process with this id runs. One of another user counts as running. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** The command line of a process, arguments joined by spaces; undefined where it can't be told. */
export async function commandLineOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return text === '' ? undefined : text.replaceAll('\0', ' ').trim()
  }
  const output =
    process.platform === 'win32'
      ? await outputOf('powershell.exe', [
          '-NoProfile',
          '-NonInteractive',
          '-Command',
          `(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").CommandLine`,
        ])
      : await outputOf('ps', ['-ww', '-o', 'command=', '-p', String(pid)])
  return output === undefined || output.trim() === '' ? undefined : output.trim()
}

/** Standard output of a small system tool; undefined when it fails or is not there. */
export function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(
      command,
      args,
      { timeout: LOOKUP_TIMEOUT_MS, maxBuffer: OUTPUT_BYTES, windowsHide: true },
      (error, stdout) => resolve(error === null ? stdout : undefined),
    )
  })
}
