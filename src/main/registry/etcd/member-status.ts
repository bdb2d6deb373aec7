import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { IStatusResponse } from 'etcd3'
import type { EtcdConfig } from '../sidecar-messages.ts'
import type { EtcdMemberStatus } from './etcd-client.ts'

const METRICS_TIMEOUT_MS = 2000
const METRICS_MAX_BYTES = 4 * 1024 * 1024
const QUOTA = /^etcd_server_quota_backend_bytes (?<bytes>\S+)$/mu

/** Its own words with what the call does not tell: the quota stands among the metrics only. */
export async function memberStatus(
  endpoint: string,
  status: IStatusResponse,
  config: EtcdConfig,
): Promise<EtcdMemberStatus> {
  const used = Number((status as unknown as { dbSizeInUse?: string }).dbSizeInUse ?? 0)
  return {
    version: status.version,
    databaseBytes: Number(status.dbSize),
    databaseUsedBytes: used > 0 ? used : undefined,
    quotaBytes: await quotaOf(endpoint, config),
    hasLeader: status.leader !== '0',
    outOfSpace: status.errors.some((error) => /nospace/iu.test(error)),
    revision: Number(status.header.revision),
  }
}

/** Undefined where the metrics are elsewhere, or not for us. */
async function quotaOf(endpoint: string, config: EtcdConfig): Promise<number | undefined> {
  try {
    const found = QUOTA.exec(await metricsOf(endpoint, config))?.groups?.['bytes']
    const bytes = Number(found)
    return bytes > 0 ? bytes : undefined
  } catch {
    return undefined
  }
}

function metricsOf(endpoint: string, config: EtcdConfig): Promise<string> {
  const { caPem, clientCertificate } = config
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const url = new URL('/metrics', endpoint)
  const tls = {
    ...(caPem === null ? {} : { ca: caPem }),
    ...(clientCertificate === null
      ? {}
      : { cert: clientCertificate.certificatePem, key: clientCertificate.keyPem }),
  }
  const signal = AbortSignal.timeout(METRICS_TIMEOUT_MS)
  const request =
    url.protocol === 'https:' ? requestHttps(url, { signal, ...tls }) : requestHttp(url, { signal })
  request.on('error', reject)
  request.on('response', (response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      text += chunk
      if (text.length > METRICS_MAX_BYTES) request.destroy()
    })
    response.on('error', reject)
    response.on('end', () => resolve(text))
  })
  request.end()
  return promise
}
