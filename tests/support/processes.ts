import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { until } from './until.ts'

const run = promisify(execFile)

/** What `ps` prints elsewhere. */
const WINDOWS_PROCESSES =
  'Get-CimInstance Win32_Process | ForEach-Object { "$($_.ProcessId) $($_.ParentProcessId) $($_.CommandLine)" }'

interface Child {
  readonly pid: number
  readonly command: string
}

/** The child processes of a process, with their command lines. */
export async function childrenOf(parent: number): Promise<readonly Child[]> {
  const { stdout } = await (process.platform === 'win32'
    ? run('powershell', ['-NoProfile', '-Command', WINDOWS_PROCESSES])
    : run('ps', ['-A', '-ww', '-o', 'pid=,ppid=,args=']))
  return stdout.split('\n').flatMap((line) => {
    const [, pid, ppid, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/u.exec(line) ?? []
    return Number(ppid) === parent ? [{ pid: Number(pid), command }] : []
  })
}

/** The process id of the one child of `parent` whose command line fits. */
export async function childOf(parent: number, command: RegExp): Promise<number> {
  const found = (await childrenOf(parent)).filter((child) => command.test(child.command))
  const [child] = found
  if (child === undefined || found.length > 1) {
    throw new Error(`${found.length} children of ${parent} fit ${command.source}, not one.`)
  }
  return child.pid
}

/**
 * Command lines and environments of a process and its children, which every program of its user may
 * read. Linux. Of children that end meanwhile there is nothing to read anymore.
 */
export async function exposedBy(pid: number): Promise<Buffer> {
  const children = await childrenOf(pid)
  const ofChildren = children.map((child) => exposedBytes(child.pid).catch(nothingIfGone))
  return Buffer.concat(await Promise.all([exposedBytes(pid), ...ofChildren]))
}

async function exposedBytes(pid: number): Promise<Buffer> {
  const files = ['cmdline', 'environ'].map((name) => readFile(`/proc/${pid}/${name}`))
  return Buffer.concat(await Promise.all(files))
}

function nothingIfGone(error: unknown): Buffer {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ESRCH') return Buffer.alloc(0)
  throw error
}

/**
 * Stops a process in its tracks (SIGSTOP), until SIGCONT. Resolves once all its threads stand still: on
 * a busy machine one of them may go on for a moment, and answer.
 */
export async function standStill(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  const threads = `/proc/${pid}/task`
  if (!existsSync(threads)) return
  await until(`all threads of ${pid} to stand still`, async () => {
    const stats = (await readdir(threads)).map((id) => readFile(`${threads}/${id}/stat`, 'utf8'))
    return (await Promise.all(stats)).every((stat) => /\) [Tt] /u.test(stat))
  })
}

/** Electron's utility processes name no file; the registry is the only one that runs Node. */
export const REGISTRY_SIDECAR = /registry\.js|node\.mojom\.NodeService/u
export const NATS_SERVER = /nats-server/u
