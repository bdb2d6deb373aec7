import { DatabaseSync } from 'node:sqlite'
import type { SavedFile } from '#shared/contract/common.ts'
import type {
  IsolationUpdate,
  ProbeId,
  ProofRun,
  SignedReport,
} from '#shared/contract/isolation.ts'
import type { FileToSave } from '../../../../src/main/files/saved-file.ts'
import type {
  IsolationAuthority,
  SystemWitness,
} from '../../../../src/main/isolation/collaborators.ts'
import { IsolationService } from '../../../../src/main/isolation/isolation-service.ts'
import { ISOLATION_MIGRATIONS } from '../../../../src/main/isolation/migrations.ts'
import { PROBES } from '../../../../src/main/isolation/probes.ts'
import { silentLogger } from '../../../../src/main/log/logger.ts'
import type { Deployment } from '../../authority/support/deployment.ts'
import { witnessOf } from './witness.ts'

export const ALL_PROBES: readonly ProbeId[] = PROBES.map(({ id }) => id)

/** An isolation service over a real deployment. */
export interface ProofSite {
  readonly service: IsolationService
  readonly saved: FileToSave[]
  /** Starts a proof and waits until it is over. */
  prove(tenants: readonly string[], probes?: readonly ProbeId[]): Promise<ProofRun>
  /** The report of a proof of these tenants. */
  reportOn(tenants: readonly string[], probes?: readonly ProbeId[]): Promise<SignedReport>
  /** Resolves at the first update for which this is so. */
  until(condition: (update: IsolationUpdate) => boolean): Promise<IsolationUpdate>
  close(): Promise<void>
}

export interface ProofSiteOptions {
  readonly barrierTimeoutMs?: number
  readonly witness?: SystemWitness
}

/** The system account's user of a deployment, as a witness. */
export function witnessFor({ publisher }: Deployment): SystemWitness {
  return witnessOf(() => publisher.connection)
}

export function openProofSite(
  deployment: Deployment,
  authority: IsolationAuthority = deployment.authority,
  { witness = witnessFor(deployment), ...rest }: ProofSiteOptions = {},
): ProofSite {
  return openProofSiteAt({ authority, servers: [deployment.server.url], witness, ...rest })
}

export interface ProofPlace extends ProofSiteOptions {
  readonly authority: IsolationAuthority
  readonly servers: readonly string[]
  readonly witness: SystemWitness
}

/** The same where there is no single server. */
export function openProofSiteAt({
  authority,
  servers,
  witness,
  barrierTimeoutMs = 5_000,
}: ProofPlace): ProofSite {
  const database = new DatabaseSync(':memory:')
  for (const { sql } of ISOLATION_MIGRATIONS) database.exec(sql)
  const saved: FileToSave[] = []
  const service = new IsolationService({
    database,
    authority,
    mesh: { proofServer: () => ({ name: 'Test mesh', servers }) },
    witness,
    saveFile: (file) => {
      saved.push(file)
      return Promise.resolve<SavedFile>({ type: 'cancelled' })
    },
    version: '0.0.0',
    log: silentLogger(),
    barrierTimeoutMs,
  })
  const until = (condition: (update: IsolationUpdate) => boolean) =>
    new Promise<IsolationUpdate>((resolve) => {
      const stop: { now?: () => void } = {}
      stop.now = service.subscribe((update) => {
        if (!condition(update)) return
        // The first update comes before `subscribe` returns.
        queueMicrotask(() => stop.now?.())
        resolve(update)
      })
    })
  const prove = async (tenants: readonly string[], probes = ALL_PROBES) => {
    const { id } = service.start({ tenants, probes })
    const last = await until(
      (update) =>
        update.type === 'snapshot' &&
        update.run?.id === id &&
        ['done', 'cancelled', 'failed'].includes(update.run.state),
    )
    if (last.type !== 'snapshot' || last.run === null) throw new Error('There is no run.')
    return last.run
  }
  return {
    service,
    saved,
    until,
    prove,
    reportOn: async (tenants, probes) => {
      const { reportId, problem } = await prove(tenants, probes)
      if (reportId === null) throw new Error(`There is no report: ${problem?.message}`)
      return service.report(reportId)
    },
    close: async () => {
      await service.close()
      database.close()
    },
  }
}
