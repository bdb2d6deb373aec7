import {
  AuthorizationError,
  TimeoutError,
  UserAuthenticationExpiredError,
} from '@nats-io/nats-core'
import { messageOf, MusterError, RejectedError, TransientError } from '#shared/errors.ts'

// What Node and OpenSSL say when a certificate's chain does not end at an authority we trust.
const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
])

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EPIPE',
])

const UNKNOWN_HOST = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA'])

/**
 * What went wrong when connecting to `servers`, as an error that reads as help. The client's own
 * errors name no secret; they are kept as the cause.
 *
 * Codes: `MESH_UNREACHABLE`, `MESH_TIMEOUT`, `MESH_HOST_UNKNOWN`, `MESH_ACCOUNT_FULL` (transient); `MESH_AUTH_REFUSED`,
 * `MESH_AUTH_EXPIRED`, `MESH_TLS_UNTRUSTED`, `MESH_TLS_NAME`, `MESH_TLS_EXPIRED`, `MESH_TLS_FAILED`,
 * `MESH_TLS_NOT_OFFERED`, `MESH_NOT_NATS` (rejected).
 */
export function explainConnectionError(error: unknown, servers: readonly string[]): MusterError {
  if (error instanceof MusterError) return error
  const where = servers.map(withoutUserInfo).join(', ')
  const found = classify(error)
  const init = { ...TEXTS[found](where), code: found, details: { servers: where }, cause: error }
  return TRANSIENT.has(found) ? new TransientError(init) : new RejectedError(init)
}

type ConnectionErrorCode = keyof typeof TEXTS

const TRANSIENT: ReadonlySet<ConnectionErrorCode> = new Set([
  'MESH_UNREACHABLE',
  'MESH_TIMEOUT',
  'MESH_HOST_UNKNOWN',
  'MESH_ACCOUNT_FULL',
])

const TEXTS = {
  MESH_UNREACHABLE: (where: string) => ({
    message: `Nothing answers at ${where}.`,
    advice:
      'Check that the NATS server runs, that the address is right and that no firewall is in between.',
  }),
  MESH_TIMEOUT: (where: string) => ({
    message: `${where} did not answer in time.`,
    advice: 'Check the network, and that the address is that of a NATS server. Then try again.',
  }),
  MESH_HOST_UNKNOWN: (where: string) => ({
    message: `No computer is known by the name in ${where}.`,
    advice:
      'Check the spelling and that this computer reaches its DNS server, or use an IP address.',
  }),
  MESH_ACCOUNT_FULL: (where: string) => ({
    message: `The NATS server at ${where} takes no more connections: the limit of the account, or of the server, is reached.`,
    advice: 'Raise the limit of the tenant (Tenants, Limits), or end some of its connections.',
  }),
  MESH_AUTH_REFUSED: (where: string) => ({
    message: `The NATS server at ${where} refused the credentials: they are revoked, of another deployment, or their account is not known there.`,
    advice: 'Get fresh credentials of this tenant from its admin.',
  }),
  MESH_AUTH_EXPIRED: (where: string) => ({
    message: `The credentials for ${where} have expired.`,
    advice:
      'Get fresh credentials of this tenant from its admin. If they should still be good, check the clock of this computer.',
  }),
  MESH_TLS_UNTRUSTED: (where: string) => ({
    message: `The server at ${where} shows a certificate that no known authority signed. It may be another server than it claims to be.`,
    advice: 'Give the certificate authority (PEM) of this deployment with the connection.',
  }),
  MESH_TLS_NAME: (where: string) => ({
    message: `The server at ${where} shows a certificate for another name or address.`,
    advice:
      'Use the name that stands in the certificate, or have the server get one for this address.',
  }),
  MESH_TLS_EXPIRED: (where: string) => ({
    message: `The certificate of the server at ${where} has expired or is not valid yet.`,
    advice: 'Have the certificate renewed, and check the clock of this computer.',
  }),
  MESH_TLS_FAILED: (where: string) => ({
    message: `No secure connection to ${where} came about.`,
    advice: 'Check that the address is that of the TLS listener, and the certificate authority.',
  }),
  MESH_TLS_NOT_OFFERED: (where: string) => ({
    message: `The server at ${where} offers no TLS, but the connection demands it.`,
    advice:
      'Turn TLS on at the server. Use nats:// without a certificate authority only where others on the network may read along.',
  }),
  MESH_NOT_NATS: (where: string) => ({
    message: `What answers at ${where} is not a NATS server.`,
    advice:
      'Check address and port: nats:// and tls:// need the client port, ws:// and wss:// the WebSocket port.',
  }),
}

/**
 * Whether a server does not want these credentials. To who is too slow it says `Authentication Timeout`,
 * which the client takes for a refusal, and which tells nothing of the credentials.
 */
export function isRefusal(error: unknown): boolean {
  return error instanceof AuthorizationError && !/timeout/iu.test(error.message)
}

function classify(error: unknown): ConnectionErrorCode {
  if (error instanceof UserAuthenticationExpiredError) return 'MESH_AUTH_EXPIRED'
  if (isRefusal(error)) return 'MESH_AUTH_REFUSED'
  if (error instanceof TimeoutError) return 'MESH_TIMEOUT'
  return classifyCode(codeOf(error)) ?? classifyText(messageOf(error))
}

function classifyCode(code: string): ConnectionErrorCode | undefined {
  if (UNREACHABLE.has(code)) return 'MESH_UNREACHABLE'
  if (UNKNOWN_HOST.has(code)) return 'MESH_HOST_UNKNOWN'
  if (UNTRUSTED.has(code)) return 'MESH_TLS_UNTRUSTED'
  if (code === 'ETIMEDOUT') return 'MESH_TIMEOUT'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'MESH_TLS_NAME'
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return 'MESH_TLS_EXPIRED'
  return /^(?:ERR_SSL|ERR_TLS|CERT_|EPROTO)/u.test(code) ? 'MESH_TLS_FAILED' : undefined
}

function classifyText(text: string): ConnectionErrorCode {
  if (/maximum .*connections exceeded/iu.test(text)) return 'MESH_ACCOUNT_FULL'
  if (/not support 'tls'|tls.*not available/iu.test(text)) return 'MESH_TLS_NOT_OFFERED'
  if (/unexpected (?:response|server response)|Parse Error|invalid.*websocket/iu.test(text)) {
    return 'MESH_NOT_NATS'
  }
  if (/timed? ?out|timeout/iu.test(text)) return 'MESH_TIMEOUT'
  return 'MESH_UNREACHABLE'
}

/** The first code in the chain of causes. */
function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code
  }
  return ''
}

/** URLs may carry a user and a password, which are nobody's business. */
function withoutUserInfo(url: string): string {
  return url.replace(/\/\/[^/@]*@/u, '//')
}
