import { credsText } from '#shared/protocol/credentials.ts'
import { oneLine } from '#shared/plain-text.ts'
import {
  SCRIPT_MODE,
  SECRET_MODE,
  textFile,
  type ContentFile,
  type Parcel,
} from './content-file.ts'
import { keyNeeded } from './context-layout.ts'
import { CA_PATH } from './credential-files.ts'
import { hostPorts } from './host-ports.ts'
import { REACH_FUNCTION } from './reach-function.ts'
import { shellWord } from './shell-text.ts'

/**
 * A nats-server for a site, which is a leaf of the mesh: devices of the site connect to it, and it to the mesh.
 * Paths in its configuration are relative to where the server is started, so `run.sh` goes there first.
 */
export function leafNodeLayout(parcel: Parcel): ContentFile[] {
  const [credential] = parcel.credentials
  if (credential?.seed === undefined) throw keyNeeded('a leaf node')
  return [
    textFile('leaf-node.conf', configOf(parcel), 'server-config'),
    {
      ...textFile(
        'leaf.creds',
        credsText(credential.jwt, credential.seed),
        'credential',
        SECRET_MODE,
      ),
      publicKey: credential.publicKey,
      expiresAt: credential.expiresAt,
    },
    ...(parcel.caPem === null ? [] : [textFile(CA_PATH, parcel.caPem, 'certificate')]),
    textFile('run.sh', runScript(parcel), 'script', SCRIPT_MODE),
    textFile('FIREWALL.md', firewallNotes(parcel), 'readme'),
    textFile('README.md', readmeOf(parcel, credential.expiresAt), 'readme'),
  ]
}

function configOf({ urls, caPem, tenant }: Parcel): string {
  const list = urls.map((url) => JSON.stringify(url)).join(', ')
  return `# A leaf node of the tenant ${oneLine(tenant)}. Started by run.sh, from this folder.
server_name: ${JSON.stringify(`leaf-${tenant}`)}

# Devices of the site connect here. Loopback until you open it to the site's network, and then with TLS or
# users of its own: whoever connects here is in the tenant.
listen: "127.0.0.1:4222"

# Messages and commands are kept while the mesh is away.
jetstream {
  store_dir: "./data"
  domain: ${JSON.stringify(`leaf-${tenant}`)}
  max_memory_store: 67108864
  max_file_store: 1073741824
}

leafnodes {
  remotes: [
    {
      urls: [${list}]
      credentials: "./leaf.creds"${
        caPem === null ? '' : `\n      tls {\n        ca_file: "./${CA_PATH}"\n      }`
      }
    }
  ]
}
`
}

function runScript({ urls }: Parcel): string {
  return `#!/bin/sh
# Checks and starts the leaf node:  run.sh [check|start]
set -eu
cd "$(dirname "$0")"
HOSTS=${shellWord(hostPorts(urls).join(' '))}
say() { printf '%s\\n' "$*"; }

server=nats-server
command -v "$server" >/dev/null 2>&1 || server=/usr/sbin/nats-server
command -v "$server" >/dev/null 2>&1 || { say "nats-server is missing: apt install nats-server, or https://nats.io/download"; exit 1; }
chmod 600 leaf.creds

${REACH_FUNCTION}
check() {
  "$server" -t -c leaf-node.conf || { say "the configuration is not accepted by this nats-server"; return 1; }
  reached=
  for place in $HOSTS; do
    if reach "\${place%:*}" "\${place##*:}"; then say "ok: $place answers"; reached=yes
    else say "not reached: $place"; fi
  done
  [ -n "$reached" ] || { say "No address of the mesh answers from here: see FIREWALL.md."; return 2; }
}

case "\${1:-start}" in
  check) check ;;
  start) check || [ $? -eq 2 ] || exit 1; exec "$server" -c leaf-node.conf ;;
  *) say "run.sh [check|start]"; exit 1 ;;
esac
`
}

function firewallNotes({ urls }: Parcel): string {
  return `# What the firewall has to let through

| from | to | what for |
| --- | --- | --- |
${hostPorts(urls)
  .map(
    (place) =>
      `| this machine | ${place} (TCP, outgoing) | the leaf node's connection to the mesh |`,
  )
  .join('\n')}
| devices of the site | this machine, port 4222 (TCP, incoming) | only once \`listen\` in leaf-node.conf is opened to the network |

The mesh never connects to this machine: nothing has to be opened towards the site. The connection stays up; a firewall that cuts idle ones has to leave it at least 2 minutes.

On the side of the mesh, nats-server has to listen for leaf nodes, with
\`leafnodes { listen: "0.0.0.0:7422" }\` in its configuration, and that port has to be open to this site.
`
}

function readmeOf({ tenant, urls }: Parcel, expiresAt: Date): string {
  return `# Leaf node of the tenant ${oneLine(tenant)}

A nats-server for the site: devices here connect to it, and it connects to the mesh at ${urls.map((url) => `\`${url}\``).join(', ')}. They go on talking to each other while the mesh is away. Its credential is good until ${expiresAt.toISOString()}.

    sh run.sh check    whether the configuration is right and the mesh can be reached
    sh run.sh          checks, and starts it

What the network has to let through stands in \`FIREWALL.md\`.
`
}
