import { join } from 'node:path'
import { RejectedError } from '#shared/errors.ts'
import { privateKeyOf } from '../authority/nkey.ts'
import type { RemoteLogin } from '../mesh/remote-login.ts'
import { readReferred, type ContextEnvironment, type ContextFields } from './context-file.ts'

export type LoginKind = 'credentials' | 'nkey' | 'password' | 'token' | 'nsc' | 'none'

/** How a context logs in, in the order in which the nats CLI decides. */
export function loginKindOf(fields: ContextFields): LoginKind {
  if (fields.user !== '') return 'password'
  if (fields.creds !== '') return 'credentials'
  if (fields.nsc !== '') return 'nsc'
  if (fields.nkey !== '') return 'nkey'
  return fields.token === '' ? 'none' : 'token'
}

/**
 * What a context logs in with, read from the files it names. Secret.
 * @throws RejectedError `CONTEXT_FILE`, `CONTEXT_LOGIN`, `KEY_MALFORMED`.
 */
export async function loginOf(
  fields: ContextFields,
  environment: ContextEnvironment,
): Promise<RemoteLogin> {
  switch (loginKindOf(fields)) {
    case 'password':
      return { kind: 'password', user: fields.user, password: fields.password }
    case 'credentials':
      return {
        kind: 'credentials',
        text: await readReferred(fields.creds, 'credential file', environment),
      }
    case 'nsc':
      return {
        kind: 'credentials',
        text: await readReferred(
          nscCredentials(fields.nsc, environment),
          'user of nsc',
          environment,
        ),
      }
    case 'nkey':
      return {
        kind: 'nkey',
        seed: userSeed(await readReferred(fields.nkey, 'key file', environment)),
      }
    case 'token':
      return { kind: 'token', token: fields.token }
    case 'none':
      throw new RejectedError({
        code: 'CONTEXT_LOGIN',
        message: 'This context logs in with nothing. A mesh in operator mode lets nobody in so.',
        advice:
          'Add credentials to it (nats context edit), or connect by an address and a credential file.',
      })
  }
}

/** Client certificate of a context; null where it has none. @throws RejectedError `CONTEXT_FILE`. */
export async function certificateOf(fields: ContextFields, environment: ContextEnvironment) {
  if (fields.cert === '' || fields.key === '') return null
  return {
    certificatePem: await readReferred(fields.cert, 'certificate', environment),
    keyPem: await readReferred(fields.key, 'private key', environment),
  }
}

/** Addresses of a context; that of the nats CLI itself where it names none. */
export function urlsOf(fields: ContextFields): string[] {
  const urls = fields.url
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '')
  const whole = urls.map((url) => (url.includes('://') ? url : `nats://${url}`))
  return whole.length === 0 ? ['nats://127.0.0.1:4222'] : whole
}

/** `nsc://OPERATOR/ACCOUNT/USER` is a credential file of nsc. */
function nscCredentials(lookup: string, { home, variables }: ContextEnvironment): string {
  const [, operator, account, user] = /^nsc:\/\/([^/]+)\/([^/]+)\/([^/?]+)/u.exec(lookup) ?? []
  const parts = [operator, account, user].map((part) => decodePart(part ?? ''))
  if (parts.some((part) => part === '' || part === '.' || part === '..' || /[/\\]/u.test(part))) {
    throw new RejectedError({
      code: 'CONTEXT_LOGIN',
      message:
        'This context asks nsc for its credentials, in a way that Muster does not understand.',
      advice: 'Write it as nsc://OPERATOR/ACCOUNT/USER, or name a credential file.',
    })
  }
  const keys =
    variables['NKEYS_PATH'] ??
    join(variables['XDG_DATA_HOME'] ?? join(home, '.local', 'share'), 'nats', 'nsc', 'keys')
  const [o = '', a = '', u = ''] = parts
  return join(keys, 'creds', o, a, `${u}.creds`)
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}

function userSeed(text: string): string {
  const seed =
    text
      .split(/\r?\n/u)
      .map((line) => line.trim())
      .find((line) => line.startsWith('SU')) ?? ''
  // Throws where it is cut or of another kind.
  privateKeyOf(seed)
  return seed
}
