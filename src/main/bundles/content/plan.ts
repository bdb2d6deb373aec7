import type { BundleChoice, PlannedCredential } from '#shared/contract/bundles.ts'
import { isSafeToken } from '#shared/protocol/names.ts'
import { isPublicKey } from '../../authority/nkey.ts'
import type { LedgerEntry } from '../../authority/ledger.ts'
import type { OwnCredential } from './own-files.ts'

/** What is known when a bundle is planned. */
export interface PlanningFacts {
  /** The tenant's account (A…). */
  readonly account: string
  readonly isolation: 'account' | 'shared'
  /** All credentials of the tenant, the oldest first. */
  readonly entries: readonly LedgerEntry[]
  /** Those with their keys in the person's folder, by device. Secret. */
  readonly own: ReadonlyMap<string, OwnCredential>
  readonly now: Date
}

/** One credential of a bundle, with where it comes from. */
export interface PlannedItem extends PlannedCredential {
  /** Ledger entry of the credential that is kept. */
  readonly ledgerId?: string
  /** The person's own. Secret. */
  readonly own?: OwnCredential
  /** The device's own key (U…), which never left it: issued for without a private key. */
  readonly deviceKey?: string
}

/** Names of the one credential that these kinds have. */
const SINGLE_NAMES = {
  collector: 'collector',
  context: 'console',
  'leaf-node': 'leaf-node',
} as const

/** What becomes of each credential, and why. Issues nothing. */
export function planItems(choice: BundleChoice, facts: PlanningFacts): PlannedItem[] {
  if (choice.kind !== 'devices' && choice.kind !== 'tenant') {
    const name = choice.newDevices[0] ?? `${choice.tenant}-${SINGLE_NAMES[choice.kind]}`
    if (choice.kind === 'leaf-node' && facts.isolation === 'shared') {
      return [
        refused(
          name,
          'The tenant shares its account: a leaf node would reach the other tenants in it.',
        ),
      ]
    }
    return [newItem(name, 'A credential of its own is made for it.')]
  }
  const good = goodByDevice(facts)
  const wanted =
    choice.kind === 'tenant' && choice.devices.length === 0 ? [...good.keys()] : choice.devices
  const byKey = (choice.deviceKeys ?? []).map(({ device, publicKey }) =>
    itemForKey(device, publicKey, choice, facts),
  )
  const keyed = new Set(byKey.map(({ name }) => name))
  const planned = [...new Set(wanted)]
    .filter((device) => !keyed.has(device))
    .map((device) => itemFor(device, good.get(device), choice, facts))
  const known = new Set([...wanted, ...keyed])
  const added = [...new Set(choice.newDevices)]
    .filter((name) => !known.has(name))
    .map((name) => {
      const present = good.get(name)
      return present === undefined
        ? newItem(name, 'A device that is not there yet.')
        : itemFor(name, present, choice, facts)
    })
  return [...planned, ...added, ...byKey].toSorted((one, other) =>
    one.name.localeCompare(other.name),
  )
}

function itemFor(
  device: string,
  entry: LedgerEntry | undefined,
  choice: BundleChoice,
  facts: PlanningFacts,
): PlannedItem {
  if (!isSafeToken(device)) {
    return refused(device, 'Its name holds a character that subjects give a meaning to.')
  }
  const own = facts.own.get(device)
  if (own !== undefined) {
    const problem = problemOf(own, facts)
    if (problem === undefined) {
      return {
        name: device,
        way: 'repack',
        reason: 'Its credential and key are in your folder.',
        publicKey: own.publicKey,
        replaces: false,
        own,
      }
    }
    if (choice.keys === 'keep') return refused(device, problem)
    return newItem(device, `${problem} A new one is made.`, entry !== undefined)
  }
  if (choice.keys === 'new') {
    return entry === undefined
      ? newItem(device, 'It has no credential that works.')
      : newItem(
          device,
          'Its private key is on the device and nowhere else, so it gets a new credential with a new key. The present one stays good until it is revoked.',
          true,
        )
  }
  if (entry === undefined) return refused(device, 'It has no credential that works, to be kept.')
  return keptItem(device, entry)
}

function keptItem(device: string, entry: LedgerEntry): PlannedItem {
  if (entry.form === null || entry.form === undefined) {
    return refused(
      device,
      'Its credential was issued elsewhere and can not be made once more here.',
    )
  }
  return {
    name: device,
    way: 'keep',
    reason: 'The credential as it is, without its private key, which the device keeps.',
    publicKey: entry.publicKey,
    replaces: false,
    ledgerId: entry.id,
  }
}

/** A device that made its key itself and told its public part. */
function itemForKey(
  device: string,
  publicKey: string,
  { deviceKeys = [] }: BundleChoice,
  { entries, now }: PlanningFacts,
): PlannedItem {
  if (!isPublicKey(publicKey, 'user')) {
    return refused(device, 'This is no public key of a device: it is cut or mistyped.')
  }
  const same = deviceKeys.filter((one) => one.device === device || one.publicKey === publicKey)
  if (same.length > 1) return refused(device, 'The device or its key is named twice.')
  const known = entries.filter((entry) => entry.publicKey === publicKey)
  if (known.some((entry) => entry.deviceId !== device)) {
    return refused(device, 'Another device has this key.')
  }
  if (known.some(({ state }) => state === 'revoked')) {
    return refused(device, 'This key was revoked. The device has to make another one.')
  }
  const good = known.find(
    ({ state, expiresAt }) => (state === 'active' || state === 'pending') && expiresAt > now,
  )
  if (good !== undefined) return keptItem(device, good)
  const item = newItem(
    device,
    'Issued for the key that the device made itself. Its private key never leaves it.',
  )
  return item.way === 'issue' ? { ...item, publicKey, deviceKey: publicKey } : item
}

/** Why a credential of the person's folder is not handed on; undefined where it is good. */
function problemOf(own: OwnCredential, { account, entries }: PlanningFacts): string | undefined {
  if (own.accountPublicKey !== account)
    return 'The credential in your folder is of another account.'
  const known = entries.filter(({ publicKey }) => publicKey === own.publicKey)
  if (known.length > 0 && !known.some(({ state }) => state === 'active' || state === 'pending')) {
    return 'The credential in your folder was withdrawn.'
  }
  return undefined
}

/** The newest credential in force of each device. */
function goodByDevice({ entries, now }: PlanningFacts): ReadonlyMap<string, LedgerEntry> {
  const good = new Map<string, LedgerEntry>()
  for (const entry of entries) {
    const inForce = entry.state === 'active' || entry.state === 'pending'
    if (entry.deviceId === null || !inForce || entry.expiresAt <= now) continue
    if (entry.role === 'device' || entry.role === 'device-own') good.set(entry.deviceId, entry)
  }
  return good
}

function newItem(name: string, reason: string, replaces = false): PlannedItem {
  if (!isSafeToken(name)) return refused(name, 'This can not be the name of a device.')
  return { name, way: 'issue', reason, publicKey: null, replaces }
}

function refused(name: string, reason: string): PlannedItem {
  return { name, way: 'refuse', reason, publicKey: null, replaces: false }
}
