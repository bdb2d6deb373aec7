import { z } from 'zod'
import type { UserCredentials } from './user-credentials.ts'
import { parseCredentials } from './parse-credentials.ts'
import type { ClientCertificate } from './transport.ts'

/** What somebody logs in to a mesh of others with, as it was handed over. Secret. */
export type RemoteLogin =
  /** Text of a `.creds` or `.creds.json`. */
  | { readonly kind: 'credentials'; readonly text: string }
  | { readonly kind: 'nkey'; readonly seed: string }
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }

const Certificate = z.object({ certificatePem: z.string(), keyPem: z.string() }).optional()

/** What the keychain keeps of a login. The first form has no `kind`: older Musters wrote it so. */
const Stored = z.union([
  z.object({
    kind: z.literal('nkey'),
    seed: z.string(),
    inboxPrefix: z.string(),
    certificate: Certificate,
  }),
  z.object({
    kind: z.literal('password'),
    user: z.string(),
    password: z.string(),
    inboxPrefix: z.string(),
    certificate: Certificate,
  }),
  z.object({
    kind: z.literal('token'),
    token: z.string(),
    inboxPrefix: z.string(),
    certificate: Certificate,
  }),
  z.object({
    kind: z.undefined().optional(),
    jwt: z.string(),
    seed: z.string(),
    inboxPrefix: z.string(),
    certificate: Certificate,
  }),
])
export type StoredLogin = z.infer<typeof Stored>

/** Reads what the keychain keeps; undefined where it is nothing that can be understood. */
export function readStoredLogin(text: string | undefined): StoredLogin | undefined {
  try {
    return Stored.parse(JSON.parse(text ?? ''))
  } catch {
    return undefined
  }
}

/**
 * A login in the form that is kept.
 * @throws RejectedError `CREDENTIALS_…`, `JWT_…`.
 */
export function storedLogin(
  login: RemoteLogin,
  options: { readonly inboxPrefix: string; readonly certificate: ClientCertificate | null },
): StoredLogin {
  const certificate = options.certificate === null ? {} : { certificate: options.certificate }
  const inboxPrefix = options.inboxPrefix === '' ? '_INBOX' : options.inboxPrefix
  if (login.kind !== 'credentials') return { ...login, inboxPrefix, ...certificate }
  const parsed = parseCredentials(login.text)
  const { jwt, seed } = parsed
  return {
    jwt,
    seed,
    inboxPrefix: options.inboxPrefix === '' ? parsed.inboxPrefix : inboxPrefix,
    ...certificate,
  }
}

/** What the client dials with. */
export function credentialsOf(stored: StoredLogin): UserCredentials {
  const { inboxPrefix, certificate } = stored
  const common = {
    inboxPrefix,
    // Nobody here can renew them.
    expiresAt: null,
    ...(certificate === undefined ? {} : { clientCertificate: certificate }),
  }
  if (stored.kind === 'password') {
    return { ...common, jwt: '', seed: '', login: { user: stored.user, pass: stored.password } }
  }
  if (stored.kind === 'token')
    return { ...common, jwt: '', seed: '', login: { auth_token: stored.token } }
  return { ...common, jwt: stored.kind === 'nkey' ? '' : stored.jwt, seed: stored.seed }
}
