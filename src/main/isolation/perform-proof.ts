import type { Problem } from '#shared/contract/common.ts'
import type { CellState, IsolationReport, ProofTenant } from '#shared/contract/isolation.ts'
import { ConflictError, MusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { assembleCast, type Cast } from './cast.ts'
import type {
  IsolationAuthority,
  ProofServer,
  ProvenTenant,
  SystemWitness,
} from './collaborators.ts'
import { declaredSharing } from './declared-sharing.ts'
import type { AbsentParty } from './party.ts'
import type { Probe } from './probes.ts'
import { proofTooSlow, serverLost, tenantNotReady } from './problems.ts'
import { runProof } from './proof.ts'
import { reportOn } from './report.ts'

export interface ProofParts {
  readonly authority: IsolationAuthority
  readonly witness: SystemWitness
  readonly version: string
  readonly barrierTimeoutMs: number
  readonly now: () => Date
}

export interface ProofOrder {
  readonly id: string
  readonly startedAt: Date
  readonly tenants: readonly ProvenTenant[]
  readonly probes: readonly Probe[]
  readonly server: ProofServer
  readonly signal: AbortSignal
}

export interface ProofProgress {
  /** Everybody is connected. */
  began(): void
  pair(attacker: number, victim: number, state: CellState): void
  /** All was tried; what was opened for it is being put away. */
  ending(): void
}

/**
 * A whole proof: connects, tries everything, puts everything away, and tells what was seen. Ended by the
 * signal it tells what was seen by then.
 * @throws what `assembleCast` throws; then nothing was tried.
 */
export async function performProof(
  parts: ProofParts,
  order: ProofOrder,
  progress: ProofProgress,
): Promise<IsolationReport> {
  const { authority, witness } = parts
  const { id, tenants, probes, server, signal } = order
  const operator = authority.operator()
  if (operator === undefined) throw notSetUp()
  const dialect = dialectOf(operator.dialect)
  const ready = tenants.filter(({ state }) => state === 'ready')
  const cast = await assembleCast({
    runId: id,
    authority,
    server,
    witness,
    dialect,
    tenants: ready,
    barrierTimeoutMs: parts.barrierTimeoutMs,
    signal,
  })
  const absent = [...cast.absent, ...tenants.flatMap((tenant) => notReady(tenant))]
  try {
    progress.began()
    const declared = await declaredSharing(ready, operator.registryAccount, witness, signal)
    const result = await runProof({
      cast: { ...cast, absent },
      tenants,
      probes,
      dialect,
      witness,
      signal,
      report: (attacker, victim, state) => progress.pair(attacker, victim, state),
    })
    const { ended, problem } = await endOf(cast, signal)
    return reportOn({
      id,
      startedAt: order.startedAt,
      endedAt: parts.now(),
      ended,
      problem,
      version: parts.version,
      operator: { name: operator.name, publicKey: operator.publicKey },
      mesh: meshFacts(server, cast, dialect.name),
      tenants: tenants.map((tenant) => tenantFacts(tenant, cast, absent)),
      probes,
      declared,
      result,
    })
  } finally {
    progress.ending()
    await cast.close()
  }
}

async function endOf(
  { stage }: Cast,
  { aborted, reason }: AbortSignal,
): Promise<Pick<IsolationReport, 'ended' | 'problem'>> {
  // A connection learns of its loss a moment after others may have.
  await stage.registry.barrier().catch(() => undefined)
  if (aborted) {
    return reason instanceof MusterError && reason.code === 'PROOF_CANCELLED'
      ? { ended: 'cancelled', problem: null }
      : { ended: 'broken-off', problem: problemOf(proofTooSlow()) }
  }
  return stage.registry.lost
    ? { ended: 'broken-off', problem: problemOf(serverLost()) }
    : { ended: 'completed', problem: null }
}

function meshFacts(server: ProofServer, { stage }: Cast, dialect: string): IsolationReport['mesh'] {
  const { info } = stage.registry
  return {
    name: server.name,
    dialect,
    urls: server.servers.map(withoutUserInfo),
    tls: info?.tls_required === true || server.servers.some((url) => /^(?:tls|wss):/iu.test(url)),
    serverName: info?.server_name ?? '',
    serverId: info?.server_id ?? '',
    serverVersion: info?.version ?? '',
  }
}

function tenantFacts(
  { name, account, isolation }: ProvenTenant,
  { parties }: Cast,
  absent: readonly AbsentParty[],
): ProofTenant {
  const problem: Problem | null = absent.find(({ tenant }) => tenant.name === name)?.problem ?? null
  const jetStream = parties.find(({ tenant }) => tenant.name === name)?.hasJetStream ?? null
  return { name, account, isolation, jetStream, problem }
}

function notReady(tenant: ProvenTenant): AbsentParty[] {
  return tenant.state === 'ready'
    ? []
    : [{ tenant, problem: problemOf(tenantNotReady(tenant.name)) }]
}

/** URLs may carry a user and a password, which are nobody's business. */
function withoutUserInfo(url: string): string {
  return url.replace(/\/\/[^/@]*@/u, '//')
}

function notSetUp(): ConflictError {
  return new ConflictError({
    code: 'AUTHORITY_NOT_SET_UP',
    message: 'This profile has no operator yet, so there are no tenants whose isolation to prove.',
    advice: 'Make a local mesh first (Settings, Mesh).',
  })
}
