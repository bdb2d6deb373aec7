import { safeName } from '../../files/safe-name.ts'
import { textFile, type ContentFile, type Parcel } from './content-file.ts'
import { certificateFiles, credentialFiles } from './credential-files.ts'
import { credentialsReadme } from './readme.ts'
import { tenantConfig } from './tenant-config.ts'

/** Credentials of a device or a few: everything lies in one folder. */
export function devicesLayout(parcel: Parcel): ContentFile[] {
  return layout(parcel, '', '')
}

/** The tenant bundle of the field: `T/credentials/…`, `T/tenant-config.env`, `T/README.md`. */
export function tenantLayout(parcel: Parcel): ContentFile[] {
  return layout(parcel, `${safeName(parcel.tenant)}/`, 'credentials/')
}

function layout(parcel: Parcel, root: string, credentials: string): ContentFile[] {
  return [
    ...credentialFiles(parcel, `${root}${credentials}`),
    textFile(`${root}tenant-config.env`, tenantConfig(parcel, credentials), 'settings'),
    textFile(`${root}README.md`, credentialsReadme(parcel, credentials), 'readme'),
    ...certificateFiles(parcel, root),
  ]
}
