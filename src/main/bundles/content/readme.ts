import type { StarterName } from '#shared/contract/bundles.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { oneLine } from '#shared/plain-text.ts'
import type { Parcel } from './content-file.ts'
import { CA_PATH } from './credential-files.ts'

/** More names than these make nobody wiser. */
const MAX_NAMES = 200

/** What a person finds who unpacks credentials: what they are, and how a device uses them. */
export function credentialsReadme(parcel: Parcel, credentials: string): string {
  const { tenant, urls, caPem, certificates, dialect } = parcel
  const without = parcel.credentials.filter(({ seed }) => seed === undefined)
  const first = parcel.credentials[0]?.file ?? 'NAME'
  const folder = `~/${dialectOf(dialect).credentialFolder}`
  return `${[
    `# Credentials of the tenant ${oneLine(tenant)}`,
    '',
    `Made ${parcel.createdAt.toISOString()}. Whoever has a credential file can do what its device can, so keep them as keys.`,
    '',
    '## Use one',
    '',
    '1. Copy the file of the device to it, readable for its user only:',
    '',
    '   ```sh',
    `   mkdir -p ${folder}`,
    `   install -m 600 ${credentials}${first}.creds.json ${folder}/`,
    '   ```',
    '',
    '2. Tell the device about it, and start it:',
    '',
    '   ```sh',
    '   . ./tenant-config.env',
    `   export MESSAGING_CREDENTIALS_FILE=${folder}/${first}.creds.json`,
    '   ```',
    '',
    `The mesh is reached at ${urls.map((url) => `\`${url}\``).join(', ')}. The addresses stand in every credential file too.`,
    ...(caPem === null
      ? []
      : [
          '',
          `It speaks TLS, by a certificate authority of its own, which is inside of each credential file${certificates === 'files' ? ` and in \`${CA_PATH}\`` : ''}.`,
        ]),
    ...(without.length === 0
      ? []
      : [
          '',
          '## Without private key',
          '',
          `${without.length} of the files hold no private key, since the device keeps it: put the file on that very device, which adds its own (\`NATS_NKEY_SEED\`, or its identity file). Anywhere else they are good for nothing.`,
        ]),
    ...starterLines(parcel.starters),
    '',
    '## What is in here',
    '',
    '| credential | until |',
    '| --- | --- |',
    ...parcel.credentials
      .slice(0, MAX_NAMES)
      .map(
        ({ name, expiresAt }) => `| ${oneLine(name)} | ${expiresAt.toISOString().slice(0, 10)} |`,
      ),
    ...(parcel.credentials.length > MAX_NAMES
      ? [`| and ${parcel.credentials.length - MAX_NAMES} more | |`]
      : []),
    '',
    '`manifest.json` lists every file with its SHA-256; `manifest.sig` is the signature of whoever made this. Muster checks both: Bundles, Open.',
  ].join('\n')}\n`
}

const STARTER_TEXTS: Readonly<Record<StarterName, string>> = {
  'device-python':
    '`starters/device.py`: a device in Python. `pip install -r starters/requirements.txt`, then `python starters/device.py CREDENTIAL_FILE`.',
  'device-typescript':
    '`starters/device.ts`: a device in TypeScript. `npm install --prefix starters`, then `node starters/device.ts CREDENTIAL_FILE` (Node 22.18 or newer).',
  greenhouse:
    '`starters/greenhouse.py`: three devices that work together. `python starters/greenhouse.py CREDENTIAL_FILE CREDENTIAL_FILE CREDENTIAL_FILE`.',
  agent:
    '`starters/agent.py`: an agent that lists devices, gathers events and calls functions, by any endpoint that speaks the OpenAI API.',
}

function starterLines(starters: readonly StarterName[]): string[] {
  if (starters.length === 0) return []
  return [
    '',
    '## Programs to begin with',
    '',
    ...starters.map((starter) => `- ${STARTER_TEXTS[starter]}`),
  ]
}
