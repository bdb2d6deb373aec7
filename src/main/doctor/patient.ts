import type { LedgerEntry } from '../authority/ledger.ts'
import type { ReadText } from './credential-text.ts'
import type { Patient } from './diagnose.ts'
import { instantOf } from './finding.ts'
import { accountOf } from './claims-findings.ts'
import { readCredential } from './read-credential.ts'
import { readJwt, type LooseClaims } from './read-claims.ts'

interface Rows {
  entriesOfKey(publicKey: string): LedgerEntry[]
}

/** A credential as it was shown: a file or a text. */
export function patientOfText(text: ReadText, ledger: Rows): Patient {
  const read = readCredential(text)
  const jwt = read.jwt === null ? null : readJwt(read.jwt)
  const claims = jwt?.type === 'read' ? jwt.claims : null
  const user =
    claims?.sub ??
    (read.seedKey.type === 'key' && read.seedKey.role === 'user' ? read.seedKey.publicKey : null)
  const rows = user === null ? [] : ledger.entriesOfKey(user)
  const row =
    claims === null
      ? rows.at(-1)
      : rows.findLast(({ issuedAt }) => issuedAt.getTime() / 1000 === claims.iat)
  return {
    read,
    jwtState: jwt,
    claims,
    jwt: read.jwt,
    seed: read.seedKey.type === 'key' && read.seedKey.role === 'user' ? read.seed : null,
    user,
    urls: read.urls,
    caPem: read.caPem,
    facts: {
      format: read.format,
      name: claims?.name ?? row?.name ?? null,
      user,
      account: claims === null ? (row?.account ?? null) : accountOf(claims),
      issuer: claims?.iss ?? null,
      tenant: read.tenant ?? row?.tenant ?? null,
      deviceId: read.deviceId ?? row?.deviceId ?? null,
      issuedAt: instantOf(claims?.iat),
      notBefore: instantOf(claims?.nbf),
      expiresAt: instantOf(claims?.exp),
      hasSeed: read.seedKey.type === 'key' && read.seedKey.role === 'user',
      urls: [...read.urls],
      ledgerId: row?.id ?? null,
    },
  }
}

/** A credential as the ledger remembers it: neither JWT nor seed are kept there. */
export function patientOfEntry(entry: LedgerEntry): Patient {
  const claims = claimsOfEntry(entry)
  return {
    read: null,
    jwtState: null,
    claims,
    jwt: null,
    seed: null,
    user: entry.publicKey,
    urls: [],
    caPem: null,
    facts: {
      format: 'ledger',
      name: entry.name,
      user: entry.publicKey,
      account: entry.account,
      issuer: entry.signingKey,
      tenant: entry.tenant,
      deviceId: entry.deviceId,
      issuedAt: entry.issuedAt.toISOString(),
      notBefore: null,
      expiresAt: entry.expiresAt.toISOString(),
      hasSeed: false,
      urls: [],
      ledgerId: entry.id,
    },
  }
}

function claimsOfEntry(entry: LedgerEntry): LooseClaims {
  const { permissions, signingKey, account } = entry
  // Under a scoped key the permissions are the key's; the row keeps what they came to.
  const own = entry.form === 'scoped' ? {} : permissions
  return {
    iss: signingKey,
    sub: entry.publicKey,
    name: entry.name,
    iat: entry.issuedAt.getTime() / 1000,
    exp: entry.expiresAt.getTime() / 1000,
    nats: {
      type: 'user',
      version: 2,
      ...(signingKey === account ? {} : { issuer_account: account }),
      ...copyOf(own),
    },
  }
}

function copyOf({ pub, sub, resp }: Partial<LedgerEntry['permissions']>) {
  const lists = (of: LedgerEntry['permissions']['pub'] | undefined) =>
    of === undefined ? undefined : { allow: [...of.allow], deny: [...(of.deny ?? [])] }
  return {
    ...(pub === undefined ? {} : { pub: lists(pub) }),
    ...(sub === undefined ? {} : { sub: lists(sub) }),
    ...(resp === undefined ? {} : { resp: { ...resp } }),
  }
}
