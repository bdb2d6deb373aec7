import type { Dialect } from './dialect.ts'
import { isSafeToken, requireSafeToken } from './names.ts'

/**
 * The subjects of protocol.md, "Subjects (NATS)". Every builder checks its tokens, so that no
 * name from outside can widen a subject.
 */
export interface Subjects {
  /** `P.T.registry`: registerDevice requests. */
  registry(tenant: string): string
  /** `P.T.discovery`: discovery RPC. */
  discovery(tenant: string): string
  /** `P.T.D.heartbeat` */
  heartbeat(tenant: string, device: string): string
  /** `P.T.D.cmd` */
  command(tenant: string, device: string): string
  /** `P.T.D.event.NAME` */
  event(tenant: string, device: string, name: string): string
  /** `P.T.D.event.>` */
  eventsOf(tenant: string, device: string): string
  /** `P.T.broadcast` */
  broadcast(tenant: string): string
  /** `P.T.device.online` */
  online(tenant: string): string
  /** `P.T.device.offline` */
  offline(tenant: string): string
  /** `P.T.>` */
  everythingOf(tenant: string): string
  /** `P.T.*.heartbeat` */
  heartbeatsOf(tenant: string): string
  /** `P.T.*.event.>` */
  allEventsOf(tenant: string): string
  /** `P.T.*.cmd` */
  commandsOf(tenant: string): string
}

/** Subject builders for one dialect. Each throws RejectedError `NAME_UNSAFE` on a bad token. */
export function subjectsOf(dialect: Dialect): Subjects {
  const root = dialect.subjectRoot
  const at = (tenant: string, rest: string) =>
    `${root}.${requireSafeToken(tenant, 'tenant')}.${rest}`
  const of = (tenant: string, device: string, rest: string) =>
    at(tenant, `${requireSafeToken(device, 'device id')}.${rest}`)
  return {
    registry: (tenant) => at(tenant, 'registry'),
    discovery: (tenant) => at(tenant, 'discovery'),
    heartbeat: (tenant, device) => of(tenant, device, 'heartbeat'),
    command: (tenant, device) => of(tenant, device, 'cmd'),
    event: (tenant, device, name) =>
      of(tenant, device, `event.${requireSafeToken(name, 'event name')}`),
    eventsOf: (tenant, device) => of(tenant, device, 'event.>'),
    broadcast: (tenant) => at(tenant, 'broadcast'),
    online: (tenant) => at(tenant, 'device.online'),
    offline: (tenant) => at(tenant, 'device.offline'),
    everythingOf: (tenant) => at(tenant, '>'),
    heartbeatsOf: (tenant) => at(tenant, '*.heartbeat'),
    allEventsOf: (tenant) => at(tenant, '*.event.>'),
    commandsOf: (tenant) => at(tenant, '*.cmd'),
  }
}

/** What a received subject names: the tenant comes from here, never from the payload. */
export interface ParsedSubject {
  readonly tenant: string
  readonly device: string
  /** What follows the device token, for example `heartbeat` or `event.motion`. */
  readonly rest: string
}

/** Splits `P.T.D.rest`; undefined where the subject is not of this dialect or a token is unsafe. */
export function parseDeviceSubject(dialect: Dialect, subject: string): ParsedSubject | undefined {
  const prefix = `${dialect.subjectRoot}.`
  if (!subject.startsWith(prefix)) return undefined
  const tenantEnd = subject.indexOf('.', prefix.length)
  if (tenantEnd < 0) return undefined
  const deviceEnd = subject.indexOf('.', tenantEnd + 1)
  if (deviceEnd < 0) return undefined
  const tenant = subject.slice(prefix.length, tenantEnd)
  const device = subject.slice(tenantEnd + 1, deviceEnd)
  if (!isSafeToken(tenant) || !isSafeToken(device)) return undefined
  return { tenant, device, rest: subject.slice(deviceEnd + 1) }
}
