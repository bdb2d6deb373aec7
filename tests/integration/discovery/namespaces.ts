import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readlinkSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { DiscoveredDevice, DiscoveryHealth } from '#shared/contract/discovery.ts'
import { until } from '../../support/until.ts'

/** Why no network namespaces can be made here, or null. */
export function whyNoNamespaces(): string | null {
  if (process.platform !== 'linux') return 'network namespaces exist on Linux only'
  for (const program of ['unshare', 'nsenter', 'ip', 'mount']) {
    if (spawnSync('which', [program]).status !== 0) return `${program} is not installed`
  }
  const script = 'mount -t tmpfs tmpfs /run && ip link add cable type veth peer name plug'
  const tried = spawnSync('unshare', ['-n', '-m', 'sh', '-c', script])
  return tried.status === 0 ? null : 'this user may not make network namespaces with a cable'
}

/** A network of its own, without any way out, for as long as it is not closed. */
export class Namespace {
  readonly #holder: ChildProcess

  private constructor(holder: ChildProcess) {
    this.#holder = holder
  }

  static async make(): Promise<Namespace> {
    // A /run of its own, so that an avahi-daemon inside does not meet one outside.
    const script = 'mount -t tmpfs tmpfs /run && ip link set lo up && exec sleep 600'
    const holder = spawn('unshare', ['-n', '-m', 'sh', '-c', script], { stdio: 'ignore' })
    const namespace = new Namespace(holder)
    await until('a network namespace', () => {
      const name = readlinkSync(`/proc/${holder.pid}/exe`)
      return name.endsWith('sleep') || name.endsWith('coreutils') || name.endsWith('busybox')
    })
    return namespace
  }

  /** The command that runs another one inside. */
  get enter(): readonly [string, ...string[]] {
    return ['nsenter', '-t', String(this.#holder.pid), '-n', '-m']
  }

  /** Runs `ip` inside. */
  ip(command: string): void {
    const [program, ...rest] = [...this.enter, 'ip', ...command.split(' ')]
    execFileSync(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] })
  }

  /** Lays a cable to another namespace; both ends are up and have an IPv4 address. */
  connect(other: Namespace, ends: readonly [string, string], network: string): void {
    const [near, far] = ends
    this.ip(`link add ${near} type veth peer name ${far}`)
    this.ip(`link set ${far} netns ${other.#holder.pid}`)
    this.ip(`addr add ${network}.1/24 dev ${near}`)
    other.ip(`addr add ${network}.2/24 dev ${far}`)
    other.ip(`link set ${far} up`)
    this.ip(`link set ${near} up`)
  }

  async close(): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return
    const exited = once(this.#holder, 'exit')
    this.#holder.kill('SIGKILL')
    await exited
  }
}

export interface Browsed {
  readonly devices: readonly DiscoveredDevice[]
  readonly health: DiscoveryHealth
}

/** Discovery in a process inside a namespace, and what it says last. */
export class BrowsingChild {
  readonly #child: ChildProcess
  #last: Browsed = { devices: [], health: { interfaces: [] } }

  constructor(namespace: Namespace, service: string) {
    const script = fileURLToPath(new URL('browse-child.ts', import.meta.url))
    const [program, ...rest] = [...namespace.enter, process.execPath, script, service]
    this.#child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.#last = JSON.parse(line) as Browsed
    })
  }

  async when(what: string, condition: (browsed: Browsed) => boolean): Promise<Browsed> {
    await until(
      what,
      () => {
        if (this.#child.exitCode !== null) throw new Error('the browsing process ended')
        return condition(this.#last)
      },
      20_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; last: ${JSON.stringify(this.#last)}`)
    })
    return this.#last
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}
