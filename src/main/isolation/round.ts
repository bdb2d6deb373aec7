import { toMusterError, type MusterError } from '#shared/errors.ts'
import type {
  AttackerKind,
  Outcomes,
  ProbeOutcome,
  ProofFinding,
  ProofPair,
} from '#shared/contract/isolation.ts'
import type { Subjects } from '#shared/protocol/subjects.ts'
import { Attack, type Attempt } from './attack.ts'
import { CONTROL_NAMES } from './control-names.ts'
import type { Party, Stage } from './party.ts'
import type { ControlId, Probe } from './probes.ts'
import { RoundTraffic } from './round-traffic.ts'
import type { Target } from './target.ts'

/** What only the whole proof can tell: whether JetStream and the system account answer the victim. */
export type Witness = (victim: Party) => Promise<ReadonlySet<ControlId>>

export interface RoundOrder {
  readonly stage: Stage
  readonly attacker: Party
  readonly victim: Party
  readonly probes: readonly Probe[]
  readonly subjects: Subjects
  /** Controls beyond the round's own that failed. */
  readonly witness: Witness
}

export interface RoundResult {
  readonly pair: ProofPair
  readonly findings: readonly ProofFinding[]
  /** Undefined where the round broke off. */
  readonly failedControls: ReadonlySet<ControlId> | undefined
}

/**
 * One tenant tries everything on one other. The victim's side talks meanwhile, so that there is
 * something to steal: its requests are in flight while the attacker forges answers, and the true
 * answers come after, while the attacker's taps still listen.
 * Never throws: what could not be seen is inconclusive.
 */
export async function runRound(order: RoundOrder): Promise<RoundResult> {
  const { stage, attacker, victim, probes, subjects, witness } = order
  const own = subjects.event(attacker.tenant.name, stage.device, 'echo')
  const attacks = attacker.attackers.map((one) => ({
    kind: one.kind,
    attack: new Attack(one, stage.canaries, own),
  }))
  let traffic: RoundTraffic | undefined
  try {
    const before = targetOf(order, { inbox: undefined, private: undefined, service: undefined })
    await Promise.all(attacks.map(({ attack }) => attack.listen(probes, before)))
    traffic = new RoundTraffic(stage, victim, subjects)
    await traffic.arrived()
    const target = targetOf(order, traffic.replies())
    await Promise.all(attacks.map(({ attack }) => attack.shoot(probes, target)))
    // What the shots hit is heard by the time the true answers are.
    await traffic.answer()
    await victim.unrestricted?.barrier()
    const failed = new Set([...traffic.failedControls(), ...(await witness(victim))])
    await Promise.all(attacker.attackers.map(({ connection }) => connection.barrier()))
    return judged(order, attacks, traffic, failed)
  } catch (error) {
    return brokenOff(order, toMusterError(error))
  } finally {
    for (const { attack } of attacks) attack.close()
    traffic?.close()
  }
}

function targetOf({ stage, victim, subjects }: RoundOrder, replies: Target['replies']): Target {
  return {
    subjects,
    root: stage.root,
    tenant: victim.tenant.name,
    account: victim.tenant.account,
    device: stage.device,
    privatePrefix: victim.consolePrefix,
    stream: victim.stream ?? `MUSTER_PROBE_${stage.runId}-${victim.tenant.name}`,
    replies,
  }
}

function judged(
  order: RoundOrder,
  attacks: readonly { readonly kind: AttackerKind; readonly attack: Attack }[],
  traffic: RoundTraffic,
  failed: ReadonlySet<ControlId>,
): RoundResult {
  const { stage, victim, probes } = order
  const strangers = new Set([...victim.ears, ...stage.registryEars, ...traffic.inboxes])
  const outcomes = new Map<AttackerKind, Outcomes>()
  const findings: ProofFinding[] = []
  for (const { kind, attack } of attacks) {
    const ofKind: Outcomes = {}
    for (const probe of probes) {
      const attempts = attack.judge(probe, traffic.secrets, strangers, victim.tenant.account)
      const { outcome, finding } = verdictOn(order, { probe, kind, attempts, failed })
      ofKind[probe.id] = outcome
      if (finding !== undefined) findings.push(finding)
    }
    outcomes.set(kind, ofKind)
  }
  return { pair: pairOf(order, outcomes), findings, failedControls: failed }
}

interface Tried {
  readonly probe: Probe
  readonly kind: AttackerKind
  readonly attempts: readonly Attempt[]
  readonly failed: ReadonlySet<ControlId>
}

