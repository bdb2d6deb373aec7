import { RejectedError } from '#shared/errors.ts'
import type { CredentialFile } from '#shared/protocol/credentials.ts'
import { isJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'

const TLS_FIELDS = ['ca_file', 'cert_file', 'key_file', 'ca_pem', 'cert_pem', 'key_pem'] as const

/**
 * Reads a credential file as the devices in the field do: `nats` may be called `messaging`, `urls`
 * may be a single `url` (protocol.md, "Credential files"). A null seed counts as none.
 * @throws RejectedError `CREDENTIALS_MALFORMED`, which names the field and never its value.
 */
export function readCredentials(value: unknown): CredentialFile {
  if (!isJsonObject(value)) throw malformed('it is not an object')
  const nats = value['nats'] ?? value['messaging']
  if (!isJsonObject(nats)) throw malformed('"nats" is missing')
  const urls = urlsOf(nats)
  if (urls.length === 0) throw malformed('"nats.urls" is missing')
  const seed = nats['nkey_seed']
  return {
    device_id: textOf(value, 'device_id'),
    auth_type: 'jwt',
    tenant: textOf(value, 'tenant'),
    nats: {
      urls,
      jwt: typeof nats['jwt'] === 'string' ? nats['jwt'] : '',
      ...(typeof seed === 'string' && seed !== '' ? { nkey_seed: seed } : {}),
      ...(isJsonObject(nats['tls']) ? { tls: tlsOf(nats['tls']) } : {}),
    },
  }
}

function urlsOf(nats: JsonObject): string[] {
  const urls = Array.isArray(nats['urls']) ? nats['urls'] : [nats['url']]
  return urls.filter((url): url is string => typeof url === 'string' && url !== '')
}

function textOf(source: JsonObject, field: string): string {
  const value = source[field]
  if (typeof value !== 'string' || value === '') throw malformed(`"${field}" is missing`)
  return value
}

function tlsOf(tls: JsonObject): NonNullable<CredentialFile['nats']['tls']> {
  const entries = TLS_FIELDS.map((field) => [field, tls[field]] as const)
  return Object.fromEntries(entries.filter(([, value]) => typeof value === 'string'))
}

function malformed(why: string): RejectedError {
  return new RejectedError({
    code: 'CREDENTIALS_MALFORMED',
    message: `The credentials can't be used: ${why}.`,
    advice: 'Issue the credentials again.',
  })
}
