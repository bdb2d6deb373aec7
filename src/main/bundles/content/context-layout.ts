import { credsText } from '#shared/protocol/credentials.ts'
import { RejectedError } from '#shared/errors.ts'
import { oneLine } from '#shared/plain-text.ts'
import {
  SCRIPT_MODE,
  SECRET_MODE,
  textFile,
  type ContentFile,
  type Parcel,
} from './content-file.ts'
import { shellWord } from './shell-text.ts'

/**
 * A context of the nats CLI. A context names its files by absolute paths, which are not known here: `install.sh`
 * writes them where it is run.
 */
export function contextLayout(parcel: Parcel): ContentFile[] {
  const [credential] = parcel.credentials
  if (credential?.seed === undefined) throw keyNeeded('a nats context')
  const { file: name, jwt, seed, inboxPrefix } = credential
  const hasCa = parcel.caPem !== null
  const context = {
    description: `Tenant ${parcel.tenant}`,
    url: parcel.urls.join(','),
    creds: `FOLDER/${name}.creds`,
    ...(hasCa ? { ca: `FOLDER/${name}.ca.pem` } : {}),
    ...(inboxPrefix === '_INBOX' ? {} : { inbox_prefix: inboxPrefix }),
  }
  return [
    {
      ...textFile(`${name}.creds`, credsText(jwt, seed), 'credential', SECRET_MODE),
      publicKey: credential.publicKey,
      expiresAt: credential.expiresAt,
    },
    ...(parcel.caPem === null ? [] : [textFile(`${name}.ca.pem`, parcel.caPem, 'certificate')]),
    textFile(`${name}.json.in`, `${JSON.stringify(context, null, 2)}\n`, 'settings'),
    textFile('install.sh', installScript(name, hasCa), 'script', SCRIPT_MODE),
    textFile(
      'README.md',
      `# nats context ${oneLine(name)}\n\nRun \`sh install.sh\`; then \`nats --context ${name} rtt\` says whether the mesh answers. \`sh install.sh uninstall\` takes it away again. The credential is good until ${credential.expiresAt.toISOString()}.\n`,
      'readme',
    ),
  ]
}

export function keyNeeded(what: string): RejectedError {
  return new RejectedError({
    code: 'BUNDLE_KEY_NEEDED',
    message: `The credential of ${what} has to bring its private key along, and this one would come without.`,
    advice: 'Choose "New keys".',
  })
}

function installScript(name: string, hasCa: boolean): string {
  const files = [`${name}.creds`, ...(hasCa ? [`${name}.ca.pem`] : [])]
  return `#!/bin/sh
# Installs the nats context ${name} for this user. Safe to run again. "uninstall" takes it away.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
config="\${XDG_CONFIG_HOME:-$HOME/.config}/nats"
folder="$config/handed-over"
context="$config/context/"${shellWord(name)}.json

if [ "\${1:-install}" = uninstall ]; then
  rm -f "$context"${files.map((file) => ` "$folder/"${shellWord(file)}`).join('')}
  echo "Taken away: $context"
  exit 0
fi
case "$folder" in *'"'*|*'\\'*|*'|'*|*'&'*) echo "This home folder has a name that a context can not hold: $folder" >&2; exit 1;; esac

umask 077
mkdir -p "$folder" "$config/context"
${files.map((file) => `cp "$here/"${shellWord(file)} "$folder/"${shellWord(file)}.new && mv -f "$folder/"${shellWord(file)}.new "$folder/"${shellWord(file)}`).join('\n')}
sed "s|FOLDER/|$folder/|" "$here/"${shellWord(name)}.json.in > "$context.new"
mv -f "$context.new" "$context"
echo "Installed: $context"
if command -v nats >/dev/null 2>&1; then
  nats --context ${shellWord(name)} rtt || { echo "The context is installed, and the mesh did not answer." >&2; exit 2; }
else
  echo "The nats CLI is not on the PATH; install it, then: nats --context ${name} rtt"
fi
`
}
