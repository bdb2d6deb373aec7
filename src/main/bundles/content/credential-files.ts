import { credsText, type CredentialFile } from '#shared/protocol/credentials.ts'
import {
  OPEN_MODE,
  SECRET_MODE,
  textFile,
  type ContentFile,
  type PackedCredential,
  type Parcel,
} from './content-file.ts'

/** Where the certificate authority lies in every layout (protocol.md, "Credential files"). */
export const CA_PATH = 'certs/ca.pem'

/**
 * `NAME.creds.json` of each credential in a folder, and `NAME.creds` beside it on wish. One without its
 * key has no `.creds`: that form can't be without.
 */
export function credentialFiles(parcel: Parcel, folder: string): ContentFile[] {
  return parcel.credentials.flatMap((credential) => {
    const at = { publicKey: credential.publicKey, expiresAt: credential.expiresAt }
    const file = (name: string, text: string): ContentFile => ({
      ...textFile(`${folder}${name}`, text, 'credential', SECRET_MODE),
      ...at,
    })
    const json = file(
      `${credential.file}.creds.json`,
      `${JSON.stringify(credentialJson(parcel, credential), null, 2)}\n`,
    )
    if (!parcel.alsoCreds || credential.seed === undefined) return [json]
    return [json, file(`${credential.file}.creds`, credsText(credential.jwt, credential.seed))]
  })
}

/** The certificate authority as a file, where it is wanted as one. */
export function certificateFiles(parcel: Parcel, folder: string): ContentFile[] {
  if (parcel.caPem === null || parcel.certificates === 'inline') return []
  return [textFile(`${folder}${CA_PATH}`, parcel.caPem, 'certificate', OPEN_MODE)]
}

function credentialJson(parcel: Parcel, credential: PackedCredential): CredentialFile {
  const { urls, caPem, tenant } = parcel
  return {
    device_id: credential.name,
    auth_type: 'jwt',
    tenant,
    nats: {
      urls,
      jwt: credential.jwt,
      ...(credential.seed === undefined ? {} : { nkey_seed: credential.seed }),
      // No `ca_file`: where the bundle is unpacked to is not known here, and a path that is not there
      // would win over the text.
      ...(caPem === null ? {} : { tls: { ca_pem: caPem } }),
    },
  }
}
