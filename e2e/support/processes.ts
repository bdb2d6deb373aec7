import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The process id of the one child of `parent` whose command line fits. POSIX only. */
export async function childOf(parent: number, command: RegExp): Promise<number> {
  const { stdout } = await run('ps', ['-A', '-ww', '-o', 'pid=,ppid=,args='])
  const found = stdout.split('\n').flatMap((line) => {
    const [, pid, ppid, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/u.exec(line) ?? []
    return Number(ppid) === parent && command.test(args) ? [Number(pid)] : []
  })
  const [pid] = found
  if (pid === undefined || found.length > 1) {
    throw new Error(`${found.length} children of ${parent} fit ${command.source}, not one.`)
  }
  return pid
}

export const REGISTRY_SIDECAR = /registry\.js/u
export const NATS_SERVER = /nats-server/u
