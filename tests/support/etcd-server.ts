import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endChild, endWithUs } from './end-with-us.ts'
import { freeTcpPort } from './free-tcp-port.ts'
import { until } from './until.ts'

const START_TIMEOUT_MS = 60_000

export interface EtcdOptions {
  /** `--quota-backend-bytes`; etcd's own (2 GB) unless told. */
  readonly quotaBytes?: number
  /** Further command line arguments. */
  readonly args?: readonly string[]
  /** Folder with `server.pem`, `server.key` and `ca.pem`: a second address takes TLS, with a client certificate. */
  readonly certificates?: string
}

export interface EtcdServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** `https://127.0.0.1:PORT`; nobody listens there without certificates. */
  readonly secureUrl: string
  readonly host: string
  readonly port: number
  readonly pid: number
  readonly folder: string
  /** Ends it without warning (SIGKILL); what it stored stays. */
  kill9(): Promise<void>
  /** Starts it again where and with what it was; resolves when it answers. */
  startAgain(): Promise<void>
  /** Stops it and removes its folder. Safe to call twice. */
  stop(): Promise<void>
}

interface Member {
  readonly name: string
  readonly port: number
  readonly peerPort: number
  readonly securePort: number
}

async function newMember(name: string): Promise<Member> {
  return {
    name,
    port: await freeTcpPort(),
    peerPort: await freeTcpPort(),
    securePort: await freeTcpPort(),
  }
}

/** Starts a real etcd on loopback in a temporary folder and waits until it serves. */
export async function startEtcd(options: EtcdOptions = {}): Promise<EtcdServer> {
  const member = await newMember('one')
  const server = new MemberProcess(member, [member], options)
  await server.startAgain()
  return server
}

/** Starts a cluster of `size` members, each a process with a folder of its own. */
export async function startEtcdCluster(
  size: number,
  options: EtcdOptions = {},
): Promise<readonly EtcdServer[]> {
  const members: Member[] = []
  for (let index = 0; index < size; index += 1) {
    members.push(await newMember(`member-${index}`))
  }
  const servers = members.map((member) => new MemberProcess(member, members, options))
  await Promise.all(servers.map((server) => server.startAgain()))
  return servers
}

class MemberProcess implements EtcdServer {
  readonly host = '127.0.0.1'
  readonly url: string
  readonly secureUrl: string
  readonly port: number
  readonly #member: Member
  readonly #members: readonly Member[]
  readonly #options: EtcdOptions
  #folder = ''
  #child: ChildProcess | undefined
  #output = ''

  constructor(member: Member, members: readonly Member[], options: EtcdOptions) {
    this.port = member.port
    this.url = `http://127.0.0.1:${member.port}`
    this.secureUrl = `https://127.0.0.1:${member.securePort}`
    this.#member = member
    this.#members = members
    this.#options = options
  }

  get pid(): number {
    return this.#child?.pid ?? -1
  }

  get folder(): string {
    return this.#folder
  }

  async startAgain(): Promise<void> {
    this.#folder ||= await mkdtemp(join(tmpdir(), 'muster-etcd-'))
    const child = spawn('etcd', this.#arguments(), { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    this.#output = ''
    const collect = (chunk: Buffer) => void (this.#output += chunk.toString())
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', (error) => void (this.#output += error.message))
    endWithUs(child, this.#folder)
    try {
      await until(`etcd at ${this.url} to serve`, () => this.#serves(child), START_TIMEOUT_MS)
    } catch (error) {
      await this.stop()
      throw new Error(`etcd did not start: ${this.#output.slice(-2000)}`, { cause: error })
    }
  }

  async kill9(): Promise<void> {
    if (this.#child !== undefined) await endChild(this.#child, 'SIGKILL')
  }

  async stop(): Promise<void> {
    if (this.#child !== undefined) await endChild(this.#child, 'SIGTERM')
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #serves(child: ChildProcess): Promise<boolean> {
    if (child.exitCode !== null || child.pid === undefined) {
      throw new Error(`etcd ended: ${this.#output.slice(-2000)}`)
    }
    const answer = await fetch(`${this.url}/health`, { signal: AbortSignal.timeout(2000) }).catch(
      () => undefined,
    )
    const body = answer?.ok === true ? await answer.text() : ''
    return body.includes('"true"')
  }

  #arguments(): string[] {
    const peer = (member: Member) => `http://127.0.0.1:${member.peerPort}`
    const { quotaBytes, certificates, args = [] } = this.#options
    const secure = certificates === undefined ? [] : [this.secureUrl]
    return [
      `--name=${this.#member.name}`,
      `--data-dir=${this.#folder}`,
      `--listen-client-urls=${[this.url, ...secure].join(',')}`,
      `--advertise-client-urls=${this.url}`,
      `--listen-peer-urls=${peer(this.#member)}`,
      `--initial-advertise-peer-urls=${peer(this.#member)}`,
      `--initial-cluster=${this.#members.map((it) => `${it.name}=${peer(it)}`).join(',')}`,
      ...(quotaBytes === undefined ? [] : [`--quota-backend-bytes=${quotaBytes}`]),
      ...tlsArguments(certificates),
      ...args,
    ]
  }
}

function tlsArguments(folder: string | undefined): string[] {
  if (folder === undefined) return []
  return [
    `--cert-file=${join(folder, 'server.pem')}`,
    `--key-file=${join(folder, 'server.key')}`,
    `--trusted-ca-file=${join(folder, 'ca.pem')}`,
    '--client-cert-auth',
  ]
}
