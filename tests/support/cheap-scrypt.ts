import type { ScryptCost } from '../../src/main/keychain/vault-format.ts'

/** The least that a reader of vaults accepts: 9 ms where a real vault takes half a second. */
export const CHEAP_SCRYPT: ScryptCost = { N: 2 ** 14, r: 1, p: 1 }
