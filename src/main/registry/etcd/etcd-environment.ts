import { readFile } from 'node:fs/promises'
import { fileOf, integerOf, listOf, unusable, type Environment } from '../environment-values.ts'
import type { SidecarConfig } from '../sidecar-messages.ts'

const DEFAULT_HOST = 'localhost'
const DEFAULT_PORT = '2379'
const DEFAULT_COMPACT_AFTER_SECONDS = 600

/**
 * Where a registry that runs alone finds etcd. `ETCD_HOST` and `ETCD_PORT` as in protocol.md; beyond
 * that `ETCD_ENDPOINTS` (`http://host:port,…`), `ETCD_TLS_CA_FILE` (and CERT, KEY), `ETCD_USER` with
 * `ETCD_PASSWORD_FILE` or `ETCD_PASSWORD`, `ETCD_COMPACT_AFTER` (seconds of history that are kept, or
 * `off`). `MUSTER_REGISTRY_STORE` (`etcd`, `sqlite`) says which store; where it does not, etcd it is
 * as soon as one of the first three is set.
 * @throws RejectedError `REGISTRY_ENVIRONMENT` naming the variable
 */
export async function etcdConfig(environment: Environment): Promise<SidecarConfig['etcd']> {
  const store = environment['MUSTER_REGISTRY_STORE']
  const { ETCD_ENDPOINTS: named, ETCD_HOST: host, ETCD_PORT: port } = environment
  if (store !== undefined && !['', 'etcd', 'sqlite'].includes(store)) {
    throw unusable('MUSTER_REGISTRY_STORE', 'it has to be etcd or sqlite')
  }
  if (store === 'sqlite' || (store !== 'etcd' && !named && !host && !port)) return undefined
  const caPem = await fileOf(environment, 'ETCD_TLS_CA_FILE')
  const certificatePem = await fileOf(environment, 'ETCD_TLS_CERT_FILE')
  const keyPem = await fileOf(environment, 'ETCD_TLS_KEY_FILE')
  if ((certificatePem === null) !== (keyPem === null)) {
    throw unusable('ETCD_TLS_CERT_FILE', 'it has to be given together with ETCD_TLS_KEY_FILE')
  }
  const scheme = caPem === null && certificatePem === null ? 'http' : 'https'
  const single = `${scheme}://${bracketed(host || DEFAULT_HOST)}:${port || DEFAULT_PORT}`
  const endpoints = listOf(named).map((endpoint) => withoutEnd(endpoint, scheme))
  return {
    endpoints: endpoints.length > 0 ? endpoints : [single],
    caPem,
    clientCertificate:
      certificatePem === null || keyPem === null ? null : { certificatePem, keyPem },
    user: await userOf(environment),
    compactAfterSeconds:
      environment['ETCD_COMPACT_AFTER'] === 'off'
        ? null
        : integerOf(environment, 'ETCD_COMPACT_AFTER', DEFAULT_COMPACT_AFTER_SECONDS),
  }
}

async function userOf(environment: Environment) {
  const name = environment['ETCD_USER']
  if (!name) return null
  const path = environment['ETCD_PASSWORD_FILE']
  if (!path) return { name, password: environment['ETCD_PASSWORD'] ?? '' }
  try {
    // Editors end a file with a line end, which is not part of the password.
    return { name, password: (await readFile(path, 'utf8')).replace(/\r?\n$/u, '') }
  } catch (error) {
    throw unusable('ETCD_PASSWORD_FILE', 'the file can not be read', error)
  }
}

/** etcdctl takes endpoints without a scheme, and with a slash at the end. */
function withoutEnd(endpoint: string, scheme: string): string {
  const full = /^https?:\/\//u.test(endpoint) ? endpoint : `${scheme}://${endpoint}`
  return full.replace(/\/+$/u, '')
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
