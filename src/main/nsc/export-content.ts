import { join } from 'node:path'
import type { AccountRow, AuthorityStore } from '../authority/authority-store.ts'
import { encodeJwt } from '../authority/jwt.ts'
import type { AuditedSigner } from '../authority/key-use.ts'
import type { KeyVault } from '../authority/key-vault.ts'
import type { Ledger, LedgerEntry } from '../authority/ledger.ts'
import { NEVER_EXPIRES } from './import-record.ts'

/** A file of a store, by its path below the chosen folder. */
export interface StoreFile {
  readonly path: string
  readonly content: string
}

export interface ExportParts {
  readonly store: AuthorityStore
  readonly ledger: Ledger
  readonly keys: KeyVault
  /** Signing keys with a role's permissions; an account lists them beside its plain ones. */
  readonly scopedKeys: (account: string) => readonly string[]
  readonly now: () => Date
}

const STORES = 'stores'
const KEYS = 'keys'

/** Folders below the chosen one, as nsc's `--data-dir` and `--keystore-dir` want them. */
export function exportFolders(folder: string) {
  return { stores: join(folder, STORES), keystore: join(folder, KEYS) }
}

/** nsc's own note beside each operator's JWT; it opens no store without. */
export function storeNote(name: string): string {
  return JSON.stringify({ managed: false, name, kind: 'operator', version: '1' })
}

/** Where nsc looks for a key: by kind and shard. */
export function keyFilePath(publicKey: string): string {
  return join(KEYS, 'keys', publicKey.slice(0, 1), publicKey.slice(1, 3), `${publicKey}.nk`)
}

/** The JWTs of operator and accounts as they are recorded. Needs no key. */
export function accountFiles(
  { store }: ExportParts,
  operator: { name: string; jwt: string },
): StoreFile[] {
  const root = join(STORES, operator.name)
  return [
    { path: join(root, '.nsc'), content: storeNote(operator.name) },
    { path: join(root, `${operator.name}.jwt`), content: operator.jwt },
    ...store
      .accounts()
      .flatMap(({ name, jwt }) =>
        jwt === null ? [] : [{ path: join(root, 'accounts', name, `${name}.jwt`), content: jwt }],
      ),
  ]
}

/** Characters that a file name may have everywhere, white space and dots inside included. */
const FILE_NAME = /^[\p{L}\p{N}_-][\p{L}\p{N} ._@-]{0,99}$/u

/** Whether nsc can keep something under this name: it becomes a file or folder. */
export function isFileName(name: string): boolean {
  return FILE_NAME.test(name) && !name.endsWith('.') && !name.endsWith(' ')
}

/**
 * JWTs of the users that are in force, signed anew for the same key, time and permissions: Muster keeps no
 * JWT of a user. What the users have goes on working.
 * @throws what the key vault throws; an account without its key is left out.
 */
export async function userFiles(parts: ExportParts, operatorName: string): Promise<StoreFile[]> {
  const now = parts.now()
  const entries = parts.ledger
    .entries()
    .filter(
      (entry) => entry.state === 'active' && entry.delivery !== 'internal' && entry.expiresAt > now,
    )
  const files: StoreFile[] = []
  for (const [publicKey, group] of Map.groupBy(entries, ({ account }) => account)) {
    const account = parts.store.account(publicKey)
    if (account === undefined) continue
    const signer = await signerOf(parts, account, group)
    if (signer === undefined) continue
    const folder = join(STORES, operatorName, 'accounts', account.name, 'users')
    for (const [name, entry] of namedUsers(group)) {
      files.push({
        path: join(folder, `${name}.jwt`),
        content: userJwt(name, entry, account.publicKey, signer),
      })
    }
    signer.done()
  }
  return files
}

async function signerOf(
  { store, keys }: ExportParts,
  account: AccountRow,
  entries: readonly LedgerEntry[],
): Promise<AuditedSigner | undefined> {
  const { publicKey } = account
  const candidates = [...store.keysOf(publicKey, 'signing'), ...store.keysOf(publicKey, 'identity')]
  const held = []
  for (const key of candidates) if (await keys.has(key)) held.push(key)
  if (held.length === 0) return undefined
  return keys.signer(held, 'account', {
    action: 'nsc-export',
    subjects: [`${entries.length} users of account ${account.name}`],
    reason: 'Their JWTs are written into an nsc store, as they are in force.',
  })
}

/** Names that are free in the folder: the newest of a key, and of two with one name both. */
function namedUsers(entries: readonly LedgerEntry[]): Map<string, LedgerEntry> {
  const newest = new Map<string, LedgerEntry>()
  for (const entry of entries) newest.set(entry.publicKey, entry)
  const named = new Map<string, LedgerEntry>()
  for (const entry of newest.values()) {
    const usual = isFileName(entry.name) ? entry.name : entry.publicKey
    named.set(named.has(usual) ? `${usual}-${entry.publicKey.slice(1, 9)}` : usual, entry)
  }
  return named
}

function userJwt(name: string, entry: LedgerEntry, account: string, signer: AuditedSigner): string {
  const endless = entry.expiresAt.getTime() >= NEVER_EXPIRES.getTime()
  return encodeJwt(
    {
      name,
      subject: entry.publicKey,
      type: 'user',
      nats: {
        ...entry.permissions,
        subs: -1,
        data: -1,
        payload: -1,
        // nats-server refuses it where the account itself signed.
        ...(signer.publicKey === account ? {} : { issuer_account: account }),
      },
      issuedAt: Math.floor(entry.issuedAt.getTime() / 1000),
      ...(endless ? {} : { expiresAt: Math.floor(entry.expiresAt.getTime() / 1000) }),
    },
    signer,
  )
}
