import type {
  IsolationReport,
  Outcomes,
  ProbeOutcome,
  ProofFinding,
  ProofPair,
} from '#shared/contract/isolation.ts'
import { CONTROL_NAMES } from '../../src/main/isolation/control-names.ts'
import { PROBES, type Probe } from '../../src/main/isolation/probes.ts'
import { reportOn } from '../../src/main/isolation/report.ts'

const REFUSED_TO_DEVICES = (probe: Probe): ProbeOutcome =>
  probe.id === 'inbox-wiretap' || probe.id === 'forged-reply' ? 'held' : 'refused'

export interface MadeTenant {
  readonly name: string
  readonly isolation: 'account' | 'shared'
}

export interface ReportWish {
  readonly id: string
  readonly tenants: readonly MadeTenant[]
  readonly endedAt: Date
  readonly ended?: IsolationReport['ended']
  /** Ordered pairs, as `attacker victim`, whose traffic an import leaks. */
  readonly leaks?: readonly string[]
  /** Tenants that took no part. */
  readonly absent?: readonly string[]
}

/** A report as a proof would have made it, of tenants that never were. */
export function makeReport(wish: ReportWish): IsolationReport {
  const { id, tenants, endedAt, ended = 'completed', leaks = [], absent = [] } = wish
  const findings: ProofFinding[] = []
  const pairs = tenants.flatMap((attacker) =>
    tenants.flatMap((victim) =>
      attacker === victim ? [] : [pairOf(attacker, victim, { leaks, absent, findings })],
    ),
  )
  const controls = tenants.flatMap(({ name }) =>
    absent.includes(name)
      ? []
      : Object.values(CONTROL_NAMES).map((title) => ({
          tenant: name,
          title,
          worked: tenants.length - 1 - absent.length,
          tried: tenants.length - 1 - absent.length,
        })),
  )
  return reportOn({
    id,
    startedAt: new Date(endedAt.getTime() - 9_400),
    endedAt,
    ended,
    problem: null,
    version: '0.1.0',
    operator: { name: 'muster', publicKey: `O${'BX4KQ2M7TRAP9ZW'.repeat(4)}`.slice(0, 56) },
    mesh: {
      name: 'Local mesh',
      dialect: 'device-connect',
      urls: ['nats://192.168.1.20:4222'],
      tls: true,
      serverName: 'muster-7f3a',
      serverId: `N${'CQH2L7XWVOSAK3TD'.repeat(4)}`.slice(0, 56),
      serverVersion: '2.9.10',
    },
    tenants: tenants.map((tenant) => ({
      ...tenant,
      account: accountOf(tenant),
      jetStream: !absent.includes(tenant.name),
      problem: absent.includes(tenant.name)
        ? {
            code: 'PROOF_CONNECTIONS_REFUSED',
            kind: 'transient' as const,
            message: `The server takes no further connection of ${tenant.name}; a proof needs three.`,
            advice: 'Raise the limit of connections of the tenant for the proof.',
            details: {},
          }
        : null,
    })),
    probes: PROBES,
    declared: leaks.map((leak) => {
      const [into = '', from = ''] = leak.split(' ')
      return {
        into,
        from,
        type: 'stream' as const,
        subject: `device-connect.${from}.*.event.>`,
        localSubject: null,
      }
    }),
    result: { pairs, findings, controls },
  })
}

function accountOf({ name, isolation }: MadeTenant): string {
  const seed = isolation === 'shared' ? 'SHARED' : name.replaceAll(/[^A-Za-z]/gu, '').toUpperCase()
  return `A${seed.repeat(60)}`.slice(0, 56)
}

interface Making {
  readonly leaks: readonly string[]
  readonly absent: readonly string[]
  readonly findings: ProofFinding[]
}

function pairOf(attacker: MadeTenant, victim: MadeTenant, making: Making): ProofPair {
  const { leaks, absent, findings } = making
  const inOne = attacker.isolation === 'shared' && victim.isolation === 'shared'
  const names = { attacker: attacker.name, victim: victim.name }
  const border = inOne ? ('permissions' as const) : ('accounts' as const)
  const all = (outcome: (probe: Probe) => ProbeOutcome): Outcomes =>
    Object.fromEntries(PROBES.map((probe) => [probe.id, outcome(probe)]))
  const alone = attacker.isolation === 'account'
  const missing = absent.find((name) => name === attacker.name || name === victim.name)
  if (missing !== undefined) {
    findings.push({
      ...names,
      probe: 'publish',
      as: 'device',
      kind: 'inconclusive',
      text: `${missing} took no part: The server takes no further connection of ${missing}; a proof needs three.`,
      evidence: [],
    })
    const unknown = all(() => 'inconclusive')
    return { ...names, border, device: unknown, unrestricted: alone ? unknown : null }
  }
  const device = all((probe) =>
    inOne && crossesInOne(probe) ? 'crossed' : REFUSED_TO_DEVICES(probe),
  )
  const unrestricted = alone ? all(() => 'held') : null
  if (inOne) {
    for (const probe of PROBES.filter(crossesInOne)) {
      findings.push({
        ...names,
        probe: probe.id,
        as: 'device',
        kind: 'crossed',
        text: `A device of ${attacker.name} ${probe.crossing(victim.name)}. Both tenants live in one account, where only permissions separate them.`,
        evidence: [
          probe.id === 'inbox-wiretap'
            ? {
                action: 'subscribe _INBOX.>',
                saw: 'heard 3 messages of the other tenant, such as one on _INBOX.muster-canary-69735117-6c4c5b09a0666d2c35707908',
              }
            : {
                action: 'publish _INBOX.muster-canary-69735117-c5e4c4e480216ff95441b421',
                saw: 'was delivered to the other tenant’s side, on _INBOX.muster-canary-69735117-c5e4c4e480216ff95441b421',
              },
        ],
      })
    }
  }
  if (unrestricted !== null && leaks.includes(`${attacker.name} ${victim.name}`)) {
    unrestricted.subscribe = 'crossed'
    findings.push({
      ...names,
      probe: 'subscribe',
      as: 'unrestricted',
      kind: 'crossed',
      text: `A client with every permission in the account of ${attacker.name} listened to the traffic of ${victim.name}. The accounts share more than they should: look at their exports and imports.`,
      evidence: [
        {
          action: `subscribe device-connect.${victim.name}.>`,
          saw: `heard 1 messages of the other tenant, such as one on device-connect.${victim.name}.muster-probe-a7c341.event.probe`,
        },
      ],
    })
  }
  return { ...names, border, device, unrestricted }
}

function crossesInOne({ id }: Probe): boolean {
  return id === 'inbox-wiretap' || id === 'forged-reply'
}
