import { join } from 'node:path'
import { z } from 'zod'
import { fileOf, integerOf, listOf, unusable, type Environment } from './environment-values.ts'
import { etcdConfig } from './etcd/etcd-environment.ts'
import { defaultProfile } from '../profile/profile.ts'
import { parseJsonObject } from '#shared/protocol/json-rpc.ts'
import type { ListenAddress } from './patient-server.ts'
import { DEFAULT_LIMITS, NO_LIMITS } from './registry-limits.ts'
import { DEFAULT_DEVICE_TTL_SECONDS, DEFAULT_LIST_MAX_LIMIT } from './registry-parts.ts'
import { SidecarConfig } from './sidecar-messages.ts'
import { readStandaloneCredentials } from './standalone-credentials.ts'

const DEFAULT_SERVER = 'nats://localhost:4222'
const DEFAULT_HTTP_LISTEN = '127.0.0.1:9421'
const DEFAULT_ACCOUNTS_LISTEN = '127.0.0.1:9422'
const DATABASE_FILE = 'standalone-registry.db'

/**
 * The configuration of a registry that runs alone (protocol.md, "Environment of a standalone
 * registry"). Beyond that page: `MUSTER_DIALECT` (`device-connect`, `fabric`),
 * `MUSTER_REGISTRY_DATABASE` (path), `MUSTER_ACCESS_LISTS_FILE` (JSON array of access lists),
 * `MUSTER_ACCOUNTS_FOLDER` with `MUSTER_ACCOUNTS_LISTEN` (serves account JWTs to URL resolvers).
 * `MUSTER_REGISTRY_HTTP_LISTEN` (`host:port` of `/healthz` and `/metrics`, `off` for none),
 * `MUSTER_REGISTRY_LIMITS` (JSON, `off` for none), `MUSTER_REQUEST_INFO` (`trusted` where devices are in
 * other accounts than the registry).
 * For `MUSTER_REGISTRY_STORE` and what belongs to it see `etcd/etcd-environment.ts`.
 * Like the reference, it serves every tenant that its credentials may see; `TENANTS` or `TENANT`
 * name those to serve where the credentials are not privileged.
 * @throws RejectedError `REGISTRY_ENVIRONMENT` naming the variable, `CREDENTIALS_UNREADABLE`,
 *   `CREDENTIALS_MALFORMED`
 */
export async function standaloneConfig(environment: Environment): Promise<SidecarConfig> {
  const credentialsFile =
    environment['MESSAGING_CREDENTIALS_FILE'] || environment['NATS_CREDENTIALS_FILE']
  const given = credentialsFile ? await readStandaloneCredentials(credentialsFile) : undefined
  const named = listOf(environment['NATS_URLS'] || environment['NATS_URL'])
  const servers = [given?.urls ?? [], named, [DEFAULT_SERVER]].find((urls) => urls.length > 0)
  const tenants = listOf(environment['TENANTS'] || environment['TENANT'])
  const config = {
    dialect: environment['MUSTER_DIALECT'] || 'device-connect',
    servers,
    credentials: given?.credentials ?? null,
    caPem: given?.caPem ?? (await fileOf(environment, 'NATS_TLS_CA_FILE')),
    clientCertificate: given?.clientCertificate ?? (await clientCertificate(environment)),
    etcd: await etcdConfig(environment),
    databasePath:
      environment['MUSTER_REGISTRY_DATABASE'] || join(defaultProfile().folder, DATABASE_FILE),
    deviceTtlSeconds: integerOf(environment, 'DEVICE_TTL', DEFAULT_DEVICE_TTL_SECONDS),
    listMaxLimit: integerOf(environment, 'DC_LIST_DEVICES_MAX_LIMIT', DEFAULT_LIST_MAX_LIMIT),
    tenants: null,
    knownTenants: tenants.length > 0 ? tenants : [given?.tenant ?? 'default'],
    accessLists: await accessLists(environment),
    logFolder: null,
    limits: limitsOf(environment['MUSTER_REGISTRY_LIMITS']),
    trustsRequesters: environment['MUSTER_REQUEST_INFO'] === 'trusted',
    http: httpOf(environment['MUSTER_REGISTRY_HTTP_LISTEN'] || DEFAULT_HTTP_LISTEN),
    accountServer: accountServerOf(environment),
  }
  const checked = SidecarConfig.safeParse(config)
  if (checked.success) return checked.data
  throw unusable('The environment', z.prettifyError(checked.error))
}

/** `off`, or a JSON object with those that differ from the usual. */
function limitsOf(text: string | undefined): unknown {
  if (!text) return undefined
  if (text === 'off') return NO_LIMITS
  const given = parseJsonObject(text)
  if (given === undefined) throw unusable('MUSTER_REGISTRY_LIMITS', 'it has to be JSON, or “off”')
  return { ...DEFAULT_LIMITS, ...given }
}

/** `host:port`, or `off`. */
function httpOf(listen: string): SidecarConfig['http'] {
  return listen === 'off' ? undefined : addressOf('MUSTER_REGISTRY_HTTP_LISTEN', listen)
}

/** `MUSTER_ACCOUNTS_LISTEN` is `host:port`, on loopback unless told. */
function accountServerOf(environment: Environment): SidecarConfig['accountServer'] {
  const folder = environment['MUSTER_ACCOUNTS_FOLDER']
  if (!folder) return undefined
  const listen = environment['MUSTER_ACCOUNTS_LISTEN'] || DEFAULT_ACCOUNTS_LISTEN
  return { ...addressOf('MUSTER_ACCOUNTS_LISTEN', listen), folder }
}

function addressOf(variable: string, listen: string): ListenAddress {
  const parts = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^:]+)):(?<port>\d{1,5})$/u.exec(listen)?.groups
  const host = parts?.['v6'] ?? parts?.['host']
  if (host === undefined) throw unusable(variable, 'it has to be host:port')
  return { host, port: Number(parts?.['port']) }
}

async function clientCertificate(environment: Environment): Promise<unknown> {
  const certificatePem = await fileOf(environment, 'NATS_TLS_CERT_FILE')
  const keyPem = await fileOf(environment, 'NATS_TLS_KEY_FILE')
  // One without the other is refused as a whole: it would connect as somebody unknown.
  return certificatePem === null && keyPem === null ? null : { certificatePem, keyPem }
}

async function accessLists(environment: Environment): Promise<unknown> {
  const text = await fileOf(environment, 'MUSTER_ACCESS_LISTS_FILE')
  if (text === null) return []
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw unusable('MUSTER_ACCESS_LISTS_FILE', 'the file is not JSON')
  }
}
