import { credsText } from '#shared/protocol/credentials.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { oneLine } from '#shared/plain-text.ts'
import { collectorScript } from './collector-script.ts'
import {
  OPEN_MODE,
  SCRIPT_MODE,
  SECRET_MODE,
  textFile,
  type ContentFile,
  type Parcel,
} from './content-file.ts'
import { keyNeeded } from './context-layout.ts'
import { CA_PATH } from './credential-files.ts'

/**
 * A collector: a program on the site that hears a tenant's events. `certs/`, `nats.creds`, `config.json`,
 * `install.sh` (protocol.md, "Credential files").
 */
export function collectorLayout(parcel: Parcel): ContentFile[] {
  const [credential] = parcel.credentials
  if (credential?.seed === undefined) throw keyNeeded('a collector')
  const root = `${dialectOf(parcel.dialect).subjectRoot}.${parcel.tenant}`
  const hasCa = parcel.caPem !== null
  const config = {
    name: credential.name,
    tenant: parcel.tenant,
    nats: {
      urls: parcel.urls,
      credentials_file: 'nats.creds',
      inbox_prefix: credential.inboxPrefix,
      ...(hasCa ? { tls: { ca_file: CA_PATH } } : {}),
    },
    subjects: [`${root}.*.event.>`, `${root}.device.online`, `${root}.device.offline`],
    expires_at: credential.expiresAt.toISOString(),
  }
  return [
    parcel.caPem === null
      ? textFile(
          'certs/README.txt',
          'The mesh needs no certificate authority of its own: nothing has to lie here.\n',
          'readme',
        )
      : textFile(CA_PATH, parcel.caPem, 'certificate', OPEN_MODE),
    {
      ...textFile(
        'nats.creds',
        credsText(credential.jwt, credential.seed),
        'credential',
        SECRET_MODE,
      ),
      publicKey: credential.publicKey,
      expiresAt: credential.expiresAt,
    },
    textFile('config.json', `${JSON.stringify(config, null, 2)}\n`, 'settings'),
    textFile('install.sh', collectorScript(parcel, hasCa), 'script', SCRIPT_MODE),
    textFile('README.md', readmeOf(parcel, credential.expiresAt), 'readme'),
  ]
}

function readmeOf({ tenant, urls }: Parcel, expiresAt: Date): string {
  return `# Collector of the tenant ${oneLine(tenant)}

It hears the tenant's events from ${urls.map((url) => `\`${url}\``).join(', ')} and can say nothing but the question for the devices. Good until ${expiresAt.toISOString()}.

    sudo sh install.sh                 checks, installs, starts; safe to run again
    sudo sh install.sh --exec 'CMD'    runs CMD instead of the listener that comes along
    sh install.sh check                only looks whether the mesh can be reached
    sudo sh install.sh uninstall       takes it away again

CMD finds its settings in \`config.json\`, in the folder it is started in. What comes along writes each event to the journal (\`journalctl -u device-collector\`), by the \`nats\` tool where it is installed, else by Python with \`nats-py\`.
`
}
