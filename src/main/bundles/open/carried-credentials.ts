import { decodeJwt, type DecodedJwt } from '../../authority/jwt.ts'
import { privateKeyOf } from '../../authority/nkey.ts'
import { readCredential } from '../../doctor/read-credential.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { foreignCredential, foreignSeed } from './hostile-errors.ts'
import type { ArchiveFiles } from './read-archive.ts'

/** A credential in a bundle that was verified. `text` is secret. */
export interface CarriedCredential {
  readonly path: string
  readonly name: string
  readonly publicKey: string
  readonly account: string
  readonly hasKey: boolean
  readonly expiresAt: Date | null
  /** The certificate authority in it. */
  readonly caPem: string | null
  readonly text: string
}

/** A seed is 58 letters; anything longer around it is something else. */
const SEED = /(?<![A-Z2-7])S[A-Z2-7]{57}(?![A-Z2-7])/gu

/**
 * The credentials of a bundle: each of an account that the manifest names, by a key of that account, with its own
 * private key or none; and no other private key anywhere.
 * @throws RejectedError `BUNDLE_FOREIGN_CREDENTIAL`, `BUNDLE_FOREIGN_SEED`.
 */
export function carriedCredentials(manifest: Manifest, files: ArchiveFiles): CarriedCredential[] {
  const carried: CarriedCredential[] = []
  for (const listed of manifest.files) {
    const text = Buffer.from(files.get(listed.path) ?? []).toString('utf8')
    const seeds = privateKeysIn(text)
    if (listed.purpose !== 'credential') {
      const [any] = seeds
      if (any !== undefined)
        throw foreignSeed(listed.path, any.role === 'user' ? 'a user' : `an ${any.role}`)
      continue
    }
    carried.push(readOne(manifest, listed, text, seeds))
  }
  return carried
}

function readOne(
  manifest: Manifest,
  { path, publicKey }: Manifest['files'][number],
  text: string,
  seeds: readonly PrivateKey[],
): CarriedCredential {
  const read = readCredential({ text: text.trim(), oddities: [] })
  if (read.jwt === null) throw foreignCredential(path, 'holds no user JWT')
  const claims = claimsOf(read.jwt, path)
  for (const { role, publicKey: key } of seeds) {
    if (role !== 'user') throw foreignSeed(path, `an ${role}`)
    if (key !== claims.sub) throw foreignSeed(path, 'another user than its own')
  }
  if (publicKey !== undefined && publicKey !== claims.sub) {
    throw foreignCredential(path, 'is for another key than the manifest says')
  }
  if (read.tenant !== null && read.tenant !== manifest.tenant) {
    throw foreignCredential(path, 'is of another tenant than the manifest says')
  }
  return {
    path,
    name: (path.split('/').at(-1) ?? path).replace(/\.creds(?:\.json)?$/u, ''),
    publicKey: claims.sub,
    account: requireAccount(manifest, claims, path),
    hasKey: seeds.length > 0,
    expiresAt: claims.exp === undefined ? null : new Date(claims.exp * 1000),
    caPem: read.caPem,
    text,
  }
}

function claimsOf(jwt: string, path: string): DecodedJwt {
  try {
    const claims = decodeJwt(jwt)
    if (claims.nats.type === 'user') return claims
  } catch {
    // The reason would quote the JWT.
  }
  throw foreignCredential(path, "holds a JWT that is damaged or not a user's")
}

/** The account (A…) of a user, which the manifest's operator has signed for with the manifest. */
function requireAccount({ accounts }: Manifest, { iss, nats }: DecodedJwt, path: string): string {
  const named = typeof nats['issuer_account'] === 'string' ? nats['issuer_account'] : iss
  const account = accounts.find(({ publicKey }) => publicKey === named)
  if (account === undefined)
    throw foreignCredential(path, 'is of an account that the manifest does not name')
  if (!account.signingKeys.includes(iss)) {
    throw foreignCredential(path, 'was signed by a key that is none of its account')
  }
  return account.publicKey
}

interface PrivateKey {
  readonly role: 'operator' | 'account' | 'user'
  readonly publicKey: string
}

function privateKeysIn(text: string): PrivateKey[] {
  return [...text.matchAll(SEED)].flatMap(([seed]) => {
    try {
      const { role, publicKey } = privateKeyOf(seed)
      return [{ role, publicKey }]
    } catch {
      return []
    }
  })
}
