import type { PermissionTemplate } from './permission-template.ts'
import { OWN_QUEUE } from './queue.ts'

/**
 * What a credential is for. `device-own` is a device that is kept to its own subjects, `orchestrator` an agent
 * that calls devices, `viewer` somebody who only looks.
 */
export const ROLE_NAMES = [
  'device',
  'device-own',
  'orchestrator',
  'registry',
  'console',
  'viewer',
] as const
export type RoleName = (typeof ROLE_NAMES)[number]

/** A role that came with an imported store; what stands behind the colon is its name there. */
export type CustomRole = `custom:${string}`
export type Role = RoleName | CustomRole

const CUSTOM = 'custom:'
const MAX_NAME_LENGTH = 64

/** The custom role of that name; undefined where nothing of it can be shown. */
export function customRole(name: string): CustomRole | undefined {
  const shown = name
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_NAME_LENGTH)
  return shown === '' ? undefined : `${CUSTOM}${shown}`
}

export function isCustomRole(role: string): role is CustomRole {
  return role.startsWith(CUSTOM) && role.length > CUSTOM.length
}

export function isRole(role: string): role is Role {
  return isCustomRole(role) || ROLE_NAMES.some((name) => name === role)
}

/** What people read for a role. */
export function roleTitle(role: Role): string {
  return isCustomRole(role) ? role.slice(CUSTOM.length) : ROLE_TITLES[role]
}

/** What a signing key calls its role in the account's JWT. */
export function roleClaim(role: Role): string {
  return isCustomRole(role) ? role.slice(CUSTOM.length) : role
}

/** Roles whose users belong to a tenant; the registry serves all. */
export const TENANT_ROLES = ROLE_NAMES.filter((role) => role !== 'registry')

/** What people read for a role. */
export const ROLE_TITLES: Readonly<Record<RoleName, string>> = {
  device: 'Device',
  'device-own': 'Device, own subjects only',
  orchestrator: 'Orchestrator or agent',
  registry: 'Registry',
  console: 'Console',
  viewer: 'Viewer',
}

/** How long after a request its answer is let through, in seconds. */
const ANSWER_SECONDS = 300
// A request through an imported service comes with a reply subject of the server (`_R_.…`), which no
// list of subjects could name.
const ANSWERS = { max: 1, seconds: ANSWER_SECONDS } as const

const TENANT = '{root}.{tenant}'
const OWN = `${TENANT}.{{name()}}`

/** Permissions of each role as they come (protocol.md, "NATS decentralized auth"); all can be edited. */
export const DEFAULT_TEMPLATES: Readonly<Record<RoleName, PermissionTemplate>> = {
  device: withQueue(both(`${TENANT}.>`, ANSWERS)),
  'device-own': withQueue({
    pub: {
      allow: [`${TENANT}.registry`, `${TENANT}.discovery`, `${OWN}.heartbeat`, `${OWN}.event.>`],
      deny: [],
    },
    sub: {
      allow: [
        `${OWN}.cmd`,
        `${OWN}.queue`,
        `${TENANT}.broadcast`,
        `${TENANT}.device.online`,
        `${TENANT}.device.offline`,
      ],
      deny: [],
    },
    answers: ANSWERS,
    inbox: 'shared',
  }),
  orchestrator: both(`${TENANT}.>`, ANSWERS),
  registry: both('{root}.>', ANSWERS),
  console: both(`${TENANT}.>`, null),
  viewer: {
    pub: { allow: [`${TENANT}.discovery`], deny: [] },
    sub: { allow: [`${TENANT}.>`], deny: [] },
    answers: null,
    inbox: 'private',
  },
}

function both(subject: string, answers: PermissionTemplate['answers']): PermissionTemplate {
  const list = { allow: [subject], deny: [] }
  return { pub: list, sub: list, answers, inbox: 'shared' }
}

/** A device fetches what was queued for it while it was away: docs/extensions/queued-commands.md. */
function withQueue(template: PermissionTemplate): PermissionTemplate {
  const { pub } = template
  return { ...template, pub: { ...pub, allow: [...pub.allow, ...OWN_QUEUE] } }
}
