/** What the mesh needs of the keychain. Each call may throw a MusterError that says why not. */
export interface SecretStore {
  /** The secret; undefined where the keychain is open and has no such entry. */
  get(account: string): Promise<string | undefined>
  set(account: string, secret: string): Promise<void>
  delete(account: string): Promise<unknown>
}

/** The Windows Credential Manager holds 1280 characters per entry; a user JWT alone is often more. */
const PART_CHARS = 1_000

/** Stores a secret of any length in as many entries as it takes: `account`, `account:1`, … */
export async function setLongSecret(
  keychain: SecretStore,
  account: string,
  secret: string,
): Promise<void> {
  await deleteLongSecret(keychain, account)
  const parts = secret.match(new RegExp(`[^]{1,${PART_CHARS}}`, 'gu')) ?? []
  // The first entry tells how many there are and is written last: until then there is no secret.
  for (const [index, part] of [...parts.entries()].toReversed()) {
    const text = index === 0 ? `${parts.length}:${part}` : part
    await keychain.set(entryOf(account, index), text)
  }
}

/** The secret that `setLongSecret` stored; undefined where there is none or a part of it is gone. */
export async function getLongSecret(
  keychain: SecretStore,
  account: string,
): Promise<string | undefined> {
  const first = await keychain.get(account)
  const count = countIn(first)
  if (first === undefined || count === 0) return undefined
  let secret = first.slice(first.indexOf(':') + 1)
  for (let index = 1; index < count; index += 1) {
    const part = await keychain.get(entryOf(account, index))
    if (part === undefined) return undefined
    secret += part
  }
  return secret
}

/** Deletes all entries of a secret; does nothing where there is none. */
export async function deleteLongSecret(keychain: SecretStore, account: string): Promise<void> {
  const count = countIn(await keychain.get(account))
  for (let index = count - 1; index >= 0; index -= 1) {
    await keychain.delete(entryOf(account, index))
  }
}

function entryOf(account: string, index: number): string {
  return index === 0 ? account : `${account}:${index}`
}

function countIn(first: string | undefined): number {
  return Number(/^(\d{1,3}):/u.exec(first ?? '')?.[1] ?? 0)
}
