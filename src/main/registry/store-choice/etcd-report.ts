import { connect as connectTcp } from 'node:net'
import { connect as connectTls, createSecureContext, type ConnectionOptions } from 'node:tls'
import type { Problem } from '#shared/contract/common.ts'
import type { EtcdReport } from '#shared/contract/registry-store.ts'
import { messageOf, RejectedError, toMusterError, type MusterError } from '#shared/errors.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import type { EtcdClient } from '../etcd/etcd-client.ts'
import { EtcdKeys } from '../etcd/etcd-keys.ts'
import type { EtcdConfig } from '../sidecar-messages.ts'
import { dialProblem, unusableFiles } from './dial-problem.ts'

const DIAL_TIMEOUT_MS = 5000

type MemberReport = EtcdReport['members'][number]

/**
 * Tries an etcd as a registry would use it, member by member, and says what is in the way. Writes
 * nothing: whether it may is asked by deleting keys that nobody has.
 */
export async function etcdReport(
  config: EtcdConfig,
  dialect: Dialect,
  signal: AbortSignal,
): Promise<EtcdReport> {
  const { openEtcd3Client } = await import('../etcd/etcd3-client.ts')
  const members = await Promise.all(
    config.endpoints.map((endpoint) =>
      reportOf(
        endpoint,
        config,
        () => openEtcd3Client({ ...config, endpoints: [endpoint] }),
        signal,
      ),
    ),
  )
  signal.throwIfAborted()
  const usable = members.filter(({ problem }) => problem === null)
  if (usable.length === 0) {
    return { members, devices: 0, more: false, problem: members[0]?.problem ?? null }
  }
  const client = openEtcd3Client({ ...config, endpoints: usable.map(({ endpoint }) => endpoint) })
  try {
    const keys = new EtcdKeys(dialect)
    const writes = [keys.records, keys.own].map((prefix) => ({
      kind: 'delete' as const,
      key: `${prefix}!probe`,
    }))
    await client.commit([{ guards: [], writes }])
    const { devices, more } = await devicesIn(client, keys.records)
    return { members, devices, more, problem: fullProblem(members) }
  } catch (error) {
    return { members, devices: 0, more: false, problem: problemOf(error) }
  } finally {
    client.close()
  }
}

async function reportOf(
  endpoint: string,
  config: EtcdConfig,
  open: () => EtcdClient,
  signal: AbortSignal,
): Promise<MemberReport> {
  const nothing = { endpoint, version: null, databaseBytes: null, quotaBytes: null }
  let client: EtcdClient | undefined
  try {
    checkCertificates(config)
    await dial(endpoint, config, signal)
    client = open()
    // A call that needs a leader and, where there are logins, the login.
    await client.revision()
    const status = (await client.members())[0]?.status
    return {
      endpoint,
      version: status?.version ?? null,
      databaseBytes: status?.databaseBytes ?? null,
      quotaBytes: status?.quotaBytes ?? null,
      outOfSpace: status?.outOfSpace ?? false,
      problem: null,
    }
  } catch (error) {
    return { ...nothing, outOfSpace: false, problem: problemOf(error) }
  } finally {
    client?.close()
  }
}

/**
 * Whether the files can be used at all: with others not even a client can be made.
 * @throws RejectedError `ETCD_TLS_FILES`
 */
export function checkCertificates(config: EtcdConfig): void {
  try {
    createSecureContext(tlsOf(config))
  } catch (error) {
    throw unusableFiles(error)
  }
}

/** A plain connection first: gRPC does not tell a closed port from a certificate that is not trusted. */
async function dial(endpoint: string, config: EtcdConfig, given: AbortSignal): Promise<void> {
  const url = new URL(endpoint)
  const secure = url.protocol === 'https:'
  const host = url.hostname.replace(/^\[|\]$/gu, '')
  const to = { host, port: Number(url.port || (secure ? 443 : 80)) }
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = secure ? connectTls({ ...to, ...tlsOf(config) }) : connectTcp(to)
  const stop = () => socket.destroy(new DOMException('It took too long.', 'TimeoutError'))
  const signal = AbortSignal.any([given, AbortSignal.timeout(DIAL_TIMEOUT_MS)])
  signal.addEventListener('abort', stop, { once: true })
  socket.once(secure ? 'secureConnect' : 'connect', resolve)
  socket.once('error', reject)
  try {
    await promise
  } catch (error) {
    throw dialProblem(error, endpoint)
  } finally {
    signal.removeEventListener('abort', stop)
    socket.destroy()
  }
}

function tlsOf({ caPem, clientCertificate }: EtcdConfig): ConnectionOptions {
  return {
    ALPNProtocols: ['h2'],
    ...(caPem === null ? {} : { ca: caPem }),
    ...(clientCertificate === null
      ? {}
      : { cert: clientCertificate.certificatePem, key: clientCertificate.keyPem }),
  }
}

async function devicesIn(client: EtcdClient, prefix: string) {
  let devices = 0
  let pages = 0
  // The second page only tells that there is one.
  for await (const { entries } of client.range(prefix, undefined)) {
    pages += 1
    if (pages > 1) break
    devices = entries.length
  }
  return { devices, more: pages > 1 }
}

function fullProblem(members: readonly MemberReport[]): Problem | null {
  if (!members.some(({ outOfSpace }) => outOfSpace)) return null
  return asProblem(
    new RejectedError({
      code: 'ETCD_NO_SPACE',
      message: 'etcd has used up its quota and takes no writes now.',
      advice:
        'The registry makes room by itself where its user has the role root. Otherwise run etcdctl compact, defrag and alarm disarm, or raise --quota-backend-bytes.',
    }),
  )
}

function problemOf(error: unknown): Problem {
  const known = toMusterError(error)
  if (known.code !== 'ETCD_REFUSED') return asProblem(known)
  const why = messageOf(known.cause ?? known)
  return asProblem(new RejectedError({ code: 'ETCD_REFUSED', ...refusal(why), cause: known }))
}

function refusal(why: string): { readonly message: string; readonly advice: string } {
  if (/permission denied/iu.test(why)) {
    return {
      message: 'This user may not read and write what the registry needs.',
      advice:
        'Give its role readwrite on the prefixes /device-connect/ (or /fabric/) and /muster/registry/: etcdctl role grant-permission ROLE readwrite --prefix=true PREFIX.',
    }
  }
  if (/user name is empty/iu.test(why)) {
    return {
      message: 'This etcd asks for a login, and none was given.',
      advice: 'Give user and password.',
    }
  }
  return {
    message: 'etcd does not accept this user and password.',
    advice: 'Check both; where etcd has no logins, leave the user empty.',
  }
}

function asProblem({ code, kind, message, advice }: MusterError): Problem {
  return { code, kind, message, advice, details: {} }
}