function verdictOn(
  order: RoundOrder,
  { probe, kind, attempts, failed }: Tried,
): { outcome: ProbeOutcome; finding?: ProofFinding } {
  const { attacker, victim } = order
  const finding = (kindOf: ProofFinding['kind'], text: string, of: readonly Attempt[]) => ({
    attacker: attacker.tenant.name,
    victim: victim.tenant.name,
    probe: probe.id,
    as: kind,
    kind: kindOf,
    text,
    evidence: of.map(({ action, saw }) => ({ action, saw })),
  })
  const crossed = attempts.filter(({ outcome }) => outcome === 'crossed')
  if (crossed.length > 0) {
    return {
      outcome: 'crossed',
      finding: finding('crossed', crossedText(order, probe, kind), crossed),
    }
  }
  const isRefused = attempts.length > 0 && attempts.every(({ outcome }) => outcome === 'refused')
  if (isRefused) return { outcome: 'refused' }
  if (probe.needsStream === true && victim.hasJetStream === false) {
    return { outcome: 'not-applicable' }
  }
  const missing = probe.controls.filter((control) => failed.has(control))
  const unclear = attempts.filter(({ outcome }) => outcome === 'inconclusive')
  if (missing.length > 0 || unclear.length > 0 || attempts.length === 0) {
    const text =
      missing.length > 0
        ? `Nothing crossed, but what must work did not either (${missing.map((control) => CONTROL_NAMES[control]).join(', ')}), so this proves nothing.`
        : 'It could not be tried in a way that would have shown a leak.'
    return { outcome: 'inconclusive', finding: finding('inconclusive', text, unclear) }
  }
  const unrefused = attempts.filter((attempt) => attempt.unrefused && attempt.outcome === 'held')
  if (kind === 'device' && unrefused.length > 0) {
    const text = `The server let a device of ${attacker.tenant.name} try this. Nothing crossed, since the accounts keep them apart; but the device’s permissions are wider than its tenant.`
    return { outcome: 'held', finding: finding('weak', text, unrefused) }
  }
  return { outcome: 'held' }
}

function crossedText({ attacker, victim }: RoundOrder, probe: Probe, kind: AttackerKind): string {
  const from = attacker.tenant.name
  const did = probe.crossing(victim.tenant.name)
  if (attacker.tenant.account === victim.tenant.account) {
    return `A device of ${from} ${did}. Both tenants live in one account, where only permissions separate them.`
  }
  return kind === 'device'
    ? `A device of ${from} ${did}.`
    : `A client with every permission in the account of ${from} ${did}. The accounts share more than they should: look at their exports and imports.`
}

/** What stands between two tenants. */
export function borderOf(attacker: Party['tenant'], victim: Party['tenant']): ProofPair['border'] {
  return attacker.account === victim.account ? 'permissions' : 'accounts'
}

function pairOf(
  { attacker, victim }: RoundOrder,
  outcomes: ReadonlyMap<AttackerKind, Outcomes>,
): ProofPair {
  return {
    attacker: attacker.tenant.name,
    victim: victim.tenant.name,
    border: borderOf(attacker.tenant, victim.tenant),
    device: outcomes.get('device') ?? {},
    unrestricted: outcomes.get('unrestricted') ?? null,
  }
}

function brokenOff(order: RoundOrder, error: MusterError): RoundResult {
  return {
    ...inconclusivePair(order.attacker.tenant, order.victim.tenant, order.probes, error.message),
    failedControls: undefined,
  }
}

/** A pair about which nothing is known, and why. */
export function inconclusivePair(
  attacker: Party['tenant'],
  victim: Party['tenant'],
  probes: readonly Probe[],
  why: string,
): Pick<RoundResult, 'pair' | 'findings'> {
  const unknown: Outcomes = Object.fromEntries(probes.map(({ id }) => [id, 'inconclusive']))
  const hasAccount = attacker.isolation === 'account'
  const pair: ProofPair = {
    attacker: attacker.name,
    victim: victim.name,
    border: borderOf(attacker, victim),
    device: unknown,
    unrestricted: hasAccount ? { ...unknown } : null,
  }
  const [probe] = probes
  if (probe === undefined) return { pair, findings: [] }
  const finding: ProofFinding = {
    attacker: attacker.name,
    victim: victim.name,
    probe: probe.id,
    as: 'device',
    kind: 'inconclusive',
    text: why,
    evidence: [],
  }
  return { pair, findings: [finding] }
}
