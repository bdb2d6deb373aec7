import { oneLine } from '#shared/plain-text.ts'
import type { Parcel } from './content-file.ts'
import { CA_PATH } from './credential-files.ts'
import { shellWord } from './shell-text.ts'

/**
 * `tenant-config.env` as the field's tools write it (protocol.md, "Credential files"). `credentials` is the
 * folder of the credential files, as seen from this file.
 */
export function tenantConfig(parcel: Parcel, credentials: string): string {
  const { tenant, urls, caPem, certificates } = parcel
  const [first = ''] = urls
  const name = parcel.credentials[0]?.file ?? 'NAME'
  const several =
    urls.length > 1
      ? [
          '# All addresses of the mesh; tools that know only one take NATS_URL.',
          `export MESSAGING_URLS=${shellWord(urls.join(','))}`,
          `export NATS_URLS=${shellWord(urls.join(','))}`,
        ]
      : []
  const certificate =
    caPem !== null && certificates === 'files'
      ? ['', `export MESSAGING_TLS_CA_FILE=./${CA_PATH}`, `export NATS_TLS_CA_FILE=./${CA_PATH}`]
      : []
  return [
    `# Tenant ${oneLine(tenant)}`,
    '# Use it in a shell, from this folder: . ./tenant-config.env',
    '',
    `export TENANT=${shellWord(tenant)}`,
    'export MESSAGING_BACKEND=nats',
    `export NATS_URL=${shellWord(first)}`,
    ...several,
    ...certificate,
    '',
    '# The credential file of the device that runs here:',
    `# export MESSAGING_CREDENTIALS_FILE=${shellWord(`./${credentials}${name}.creds.json`)}`,
    '',
  ].join('\n')
}
