import { execFile } from 'node:child_process'

const TOOL_TIMEOUT_MS = 30_000
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024

export interface ToolRun {
  /** Null where there is no such tool, or it was ended. */
  readonly code: number | null
  readonly missing: boolean
  readonly output: string
  /** What it complained about, for the person. */
  readonly complaint: string
}

/** Runs a tool of the system, in English, without a shell. Never throws for what the tool does. */
export function runTool(
  command: string,
  args: readonly string[],
  options: {
    readonly signal: AbortSignal
    readonly input?: string
    readonly environment?: Readonly<Record<string, string>>
  },
): Promise<ToolRun> {
  return new Promise((resolve) => {
    const child = execFile(
      command,
      args,
      {
        timeout: TOOL_TIMEOUT_MS,
        maxBuffer: MAX_OUTPUT_BYTES,
        windowsHide: true,
        signal: options.signal,
        env: { ...process.env, LC_ALL: 'C', ...options.environment },
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null
        resolve({
          code,
          missing: error?.code === 'ENOENT',
          output: stdout,
          complaint: stderr.trim().slice(0, 500),
        })
      },
    )
    // A tool that ended early takes no more input; how it ended tells why.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(options.input ?? '')
  })
}
