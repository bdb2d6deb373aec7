import type { BundleChoice } from '#shared/contract/bundles.ts'
import { createNkey } from '../authority/nkey.ts'
import type { Permissions } from '../authority/permissions.ts'
import type { UserRequest } from '../authority/user-issue.ts'
import { safeName } from '../files/safe-name.ts'
import type { BundleAuthority } from './collaborators.ts'
import type { PackedCredential } from './content/content-file.ts'
import type { PlannedItem } from './content/plan.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** A key that was made for a bundle. `seed` is secret and exists here and in the bundle only. */
export interface NewKey {
  readonly item: PlannedItem
  readonly publicKey: string
  /** Absent where the device made its key itself. */
  readonly seed?: string
}

/** Keys for all that is to be issued: known before anything is, so that a crash can be cleaned up after. */
export function newKeys(items: readonly PlannedItem[]): NewKey[] {
  return items
    .filter(({ way }) => way === 'issue')
    .map((item) => {
      if (item.deviceKey !== undefined) return { item, publicKey: item.deviceKey }
      const { publicKey, seed } = createNkey('user')
      return { item, publicKey, seed }
    })
}

/** Issues for new keys, all or none; `root` is what the tenant's subjects begin with. @throws what issuing throws. */
export async function issueFor(
  authority: Pick<BundleAuthority, 'issueUsers'>,
  choice: BundleChoice,
  { name, root }: { readonly name: string; readonly root: string },
  keys: readonly NewKey[],
): Promise<PackedCredential[]> {
  if (keys.length === 0) return []
  const users = await authority.issueUsers(
    keys.map(({ item, publicKey }) => requestFor(choice, { name, root }, item, publicKey)),
  )
  return users.map((user, index) => {
    const { item, seed } = keys[index] as NewKey
    return packedOf(item.name, user, seed)
  })
}

/** Credentials that are there already: with the key from the person's folder, or without. */
export async function repackedOf(
  authority: Pick<BundleAuthority, 'repeatUser'>,
  name: string,
  items: readonly PlannedItem[],
): Promise<PackedCredential[]> {
  const packed: PackedCredential[] = []
  for (const { name: device, ledgerId, own } of items) {
    if (own !== undefined) {
      const { publicKey, jwt, seed, inboxPrefix } = own
      // Without an end it is good for ever; the manifest has no word for that but a far date.
      const expiresAt = own.expiresAt ?? new Date(Date.UTC(9999, 0))
      packed.push(packedOf(device, { publicKey, jwt, inboxPrefix, expiresAt }, seed))
    } else if (ledgerId !== undefined) {
      const user = await authority.repeatUser(ledgerId, `It goes out with the bundle ${name}.`)
      packed.push(packedOf(device, user, undefined))
    }
  }
  return packed
}

function requestFor(
  choice: BundleChoice,
  { name: bundle, root }: { readonly name: string; readonly root: string },
  { name }: PlannedItem,
  publicKey: string,
): UserRequest {
  const common = {
    account: { tenant: choice.tenant },
    name,
    publicKey,
    ttlMs: choice.validDays * DAY_MS,
    delivery: 'bundle',
    reason: `For the bundle ${bundle}.`,
  } as const
  switch (choice.kind) {
    case 'devices':
    case 'tenant':
      return { ...common, role: 'device', deviceId: name }
    case 'collector':
      return { ...common, role: 'viewer' }
    case 'context':
      return { ...common, role: 'console', inbox: 'private' }
    case 'leaf-node':
      return { ...common, role: 'orchestrator', permissions: () => leafPermissions(root) }
  }
}

/**
 * A leaf node speaks for a whole site. Answers of its devices go to inboxes of any name (`_INBOX_U….>` of
 * consoles, `_R_.>` of imported services), which no pattern could list, and a leaf has no response permission:
 * so it may publish everything but what belongs to the server. It hears its tenant and the usual inboxes.
 */
function leafPermissions(root: string): Permissions {
  return {
    pub: { allow: ['>'], deny: ['$SYS.>', '$JS.>', '$KV.>', '$O.>'] },
    sub: { allow: [`${root}.>`, '_INBOX.>'], deny: [] },
  }
}

function packedOf(
  name: string,
  user: Pick<PackedCredential, 'publicKey' | 'jwt' | 'expiresAt' | 'inboxPrefix'>,
  seed: string | undefined,
): PackedCredential {
  const { publicKey, jwt, expiresAt, inboxPrefix } = user
  return {
    name,
    file: safeName(name),
    publicKey,
    jwt,
    expiresAt,
    inboxPrefix,
    ...(seed === undefined ? {} : { seed }),
  }
}
