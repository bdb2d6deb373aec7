/** The credential file `NAME.creds.json` (protocol.md, "Credential files"). Holds a secret. */
export interface CredentialFile {
  readonly device_id: string
  readonly auth_type: 'jwt'
  readonly tenant: string
  readonly nats: {
    readonly urls: readonly string[]
    readonly jwt: string
    /** Absent where the device holds its own key. */
    readonly nkey_seed?: string
    readonly tls?: {
      readonly ca_file?: string
      readonly cert_file?: string
      readonly key_file?: string
      readonly ca_pem?: string
      readonly cert_pem?: string
      readonly key_pem?: string
    }
  }
}

/** The text form that all NATS tools read (`NAME.creds`). Holds a secret. */
export function credsText(jwt: string, seed: string): string {
  return [
    '-----BEGIN NATS USER JWT-----',
    jwt,
    '------END NATS USER JWT------',
    '',
    '************************* IMPORTANT *************************',
    'NKEY Seed printed below can be used to sign and prove identity.',
    'NKEYs are sensitive and should be treated as secrets.',
    '',
    '-----BEGIN USER NKEY SEED-----',
    seed,
    '------END USER NKEY SEED------',
    '',
  ].join('\n')
}
