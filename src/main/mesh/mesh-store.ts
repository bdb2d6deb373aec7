import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { DialectName as DialectSchema } from '#shared/contract/common.ts'
import type { MeshReach } from '#shared/contract/mesh.ts'
import type { DialectName } from '#shared/protocol/dialect.ts'
import { inTransaction } from '../storage/database.ts'
import type { MeshPorts } from './ports.ts'
import type { ResolverKind } from './resolver-way.ts'

/** Name of the local mesh where a connection is chosen. */
export const LOCAL = 'local'

export interface LocalMeshSettings {
  /** Random, for the keychain entry of its certificate authority. */
  readonly id: string
  readonly dialect: DialectName
  /** The first tenant. */
  readonly tenant: string
  readonly reach: MeshReach
}

/** A saved connection; its credentials are in the keychain. */
export interface RemoteMeshSettings {
  readonly id: string
  readonly name: string
  readonly dialect: DialectName
  readonly urls: readonly string[]
  readonly tenant: string
  readonly caPem: string | null
}

/** Servers elsewhere whose operator is this profile's. */
export interface ManagedMeshSettings {
  readonly id: string
  readonly name: string
  readonly urls: readonly string[]
  readonly caPem: string | null
  /** The first tenant. */
  readonly tenant: string
  readonly resolver: ResolverKind
  /** Memory resolver: the server's configuration file on this computer. */
  readonly configPath: string | null
  readonly pidFile: string | null
  /** URL resolver: where the registry process serves the accounts. */
  readonly accounts: { readonly host: string; readonly port: number } | null
  /** Whether the registry of this mesh runs on this computer. */
  readonly registry: boolean
}

const LocalRow = z.object({
  id: z.string(),
  dialect: DialectSchema,
  tenant: z.string(),
  reach: z.enum(['loopback', 'network']),
  address: z.string().nullable(),
  tls: z.int(),
})
const PortsRow = z.object({ client: z.int(), web_socket: z.int() })
const RemoteRow = z.object({
  id: z.string(),
  name: z.string(),
  dialect: DialectSchema,
  urls: z.string().transform((text) => z.array(z.string()).parse(JSON.parse(text))),
  tenant: z.string(),
  ca_pem: z.string().nullable(),
})

const ManagedRow = z.object({
  id: z.string(),
  name: z.string(),
  urls: z.string().transform((text) => z.array(z.string()).parse(JSON.parse(text))),
  ca_pem: z.string().nullable(),
  tenant: z.string(),
  resolver: z.enum(['full', 'memory', 'url']),
  config_path: z.string().nullable(),
  pid_file: z.string().nullable(),
  accounts_host: z.string().nullable(),
  accounts_port: z.int().nullable(),
  registry: z.int(),
})

/** What the profile's database knows of meshes. */
export class MeshStore {
  readonly #database: DatabaseSync

  /** @param database with MESH_MIGRATIONS applied */
  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** The local mesh; undefined while there is none. */
  local(): LocalMeshSettings | undefined {
    const row = this.#database.prepare('SELECT * FROM mesh_local').get()
    if (row === undefined) return undefined
    const { id, dialect, tenant, reach, address, tls } = LocalRow.parse(row)
    return {
      id,
      dialect,
      tenant,
      reach:
        reach === 'network' && address !== null
          ? { kind: 'network', address, tls: tls === 1 }
          : { kind: 'loopback' },
    }
  }

