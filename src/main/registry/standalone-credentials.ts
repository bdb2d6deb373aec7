import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { RejectedError } from '#shared/errors.ts'
import { isJsonObject, parseJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'
import type { SidecarCredentials } from './sidecar-messages.ts'

/** What a credential file says to a registry. */
export interface StandaloneCredentials {
  readonly tenant: string | undefined
  readonly urls: readonly string[]
  readonly credentials: SidecarCredentials
  readonly caPem: string | undefined
}

/**
 * Reads a credential file in either form (protocol.md, "Credential files"): JSON, or the `.creds`
 * text of NATS. Paths of certificates are taken from the file's folder.
 * @throws RejectedError `CREDENTIALS_UNREADABLE`, or `CREDENTIALS_MALFORMED`, which never repeats
 *   what stands in the file
 */
export async function readStandaloneCredentials(path: string): Promise<StandaloneCredentials> {
  const text = await read(path, 'the credential file')
  const json = parseJsonObject(text)
  if (json === undefined) return fromCreds(text)
  const nats = json['nats'] ?? json['messaging']
  if (!isJsonObject(nats)) throw malformed('"nats" is missing')
  const tls = isJsonObject(nats['tls']) ? nats['tls'] : {}
  const caFile = textOf(tls, 'ca_file')
  return {
    tenant: textOf(json, 'tenant'),
    urls: urlsOf(nats),
    credentials: credentialsOf(textOf(nats, 'jwt'), textOf(nats, 'nkey_seed')),
    caPem:
      textOf(tls, 'ca_pem') ??
      (caFile === undefined
        ? undefined
        : await read(resolve(dirname(path), caFile), 'the CA file that the credentials name')),
  }
}

const JWT_BLOCK = /-+BEGIN NATS USER JWT-+\s+([\w.=-]+)\s+-+END NATS USER JWT-+/u
const SEED_BLOCK = /-+BEGIN USER NKEY SEED-+\s+(\w+)\s+-+END USER NKEY SEED-+/u

function fromCreds(text: string): StandaloneCredentials {
  const credentials = credentialsOf(JWT_BLOCK.exec(text)?.[1], SEED_BLOCK.exec(text)?.[1])
  return { tenant: undefined, urls: [], credentials, caPem: undefined }
}

function credentialsOf(jwt: string | undefined, seed: string | undefined): SidecarCredentials {
  if (jwt === undefined) throw malformed('it holds no user JWT')
  if (seed === undefined) throw malformed('it holds no seed')
  return { jwt, seed, inboxPrefix: '_INBOX', expiresAt: null }
}

function urlsOf(nats: JsonObject): string[] {
  const urls = Array.isArray(nats['urls']) ? nats['urls'] : [nats['url']]
  return urls.filter((url): url is string => typeof url === 'string' && url !== '')
}

function textOf(source: JsonObject, field: string): string | undefined {
  const value = source[field]
  return typeof value === 'string' && value !== '' ? value : undefined
}

async function read(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new RejectedError({
      code: 'CREDENTIALS_UNREADABLE',
      message: `Muster can't read ${what}.`,
      advice: 'Check the path and that this user may read the file.',
      cause: error,
    })
  }
}

function malformed(why: string): RejectedError {
  return new RejectedError({
    code: 'CREDENTIALS_MALFORMED',
    message: `The credential file can't be used: ${why}.`,
    advice: 'Issue the credentials again.',
  })
}
