import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { RejectedError } from '#shared/errors.ts'
import { parseJsonObject } from '#shared/protocol/json-rpc.ts'
import { parseCredentials } from '../mesh/parse-credentials.ts'
import type { SidecarConfig, SidecarCredentials } from './sidecar-messages.ts'

/** What a credential file says to a registry. */
export interface StandaloneCredentials {
  readonly tenant: string | null
  readonly urls: readonly string[]
  readonly credentials: SidecarCredentials
  readonly caPem: string | null
  readonly clientCertificate: SidecarConfig['clientCertificate']
}

/**
 * Reads a credential file (protocol.md, "Credential files"), with the certificates that it holds
 * or names; their paths are taken from its own folder.
 * @throws RejectedError `CREDENTIALS_UNREADABLE`, or what `parseCredentials` throws. No message
 *   repeats what stands in the file.
 */
export async function readStandaloneCredentials(path: string): Promise<StandaloneCredentials> {
  const text = await read(path, 'the credential file')
  const { jwt, seed, inboxPrefix, expiresAt, tenant, urls, caPem } = parseCredentials(text)
  const tls = tlsOf(text)
  const named = async (file: string | undefined, what: string) =>
    file === undefined ? null : read(resolve(dirname(path), file), what)
  const certificatePem = tls.cert_pem ?? (await named(tls.cert_file, 'the client certificate'))
  const keyPem = tls.key_pem ?? (await named(tls.key_file, 'the key of the client certificate'))
  return {
    tenant,
    urls,
    credentials: { jwt, seed, inboxPrefix, expiresAt: expiresAt?.toISOString() ?? null },
    caPem: caPem ?? (await named(tls.ca_file, 'the certificate authority')),
    clientCertificate:
      certificatePem === null || keyPem === null ? null : { certificatePem, keyPem },
  }
}

const path = z.string().min(1).optional().catch(undefined)
const Tls = z.object({
  ca_file: path,
  cert_file: path,
  key_file: path,
  cert_pem: path,
  key_pem: path,
})
const WithTls = z.object({ tls: Tls })

function tlsOf(text: string): Partial<z.infer<typeof Tls>> {
  const json = parseJsonObject(text) ?? {}
  const nats = WithTls.safeParse(json['nats'] ?? json['messaging'])
  return nats.success ? nats.data.tls : {}
}

async function read(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new RejectedError({
      code: 'CREDENTIALS_UNREADABLE',
      message: `Muster can't read ${what}.`,
      advice: 'Check the path and that this user may read the file.',
      cause: error,
    })
  }
}
