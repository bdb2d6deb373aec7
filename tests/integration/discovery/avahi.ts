import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '../../support/until.ts'

const execute = promisify(execFile)

/** Why avahi cannot be run here, or null; `alongside` others if it has a /run of its own. */
export function whyNoAvahi({ alongside = false } = {}): string | null {
  if (process.platform !== 'linux') return 'avahi runs on Linux only'
  for (const program of ['avahi-daemon', 'avahi-publish', 'avahi-browse', 'dbus-daemon']) {
    if (spawnSync('which', [program]).status !== 0) return `${program} is not installed`
  }
  if (process.getuid?.() !== 0) return 'avahi-daemon can only be started by root'
  if (!alongside && spawnSync('avahi-daemon', ['--check']).status === 0) {
    return 'an avahi-daemon runs already, and it allows no second one'
  }
  return null
}

function busConfiguration(socket: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=${socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
`
}

export interface AvahiOptions {
  /** Interfaces to serve, loopback unless told. */
  readonly interfaces?: readonly string[]
  /** The command that runs another one, for example inside a network namespace. */
  readonly enter?: readonly string[]
}

function avahiConfiguration(interfaces: readonly string[]): string {
  // Loopback has no route for IPv6 multicasts.
  const useIpv6 = interfaces.includes('lo') ? 'no' : 'yes'
  return `[server]
host-name=muster-avahi
use-ipv4=yes
use-ipv6=${useIpv6}
allow-interfaces=${interfaces.join(',')}
enable-dbus=yes
[wide-area]
enable-wide-area=no
[publish]
publish-hinfo=no
publish-workstation=no
[reflector]
enable-reflector=no
`
}

/** An avahi-daemon on some interfaces alone, with a system bus of its own. */
export class Avahi {
  readonly #folder: string
  readonly #enter: readonly string[]
  readonly #environment: NodeJS.ProcessEnv
  readonly #children: ChildProcess[] = []
  #daemon: ChildProcess | undefined

  private constructor(folder: string, enter: readonly string[]) {
    this.#folder = folder
    this.#enter = enter
    this.#environment = {
      ...process.env,
      DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${join(folder, 'bus')}`,
    }
  }

  static async start({ interfaces = ['lo'], enter = [] }: AvahiOptions = {}): Promise<Avahi> {
    const avahi = new Avahi(await mkdtemp(join(tmpdir(), 'muster-avahi-')), enter)
    try {
      await avahi.#start(interfaces)
      return avahi
    } catch (error) {
      await avahi.stop()
      throw error
    }
  }

  /** Advertises a service; the returned function takes it back (with avahi's goodbye). */
  async publish(
    name: string,
    type: string,
    port: number,
    text: readonly string[],
  ): Promise<() => Promise<void>> {
    const arguments_ = ['-s', name, type, String(port), ...text]
    const child = await this.#spawn('avahi-publish', arguments_, 'Established under name')
    return () => end(child, 'SIGTERM')
  }

  /** What avahi-browse resolves of a service type, one line each. */
  async browse(type: string): Promise<string[]> {
    const options = { env: this.#environment, timeout: 10_000 }
    const { stdout } = await execute('avahi-browse', ['-rptk', type], options)
    return stdout.split('\n').filter((line) => line.startsWith('='))
  }

  /** Ends the daemon as a power cut would, without a goodbye. */
  async kill(): Promise<void> {
    if (this.#daemon) await end(this.#daemon, 'SIGKILL')
  }

  async stop(): Promise<void> {
    for (const child of this.#children.reverse()) await end(child, 'SIGTERM')
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #start(interfaces: readonly string[]): Promise<void> {
    const at = (name: string) => join(this.#folder, name)
    await writeFile(at('bus.conf'), busConfiguration(at('bus')))
    await writeFile(at('avahi.conf'), avahiConfiguration(interfaces))
    const bus = [`--config-file=${at('bus.conf')}`, '--nofork', '--nopidfile']
    this.#launch('dbus-daemon', bus)
    await until('the system bus', () => existsSync(at('bus')))
    const daemon = ['-f', at('avahi.conf'), '--no-drop-root', '--no-chroot', '--no-rlimits']
    this.#daemon = await this.#spawn('avahi-daemon', daemon, 'Server startup complete')
  }

  #launch(program: string, arguments_: readonly string[]): ChildProcess {
    const [command = '', ...rest] = [...this.#enter, program, ...arguments_]
    const child = spawn(command, rest, {
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#children.push(child)
    return child
  }

  /** Starts a program and resolves once it has said `ready`. */
  async #spawn(
    program: string,
    arguments_: readonly string[],
    ready: string,
  ): Promise<ChildProcess> {
    const child = this.#launch(program, arguments_)
    let output = ''
    child.stdout?.on('data', (data: Buffer) => (output += data.toString()))
    child.stderr?.on('data', (data: Buffer) => (output += data.toString()))
    await until(`${program} to say "${ready}"`, () => {
      if (child.exitCode !== null) throw new Error(`${program} ended: ${output}`)
      return output.includes(ready)
    })
    return child
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}
