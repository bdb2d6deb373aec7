import { join } from 'node:path'

/** Largest message of the local mesh, in bytes: what fleets in the field raise it to. */
const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024

export interface ServerTlsFiles {
  readonly certificate: string
  readonly key: string
}

export interface ServerConfig {
  /** Told apart from any other server on the same port by this name, which INFO repeats. */
  readonly serverName: string
  readonly host: string
  readonly clientPort: number
  readonly webSocketPort: number
  readonly tls?: ServerTlsFiles
  readonly systemAccount: { readonly publicKey: string; readonly jwt: string }
}

/** Where the parts of a local mesh lie, all below `<profile>/mesh`. */
export interface MeshPaths {
  readonly folder: string
  readonly config: string
  readonly operatorJwt: string
  /** Full resolver: one file per account. */
  readonly resolver: string
  readonly jetStream: string
  readonly pid: string
  readonly caCertificate: string
  readonly serverCertificate: string
  readonly serverKey: string
}

/** The paths of the local mesh in a profile folder. */
export function meshPaths(profileFolder: string): MeshPaths {
  const folder = join(profileFolder, 'mesh')
  return {
    folder,
    config: join(folder, 'nats-server.conf'),
    operatorJwt: join(folder, 'operator.jwt'),
    resolver: join(folder, 'resolver'),
    jetStream: join(folder, 'jetstream'),
    pid: join(folder, 'nats-server.pid'),
    caCertificate: join(folder, 'ca.pem'),
    serverCertificate: join(folder, 'server.pem'),
    serverKey: join(folder, 'server-key.pem'),
  }
}

/**
 * The configuration file of the local nats-server: operator mode with the full resolver,
 * JetStream and a WebSocket listener. Monitoring stays closed.
 */
export function serverConfigText(config: ServerConfig, paths: MeshPaths): string {
  const tls =
    config.tls === undefined
      ? undefined
      : `tls { cert_file: ${quote(config.tls.certificate)}, key_file: ${quote(config.tls.key)} }`
  return `# Written by Muster at every start of its local mesh; changes are lost.
server_name: ${quote(config.serverName)}
host: ${quote(config.host)}
port: ${config.clientPort}
max_payload: ${MAX_PAYLOAD_BYTES}
ping_interval: "20s"
${tls ?? ''}
operator: ${quote(paths.operatorJwt)}
system_account: ${config.systemAccount.publicKey}
resolver { type: full, dir: ${quote(paths.resolver)}, allow_delete: true, interval: "2m", limit: 10000 }
resolver_preload { ${config.systemAccount.publicKey}: ${quote(config.systemAccount.jwt)} }
jetstream { store_dir: ${quote(paths.jetStream)}, max_memory_store: 128MB, max_file_store: 2GB }
websocket {
  host: ${quote(config.host)}
  port: ${config.webSocketPort}
  ${tls ?? 'no_tls: true'}
}
`
}

// nats-server's configuration knows the escapes of Go strings; Windows paths hold backslashes.
function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
