import { MusterError, RejectedError, TransientError, messageOf } from '#shared/errors.ts'

interface Words {
  readonly code: string
  readonly message: (where: string) => string
  readonly advice: string
  /** The settings are wrong, rather than etcd away. */
  readonly rejected?: true
}

const CASES: readonly (readonly [pattern: RegExp, words: Words])[] = [
  [
    /ECONNREFUSED/u,
    {
      code: 'ETCD_UNREACHABLE',
      message: (where) => `Nothing listens at ${where}.`,
      advice:
        'Check the port (2379 as a rule), and that etcd runs with this address among its --listen-client-urls.',
    },
  ],
  [
    /ENOTFOUND|EAI_/u,
    {
      code: 'ETCD_HOST_UNKNOWN',
      message: (where) => `The name in ${where} is not known to this computer’s DNS.`,
      advice: 'Check its spelling, or give the IP address.',
    },
  ],
  [
    /TimeoutError|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/u,
    {
      code: 'ETCD_UNREACHABLE',
      message: (where) => `${where} does not answer.`,
      advice: 'Check that the computer is on, and that no firewall is in between.',
    },
  ],
  [
    /ALTNAME_INVALID/u,
    {
      code: 'ETCD_TLS_NAME',
      rejected: true,
      message: (where) => `The certificate of ${where} is for another name.`,
      advice: 'Use a name or address that stands in the certificate.',
    },
  ],
  [
    /SELF_SIGNED|UNABLE_TO_|CERT_UNTRUSTED|CERT_SIGNATURE/u,
    {
      code: 'ETCD_TLS_UNTRUSTED',
      rejected: true,
      message: (where) =>
        `The certificate of ${where} is from an authority that is not trusted here.`,
      advice:
        'Give the certificate authority of this etcd as a PEM file (its --trusted-ca-file, or whatever signed its --cert-file).',
    },
  ],
  [
    /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/u,
    {
      code: 'ETCD_TLS_EXPIRED',
      rejected: true,
      message: (where) => `The certificate of ${where} is not valid today.`,
      advice: 'Renew it, and check the clocks of both computers.',
    },
  ],
  [
    /EPROTO|WRONG_VERSION|ERR_SSL|ECONNRESET/u,
    {
      code: 'ETCD_TLS_NOT_OFFERED',
      rejected: true,
      message: (where) => `${where} does not speak TLS as this needs it.`,
      advice:
        'Use http:// where etcd has no certificate; where it asks for client certificates, give one.',
    },
  ],
]

/** Why a plain connection to an endpoint of etcd failed, in words that say what to change. */
export function dialProblem(error: unknown, endpoint: string): MusterError {
  if (error instanceof MusterError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const name = error instanceof Error ? error.name : ''
  const where = endpoint.replace(/^https?:\/\//u, '')
  const words = CASES.find(([pattern]) => pattern.test(`${code} ${name} ${messageOf(error)}`))?.[1]
  const init = {
    code: words?.code ?? 'ETCD_UNREACHABLE',
    message: words?.message(where) ?? `${where} can not be reached: ${messageOf(error)}.`,
    advice: words?.advice ?? 'Check that etcd runs there and can be reached from this computer.',
    cause: error,
  }
  return words?.rejected === true ? new RejectedError(init) : new TransientError(init)
}

/** The files themselves are at fault. */
export function unusableFiles(cause: unknown): RejectedError {
  return new RejectedError({
    code: 'ETCD_TLS_FILES',
    message: 'These certificates and this key can not be used together.',
    advice:
      'Give PEM files: the client certificate, the private key that belongs to it without a passphrase, and the authority.',
    cause,
  })
}
