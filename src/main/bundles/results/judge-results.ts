import type { JudgedDevice } from '#shared/contract/bundles.ts'
import type { LedgerEntry } from '../../authority/ledger.ts'
import type { BundleAuthority } from '../collaborators.ts'
import type { FieldDevice } from './field-results.ts'

export type JudgingAuthority = Pick<BundleAuthority, 'tenants' | 'accountsOf'> & {
  readonly ledger: Pick<BundleAuthority['ledger'], 'entriesOfKey' | 'entriesOfTenant'>
}

/** Tells for each device whether it is new here, known already, or contradicts what is known. */
export function judgeResults(
  authority: JudgingAuthority,
  devices: readonly FieldDevice[],
): JudgedDevice[] {
  const tenants = new Map(authority.tenants().map((tenant) => [tenant.name, tenant]))
  const signers = new Map(
    authority
      .accountsOf([...new Set(devices.map(({ account }) => account))])
      .map(({ publicKey, signingKeys }) => [publicKey, new Set(signingKeys)]),
  )
  const others = new Map<string, LedgerEntry[]>()
  const entriesOf = (tenant: string) => {
    const entries = others.get(tenant) ?? authority.ledger.entriesOfTenant(tenant)
    others.set(tenant, entries)
    return entries
  }
  const seen = new Set<string>()
  return devices.map((device) => {
    const judged = (verdict: JudgedDevice['verdict'], reason: string): JudgedDevice => ({
      deviceId: device.deviceId,
      tenant: device.tenant,
      publicKey: device.publicKey,
      issuedAt: device.issuedAt,
      verdict,
      reason,
    })
    const mark = identityOf(device)
    if (seen.has(mark)) return judged('contradicts', 'It is in the results twice.')
    seen.add(mark)
    const tenant = tenants.get(device.tenant)
    if (tenant === undefined) return judged('contradicts', 'There is no such tenant here.')
    if (tenant.account !== device.account) {
      return judged('contradicts', 'The tenant has another account here.')
    }
    const known = authority.ledger.entriesOfKey(device.publicKey)
    if (known.some((entry) => isSame(entry, device))) {
      return judged('known', 'It is in the ledger already.')
    }
    const elsewhere = known.find(
      ({ deviceId, tenant: place }) => deviceId !== device.deviceId || place !== device.tenant,
    )
    if (elsewhere !== undefined) {
      const whose = elsewhere.deviceId ?? elsewhere.name
      return judged('contradicts', `Its key is that of ${whose} here.`)
    }
    if (known.some(({ state }) => state === 'revoked') && device.state !== 'revoked') {
      return judged('contradicts', 'Its key was revoked here.')
    }
    if (signers.get(device.account)?.has(device.signingKey) !== true) {
      return judged(
        'contradicts',
        'It was signed by a key that its account does not list any more.',
      )
    }
    const beside = entriesOf(device.tenant).some(
      ({ deviceId, publicKey, state }) =>
        deviceId === device.deviceId && publicKey !== device.publicKey && state === 'active',
    )
    return judged(
      'new',
      beside ? 'New. Another key of this device stays good until it is revoked.' : 'New.',
    )
  })
}

/** Two credentials of one key are told apart by when they were issued; a JWT counts seconds. */
function identityOf({ account, publicKey, issuedAt }: FieldDevice): string {
  return `${account} ${publicKey} ${secondOf(new Date(issuedAt))}`
}

function isSame(entry: LedgerEntry, device: FieldDevice): boolean {
  return (
    entry.account === device.account &&
    entry.deviceId === device.deviceId &&
    secondOf(entry.issuedAt) === secondOf(new Date(device.issuedAt))
  )
}

function secondOf(moment: Date): number {
  return Math.floor(moment.getTime() / 1000)
}