  /** Saves the local mesh with the ports that it uses at its reach. */
  saveLocal(mesh: LocalMeshSettings, ports: MeshPorts): void {
    const { reach } = mesh
    const address = reach.kind === 'network' ? reach.address : null
    const tls = reach.kind === 'network' && reach.tls ? 1 : 0
    inTransaction(this.#database, () => {
      this.#database
        .prepare(
          `INSERT OR REPLACE INTO mesh_local (singleton, id, dialect, tenant, reach, address, tls)
           VALUES (1, ?, ?, ?, ?, ?, ?)`,
        )
        .run(mesh.id, mesh.dialect, mesh.tenant, reach.kind, address, tls)
      this.#database
        .prepare(
          'INSERT OR REPLACE INTO mesh_local_ports (reach, client, web_socket) VALUES (?, ?, ?)',
        )
        .run(reach.kind, ports.client, ports.webSocket)
    })
  }

  /** The ports that stand in credentials issued at this reach. */
  ports(reach: MeshReach['kind']): MeshPorts | undefined {
    const row = this.#database.prepare('SELECT * FROM mesh_local_ports WHERE reach = ?').get(reach)
    if (row === undefined) return undefined
    const { client, web_socket: webSocket } = PortsRow.parse(row)
    return { client, webSocket }
  }

  remotes(): RemoteMeshSettings[] {
    return this.#database
      .prepare('SELECT * FROM mesh_remote ORDER BY name')
      .all()
      .map((row) => remoteOf(row))
  }

  remote(id: string): RemoteMeshSettings | undefined {
    const row = this.#database.prepare('SELECT * FROM mesh_remote WHERE id = ?').get(id)
    return row === undefined ? undefined : remoteOf(row)
  }

  addRemote(mesh: RemoteMeshSettings): void {
    inTransaction(this.#database, () => {
      this.#database
        .prepare(
          'INSERT INTO mesh_remote (id, name, dialect, urls, tenant, ca_pem) VALUES (?, ?, ?, ?, ?, ?)',
        )
        .run(mesh.id, mesh.name, mesh.dialect, JSON.stringify(mesh.urls), mesh.tenant, mesh.caPem)
    })
  }

  managedMeshes(): ManagedMeshSettings[] {
    return this.#database
      .prepare('SELECT * FROM mesh_managed ORDER BY name')
      .all()
      .map((row) => managedOf(row))
  }

  managed(id: string): ManagedMeshSettings | undefined {
    const row = this.#database.prepare('SELECT * FROM mesh_managed WHERE id = ?').get(id)
    return row === undefined ? undefined : managedOf(row)
  }

  addManaged(mesh: ManagedMeshSettings): void {
    inTransaction(this.#database, () => {
      this.#database
        .prepare(
          `INSERT INTO mesh_managed (id, name, urls, ca_pem, tenant, resolver, config_path, pid_file,
             accounts_host, accounts_port, registry)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          mesh.id,
          mesh.name,
          JSON.stringify(mesh.urls),
          mesh.caPem,
          mesh.tenant,
          mesh.resolver,
          mesh.configPath,
          mesh.pidFile,
          mesh.accounts?.host ?? null,
          mesh.accounts?.port ?? null,
          mesh.registry ? 1 : 0,
        )
    })
  }

  /** Removes a saved connection, which is in use no longer then. */
  removeRemote(id: string): void {
    inTransaction(this.#database, () => {
      this.#database.prepare('DELETE FROM mesh_active WHERE connection = ?').run(id)
      this.#database.prepare('DELETE FROM mesh_remote WHERE id = ?').run(id)
      this.#database.prepare('DELETE FROM mesh_managed WHERE id = ?').run(id)
    })
  }

  /** LOCAL or the id of a saved connection; undefined while none is chosen. */
  active(): string | undefined {
    const row = this.#database.prepare('SELECT connection FROM mesh_active').get()
    return row === undefined ? undefined : z.string().parse(row['connection'])
  }

  /** What is to be taken up: the mesh that was in use last, or else the local one. */
  chosen(): string | undefined {
    return this.active() ?? (this.local() === undefined ? undefined : LOCAL)
  }

  setActive(connection: string): void {
    inTransaction(this.#database, () => {
      this.#database
        .prepare('INSERT OR REPLACE INTO mesh_active (singleton, connection) VALUES (1, ?)')
        .run(connection)
    })
  }
}

function remoteOf(row: unknown): RemoteMeshSettings {
  const { ca_pem: caPem, ...rest } = RemoteRow.parse(row)
  return { ...rest, caPem }
}

function managedOf(row: unknown): ManagedMeshSettings {
  const {
    ca_pem: caPem,
    config_path: configPath,
    pid_file: pidFile,
    accounts_host: host,
    accounts_port: port,
    registry,
    ...rest
  } = ManagedRow.parse(row)
  const accounts = host === null || port === null ? null : { host, port }
  return { ...rest, caPem, configPath, pidFile, accounts, registry: registry === 1 }
}
