import { isCustomRole, roleTitle } from '#shared/protocol/roles.ts'
import type {
  Credential,
  CredentialFilter,
  Revocation,
  RevocationStep,
} from '#shared/contract/credentials.ts'
import { plural } from '../../lib/counted.ts'
import { durationText } from '../../lib/time/format.ts'
import type { Tone } from '../../ui/state-mark.tsx'

/** Everything but this app's own connections. */
export const EVERYTHING: CredentialFilter = {
  text: '',
  tenant: null,
  role: null,
  state: 'all',
  expiresBefore: null,
  internal: false,
}

export const STATES: Readonly<Record<Credential['state'], { word: string; tone: Tone }>> = {
  pending: { word: 'Pending', tone: 'warn' },
  active: { word: 'Active', tone: 'ok' },
  expired: { word: 'Expired', tone: 'bad' },
  revoking: { word: 'Revoking', tone: 'busy' },
  revoked: { word: 'Revoked', tone: 'off' },
  struck: { word: 'Taken back', tone: 'off' },
}

const DELIVERIES: Readonly<Record<string, string>> = {
  internal: 'This app',
  commissioning: 'Commissioning',
  bundle: 'Bundle',
  file: 'File',
  mesh: 'Over the mesh',
}

/** How a credential reached its user. */
export function deliveryName(delivery: string): string {
  return DELIVERIES[delivery] ?? delivery
}

const ROLES: Readonly<Record<string, string>> = {
  device: 'Device',
  registry: 'Registry',
  console: 'Console',
  system: 'System',
}

/** A role as people read it: `device-restricted` becomes `Device restricted`. */
export function roleName(role: string): string {
  if (isCustomRole(role)) return roleTitle(role)
  const words = role.replaceAll('-', ' ')
  return ROLES[role] ?? `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`
}

/** The ends of a key, enough to tell it from others. */
export function shortKey(key: string): string {
  return key.length <= 16 ? key : `${key.slice(0, 6)}…${key.slice(-6)}`
}

export const REVOCATION_STATES: Readonly<
  Record<Revocation['state'], { word: string; tone: Tone }>
> = {
  running: { word: 'Under way', tone: 'busy' },
  waiting: { word: 'Waiting', tone: 'warn' },
  done: { word: 'Revoked', tone: 'ok' },
  failed: { word: 'Not revoked', tone: 'bad' },
  cancelled: { word: 'Called off', tone: 'off' },
}

export const STEP_WORDS: Readonly<Record<RevocationStep['name'], string>> = {
  look: 'See who is connected',
  push: 'Send the revocation to the servers and read it back',
  prove: 'See the connections close and a login fail',
}

/** What was seen, in sentences; what was not seen is said too. */
export function evidenceLines({ evidence, scope }: Revocation): string[] {
  const { connectedBefore, closed, closedCount, connectedAfter, probe } = evidence
  const lines: string[] = []
  if (connectedBefore === null) lines.push('Who was connected before could not be seen.')
  else if (connectedBefore === 0 && closedCount === 0) lines.push('Nobody was connected with it.')
  else {
    const slowest = Math.max(0, ...closed.map(({ afterMs }) => afterMs))
    const time =
      closed.length === 0 ? '' : `, the last ${durationText(slowest)} after you confirmed`
    const of = Math.max(connectedBefore, closedCount)
    lines.push(`${closedCount} of ${of} ${plural(of, 'connection')} seen to close${time}.`)
  }
  if (connectedAfter === null) lines.push('Whether anybody is still connected could not be seen.')
  else if (connectedAfter > 0) {
    lines.push(`${connectedAfter} ${plural(connectedAfter, 'connection')} still there afterwards.`)
  } else {
    const { servers } = evidence
    lines.push(`No connection is left, ${servers ?? 0} ${plural(servers ?? 0, 'server')} asked.`)
  }
  lines.push(...attemptLines(evidence.attemptCount, scope))
  lines.push(probeLine(probe))
  return lines
}

function attemptLines(count: number, scope: Revocation['scope']): string[] {
  if (count === 0) return scope === 'account' ? [] : ['It has not tried to come back yet.']
  return [
    `${count} ${plural(count, 'try', 'tries')} to come back with it turned away by the server.`,
  ]
}

function probeLine(probe: Revocation['evidence']['probe']): string {
  if (probe === null) return 'No login was tried with a throw-away key.'
  const { revokedKey, freshKey } = probe
  if (revokedKey === 'let-in') {
    return 'A throw-away key that was revoked in the same push was let in: the server does not enforce the list.'
  }
  if (revokedKey === 'refused' && freshKey === 'let-in') {
    return 'A throw-away key revoked in the same push was refused, a fresh one let in: the server enforces the list.'
  }
  return 'A login with a throw-away key came to no clear result.'
}

/** A revocation as text, to be copied into a report. */
export function reportOf(revocation: Revocation): string {
  const { accountName, account, scope, names, credentialCount, issuedUpTo } = revocation
  const more = credentialCount - names.length
  const what =
    scope === 'account'
      ? `everything issued up to ${issuedUpTo ?? ''} (${credentialCount} credentials)`
      : `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  const { closed, attempts, probe } = revocation.evidence
  return [
    `Revocation ${revocation.id}`,
    `What: ${what}`,
    `Account: ${accountName} ${account}`,
    `Reason: ${revocation.reason}`,
    `Result: ${REVOCATION_STATES[revocation.state].word}`,
    `Confirmed: ${revocation.begunAt}`,
    `In force: ${revocation.revokedAt ?? 'not'}`,
    ...evidenceLines(revocation).map((line) => `- ${line}`),
    ...closed.map(
      ({ at, name, publicKey, server, address, reason, afterMs }) =>
        `  closed ${at} (${Math.round(afterMs)} ms) ${name} ${publicKey} ${address} by ${server}: ${reason}`,
    ),
    ...attempts.map(
      ({ at, name, publicKey, server, address }) =>
        `  refused ${at} ${name} ${publicKey} ${address} by ${server}`,
    ),
    ...(probe === null
      ? []
      : [`  probe ${probe.at}: revoked key ${probe.revokedKey}, fresh key ${probe.freshKey}`]),
    ...(revocation.problem === null ? [] : [`Problem: ${revocation.problem.message}`]),
  ].join('\n')
}
