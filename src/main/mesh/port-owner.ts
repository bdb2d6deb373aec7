import { readdir, readFile, readlink } from 'node:fs/promises'
import { commandLineOf, outputOf } from './process-facts.ts'

/** State 0A of /proc/net/tcp: listening. */
const LISTENING = '0A'

export interface PortOwner {
  readonly pid: number
  /** Name of the program, for example `nginx`. */
  readonly program: string
}

/**
 * Which program listens on a TCP port of this computer. Best effort: undefined where the system
 * does not tell, which includes programs of other users.
 */
export async function ownerOfPort(port: number): Promise<PortOwner | undefined> {
  const pid = await pidListeningOn(port)
  if (pid === undefined) return undefined
  const program = await programOf(pid)
  return { pid, program: program === '' ? `process ${pid}` : program }
}

async function pidListeningOn(port: number): Promise<number | undefined> {
  if (process.platform === 'linux') return pidOfSockets(await listeningInodes(port))
  if (process.platform === 'darwin') {
    const output = await outputOf('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'])
    return firstNumber(output, /^(\d+)$/mu)
  }
  if (process.platform === 'win32') {
    const output = await outputOf('netstat', ['-ano', '-p', 'TCP'])
    return firstNumber(output, new RegExp(String.raw`:${port}\s+\S+:0\s+\S+\s+(\d+)\s*$`, 'mu'))
  }
  return undefined
}

function firstNumber(output: string | undefined, pattern: RegExp): number | undefined {
  const digits = pattern.exec(output ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}

async function programOf(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim()
  }
  const path = (await commandLineOf(pid))?.split(/\s+-/u)[0] ?? ''
  return path.replaceAll('"', '').split(/[\\/]/u).at(-1)?.trim() ?? ''
}

async function listeningInodes(port: number): Promise<ReadonlySet<string>> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  const inodes = new Set<string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'utf8').catch(() => '')
    for (const line of text.split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/u)
      const inode = columns[9]
      if (columns[1]?.endsWith(`:${wanted}`) && columns[3] === LISTENING && inode !== undefined) {
        inodes.add(`socket:[${inode}]`)
      }
    }
  }
  return inodes
}

async function pidOfSockets(sockets: ReadonlySet<string>): Promise<number | undefined> {
  if (sockets.size === 0) return undefined
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/u.test(name))
  for (const pid of pids) {
    // The folders of other users' processes can't be read, and processes end meanwhile.
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => [])
    for (const descriptor of descriptors) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')
      if (sockets.has(target)) return Number(pid)
    }
  }
  return undefined
}
