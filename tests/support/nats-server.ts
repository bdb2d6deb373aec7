import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { InternalError } from '#shared/errors.ts'
import { endChild, endWithUs } from './end-with-us.ts'

const START_TIMEOUT_MS = 60_000
const POLL_MS = 5

export interface NatsServerOptions {
  /**
   * Text of a configuration file. Relative paths in it are resolved in the server's own temporary
   * folder. A `websocket { listen: "127.0.0.1:-1", no_tls: true }` block fills `wsUrl`.
   */
  readonly config?: string
  /** Further files of the server's folder, by relative name: JWTs, certificates. */
  readonly files?: Readonly<Record<string, string>>
  /** Further command line arguments. */
  readonly args?: readonly string[]
  /** A fixed port, to start a server again where one was; any free port unless told. */
  readonly port?: number
  /** Another nats-server than the one on the PATH. */
  readonly binary?: string
}

export interface NatsServer {
  /** `nats://127.0.0.1:PORT`, or `tls://` as the server reports it. */
  readonly url: string
  readonly port: number
  /** `ws://127.0.0.1:PORT` where the configuration opens a WebSocket listener. */
  readonly wsUrl: string | undefined
  readonly pid: number
  readonly folder: string
  readonly configPath: string
  /** Everything that the server wrote to its log so far. */
  output(): string
  /** Makes the server read its configuration again, after writing `config` (SIGHUP). */
  reload(config?: string): Promise<void>
  /** Stops the server and removes its folder. Safe to call twice. */
  stop(): Promise<void>
  /** Ends the server without warning (SIGKILL) and removes its folder. */
  kill9(): Promise<void>
}

/**
 * Starts a real `nats-server` on loopback in a temporary folder and waits until it accepts clients.
 * @throws InternalError `NATS_SERVER_START` with the server's output when it exits early or never
 * gets ready.
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-nats-'))
  const configPath = join(folder, 'server.conf')
  for (const [name, content] of Object.entries(options.files ?? {})) {
    await writeFile(join(folder, name), content, { mode: 0o600 })
  }
  if (options.config !== undefined) await writeFile(configPath, options.config)
  const child = spawn(
    options.binary ?? 'nats-server',
    [
      ...(options.config === undefined ? [] : ['-c', configPath]),
      '-a',
      '127.0.0.1',
      '-p',
      String(options.port ?? -1),
      '--ports_file_dir',
      folder,
      ...(options.args ?? []),
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let output = ''
  const collect = (chunk: Buffer) => void (output += chunk.toString())
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const releaseWatch = endWithUs(child, folder)
  const end = async (signal: NodeJS.Signals) => {
    await endChild(child, signal)
    releaseWatch()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const { nats, websocket } = await readPorts(child, folder)
    const url = nats[0]
    if (url === undefined || child.pid === undefined) throw new Error('it reports no port')
    return {
      url,
      port: Number(new URL(url).port),
      wsUrl: websocket?.[0],
      pid: child.pid,
      folder,
      configPath,
      output: () => output,
      reload: async (config) => {
        if (config !== undefined) await writeFile(configPath, config)
        const before = output.length
        child.kill('SIGHUP')
        await until(() => /Reloaded server|Failed to reload/.test(output.slice(before)))
        if (output.slice(before).includes('Failed to reload')) throw startError('reload', output)
      },
      stop: () => end('SIGTERM'),
      kill9: () => end('SIGKILL'),
    }
  } catch (error) {
    await end('SIGKILL')
    throw startError(error instanceof Error ? error.message : String(error), output)
  }
}

interface PortsFile {
  readonly nats: readonly string[]
  readonly websocket?: readonly string[]
}

/** Reads `nats-server_PID.ports`, which the server writes once it is ready for clients. */
async function readPorts(child: ChildProcess, folder: string): Promise<PortsFile> {
  const stopPolling = new AbortController()
  const exited = new Promise<never>((_resolve, reject) => {
    child.once('error', reject)
    // `close`, not `exit`: by then the output is complete.
    child.once('close', (code, signal) =>
      reject(new Error(`it exited with ${String(code ?? signal)}`)),
    )
  })
  try {
    return await Promise.race([pollPorts(child, folder, stopPolling.signal), exited])
  } finally {
    stopPolling.abort()
    exited.catch(() => undefined)
  }
}

async function pollPorts(
  child: ChildProcess,
  folder: string,
  signal: AbortSignal,
): Promise<PortsFile> {
  const deadline = performance.now() + START_TIMEOUT_MS
  while (!signal.aborted && performance.now() < deadline) {
    const path = join(folder, `nats-server_${String(child.pid)}.ports`)
    try {
      return JSON.parse(await readFile(path, 'utf8')) as PortsFile
    } catch {
      // Not there yet, or half written.
      await delay(POLL_MS)
    }
  }
  throw new Error(`it was not ready within ${START_TIMEOUT_MS} ms`)
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS
  while (!condition() && performance.now() < deadline) await delay(POLL_MS)
}

function startError(why: string, output: string): InternalError {
  return new InternalError({
    code: 'NATS_SERVER_START',
    message: `nats-server did not start: ${why}. ${output}`,
    advice: 'Install nats-server 2.9 or newer and read its output above.',
  })
}
