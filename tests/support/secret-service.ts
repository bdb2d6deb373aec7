import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { until } from './until.ts'

const STARTED_WITHIN_MS = 60_000

/**
 * A real Secret Service of its own: a private session bus, and gnome-keyring-daemon on it, with
 * home, data and runtime folders in one temporary folder. The bus starts nothing by itself, so
 * that what runs on it is what the test started, and no prompt can be shown: a prompt counts as
 * dismissed at once.
 */
export interface SecretService {
  /** Environment for a process that is to use it. */
  readonly env: NodeJS.ProcessEnv
  /** The daemon; with a password it makes or unlocks the login keyring, without it stays locked. */
  startKeyring(options: { readonly password?: string; readonly data?: string }): Promise<void>
  stopKeyring(): Promise<void>
  /** Stops the daemon in its tracks (SIGSTOP): it hangs, and holds its name on the bus. */
  pauseKeyring(): void
  stopBus(): Promise<void>
  /** Ends everything and removes the folder. */
  stop(): Promise<void>
}

/** Starts the bus alone. */
export async function startSecretService(): Promise<SecretService> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-bus-'))
  const { bus, address } = await startBus(folder)
  const env = environment(folder, address)
  let keyring: Program | undefined

  const stopKeyring = async () => {
    await keyring?.end()
    keyring = undefined
  }
  return {
    env,
    async startKeyring({ password, data = 'data' }) {
      await stopKeyring()
      await mkdir(join(folder, data), { recursive: true, mode: 0o700 })
      keyring = await startKeyring({ ...env, XDG_DATA_HOME: join(folder, data) }, password)
    },
    stopKeyring,
    pauseKeyring: () => void keyring?.child.kill('SIGSTOP'),
    stopBus: () => bus.end(),
    async stop() {
      await stopKeyring()
      await bus.end()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The environment of a machine without session bus, as over ssh or in a container. */
export function withoutSecretService(folder: string): NodeJS.ProcessEnv {
  const { DBUS_SESSION_BUS_ADDRESS: _, ...env } = environment(folder, '')
  return env
}

function environment(folder: string, address: string): NodeJS.ProcessEnv {
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, ...inherited } = process.env
  return {
    ...inherited,
    HOME: folder,
    XDG_RUNTIME_DIR: join(folder, 'run'),
    XDG_DATA_HOME: join(folder, 'data'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_CACHE_HOME: join(folder, 'cache'),
    DBUS_SESSION_BUS_ADDRESS: address,
  }
}

async function startBus(folder: string): Promise<{ bus: Program; address: string }> {
  const run = join(folder, 'run')
  await mkdir(run, { mode: 0o700 })
  const config = join(folder, 'bus.conf')
  await writeFile(config, busConfig(join(run, 'private-bus')))
  const bus = new Program('dbus-daemon', [`--config-file=${config}`, ...BUS_ARGS], process.env)
  const signal = AbortSignal.timeout(STARTED_WITHIN_MS)
  const lines = createInterface({ input: bus.child.stdout })
  const [address] = (await bus.before(once(lines, 'line', { signal }))) as [string]
  return { bus, address }
}

const BUS_ARGS = ['--nofork', '--nopidfile', '--print-address=1']

// Without service folders: the usual configuration would start a keyring on demand.
const busConfig = (socket: string) => `<!DOCTYPE busconfig
  PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=${socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

async function startKeyring(env: NodeJS.ProcessEnv, password?: string): Promise<Program> {
  const how = password === undefined ? '--start' : '--unlock'
  const args = [how, '--foreground', '--components=secrets']
  const keyring = new Program('gnome-keyring-daemon', args, env, password)
  try {
    await keyring.before(
      until('a keyring on the bus', () => hasOwner(env, 'org.freedesktop.secrets')),
    )
    return keyring
  } catch (error) {
    await keyring.end()
    throw error
  }
}

async function hasOwner(env: NodeJS.ProcessEnv, name: string): Promise<boolean> {
  const bus = ['--session', '--print-reply=literal', '--dest=org.freedesktop.DBus', '/']
  const question = ['org.freedesktop.DBus.NameHasOwner', `string:${name}`]
  const asked = new Program('dbus-send', [...bus, ...question], env)
  const answer = await asked.before(text(asked.child.stdout))
  return answer.includes('true')
}

/** A program that the tests started, ended with them at the latest. */
class Program {
  readonly child: ChildProcessWithoutNullStreams
  readonly #failed = Promise.withResolvers<never>()

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv, input = '') {
    this.child = spawn(command, args, { env, stdio: 'pipe' })
    let said = ''
    this.child.stderr.on(
      'data',
      (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)),
    )
    this.child.stdin.on('error', () => undefined)
    this.child.stdin.end(input)
    const killWithUs = () => void this.child.kill('SIGKILL')
    process.once('exit', killWithUs)
    this.child.once('error', (cause) =>
      this.#failed.reject(new Error(`${command} can't be run: is it installed?`, { cause })),
    )
    this.child.once('close', (code) => {
      process.removeListener('exit', killWithUs)
      this.#failed.reject(new Error(`${command} ended with ${code}: ${said}`))
    })
    this.#failed.promise.catch(() => undefined)
  }

  /** What is awaited, or a failure where the program can't be run or ends before. */
  async before<T>(awaited: Promise<T>): Promise<T> {
    return Promise.race([awaited, this.#failed.promise])
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const exited = once(this.child, 'exit')
    this.child.kill('SIGTERM')
    // One that was stopped takes the signal only once it goes on.
    this.child.kill('SIGCONT')
    await exited
  }
}
