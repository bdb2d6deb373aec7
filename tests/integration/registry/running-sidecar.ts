import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { forkSidecar } from '../../../src/main/browser/fork-sidecar.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import {
  RegistrySupervisor,
  type RegistryNews,
} from '../../../src/main/registry/registry-supervisor.ts'
import type { SidecarConfig } from '../../../src/main/registry/sidecar-messages.ts'

export const SIDECAR_ENTRY = resolve(import.meta.dirname, '../../../src/main/registry/sidecar.mjs')

export interface RunningSidecar {
  readonly supervisor: RegistrySupervisor
  readonly folder: string
  readonly news: RegistryNews[]
  /** The latest counters. */
  stats(): Readonly<Record<string, number>>
  /** Resolves with counters told after now. */
  freshStats(): Promise<Readonly<Record<string, number>>>
  close(): Promise<void>
}

/** A supervised sidecar, forked for real, with its database in a temporary folder. */
export async function startSidecar(
  servers: readonly string[],
  changes: Partial<SidecarConfig> = {},
): Promise<RunningSidecar> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-registry-'))
  const news: RegistryNews[] = []
  let stats: Readonly<Record<string, number>> = {}
  const supervisor = new RegistrySupervisor({
    spawn: () => forkSidecar(SIDECAR_ENTRY),
    logger: silentLogger(),
    config: async () => ({ ...sidecarConfig(folder, servers), ...changes }),
  })
  supervisor.subscribe((item) => {
    news.push(item)
    if (item.type === 'stats') stats = item.stats
  })
  supervisor.start()
  return {
    supervisor,
    folder,
    news,
    stats: () => stats,
    freshStats: () => nextStats(supervisor),
    close: async () => {
      await supervisor.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export function sidecarConfig(folder: string, servers: readonly string[]): SidecarConfig {
  return {
    dialect: 'device-connect',
    servers: [...servers],
    credentials: null,
    caPem: null,
    clientCertificate: null,
    databasePath: join(folder, 'registry.db'),
    deviceTtlSeconds: 15,
    listMaxLimit: 200,
    tenants: null,
    knownTenants: [],
    accessLists: [],
    logFolder: folder,
  }
}

/** Resolves when the supervisor says that the registry serves. */
export function whenServing(supervisor: RegistrySupervisor): Promise<void> {
  const serving = () => {
    const { state, connection } = supervisor.state()
    return state === 'running' && connection.state === 'connected'
  }
  return new Promise((resolveServing) => {
    const unsubscribe = supervisor.subscribe(() => {
      if (!serving()) return
      unsubscribe()
      resolveServing()
    })
    if (!serving()) return
    unsubscribe()
    resolveServing()
  })
}

function nextStats(supervisor: RegistrySupervisor): Promise<Readonly<Record<string, number>>> {
  return new Promise((resolveStats) => {
    // The first may have been on its way already.
    let seen = 0
    const unsubscribe = supervisor.subscribe((item) => {
      if (item.type !== 'stats' || (seen += 1) < 2) return
      unsubscribe()
      resolveStats(item.stats)
    })
  })
}
