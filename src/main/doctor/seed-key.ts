import { privateKeyOf, type NkeyRole } from '../authority/nkey.ts'

/** Which key a seed belongs to, without the seed. */
export type SeedKey =
  | { readonly type: 'none' }
  /** It is cut or mistyped: its checksum does not fit. */
  | { readonly type: 'malformed' }
  | { readonly type: 'key'; readonly role: NkeyRole; readonly publicKey: string }

export function keyOfSeed(seed: string | null): SeedKey {
  if (seed === null) return { type: 'none' }
  try {
    const { role, publicKey } = privateKeyOf(seed)
    return { type: 'key', role, publicKey }
  } catch {
    return { type: 'malformed' }
  }
}
