import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { z } from 'zod'
import { RejectedError, toMusterError, type MusterError } from '#shared/errors.ts'
import { decodeJwt, type DecodedJwt } from '../authority/jwt.ts'
import { privateKeyOf, roleOfPublicKey, type NkeyRole } from '../authority/nkey.ts'
import { accountClaims, operatorClaims, userClaims } from './store-claims.ts'

/** An account JWT with 8,000 revocations has 760 KB; a configuration may hold hundreds of them. */
const MAX_FILE_BYTES = 32 * 1024 * 1024

/** Only files that are called so are opened at all. */
const WANTED = /\.(?:jwt|nk|seed|creds|creds\.json|conf|cfg)$/u

/** Whether a file of this name may hold something of a store. */
export function isStoreFile(name: string): boolean {
  return WANTED.test(name)
}

/** Why a file is of no use, for people. */
export type Damage =
  | 'truncated'
  | 'altered'
  | 'version-1'
  | 'odd-claims'
  | 'not-self-signed'
  | 'not-a-key'
  | 'key-mismatch'
  | 'too-large'
  | 'unreadable'

/** What one file of a store turned out to hold. Never a seed: who needs it reads the file again. */
export type StoreItem =
  | {
      readonly kind: 'jwt'
      readonly path: string
      readonly jwt: string
      readonly claims: DecodedJwt
    }
  | {
      readonly kind: 'key'
      readonly path: string
      readonly publicKey: string
      readonly role: NkeyRole
      /** The public key that the file is named for; null where its name is none. */
      readonly namedFor: string | null
    }
  | {
      readonly kind: 'credentials'
      readonly path: string
      readonly jwt: string
      readonly claims: DecodedJwt
      /** The device id and tenant that a `.creds.json` names. */
      readonly deviceId: string | null
      readonly tenant: string | null
    }
  | { readonly kind: 'damaged'; readonly path: string; readonly damage: Damage }

/** Reads one file: what is in it decides, not where it lies. Never throws for what is in the file. */
export async function readStoreFile(path: string): Promise<StoreItem[]> {
  let text: string
  try {
    text = await readBounded(path)
  } catch (error) {
    const tooLarge = error instanceof RejectedError
    return [{ kind: 'damaged', path, damage: tooLarge ? 'too-large' : 'unreadable' }]
  }
  const name = basename(path)
  if (/\.(?:nk|seed)$/u.test(name)) return [readKey(path, text)]
  if (/\.(?:conf|cfg)$/u.test(name)) return readConfiguration(path, text)
  if (name.endsWith('.jwt')) return [readJwt(path, jwtIn(text))]
  return [readCredentials(path, text)]
}

/**
 * The seed in a key file, for the moment of its use.
 * @returns undefined where the file is gone, unreadable, or holds another key.
 */
export async function readSeed(path: string, publicKey: string): Promise<string | undefined> {
  try {
    const seed = seedIn(await readBounded(path))
    return privateKeyOf(seed).publicKey === publicKey ? seed : undefined
  } catch {
    return undefined
  }
}

function readKey(path: string, text: string): StoreItem {
  try {
    const { publicKey, role } = privateKeyOf(seedIn(text))
    const stem = basename(path).replace(/\.(?:nk|seed)$/u, '')
    return {
      kind: 'key',
      path,
      publicKey,
      role,
      namedFor: /^[OAU][A-Z2-7]{55}$/u.test(stem) ? stem : null,
    }
  } catch {
    return { kind: 'damaged', path, damage: 'not-a-key' }
  }
}

/** A seed alone, or between the marker lines that `nsc export keys` and key backups write. */
function seedIn(text: string): string {
  const lines = text.split(/\r?\n/u).map((line) => line.trim())
  return lines.find((line) => /^S[OAU][A-Z2-7]{56}$/u.test(line)) ?? ''
}

/** nsc writes a JWT bare; nats tools may put it between marker lines. */
function jwtIn(text: string): string {
  const lines = text.split(/\r?\n/u).map((line) => line.trim())
  return lines.find((line) => line.startsWith('eyJ')) ?? text.trim()
}

function readJwt(path: string, jwt: string): StoreItem {
  try {
    const claims = decodeJwt(jwt)
    const damage = damageInClaims(claims)
    return damage === undefined
      ? { kind: 'jwt', path, jwt, claims }
      : { kind: 'damaged', path, damage }
  } catch (thrown) {
    return { kind: 'damaged', path, damage: damageOf(jwt, toMusterError(thrown)) }
  }
}

/** A signature says who wrote the claims, not that they are such as a server takes. */
function damageInClaims(claims: DecodedJwt): Damage | undefined {
  const { type } = claims.nats
  if (type !== 'operator' && type !== 'account' && type !== 'user') return undefined
  try {
    if (roleOfPublicKey(claims.sub) !== type) return 'odd-claims'
    if (type === 'account') accountClaims(claims)
    if (type === 'user') userClaims(claims)
    if (type !== 'operator') return undefined
    const { signingKeys } = operatorClaims(claims)
    return [claims.sub, ...signingKeys].includes(claims.iss) ? undefined : 'not-self-signed'
  } catch {
    return 'odd-claims'
  }
}

function damageOf(jwt: string, error: MusterError): Damage {
  if (error.code === 'JWT_SIGNATURE') return isWhole(jwt) ? 'altered' : 'truncated'
  return headerOf(jwt)?.alg === 'ed25519' ? 'version-1' : 'truncated'
}

/** An Ed25519 signature has 64 bytes; a shorter one was cut. */
function isWhole(jwt: string): boolean {
  return Buffer.from(jwt.split('.')[2] ?? '', 'base64url').length === 64
}

const Header = z.object({ alg: z.string() })

function headerOf(jwt: string): z.infer<typeof Header> | undefined {
  try {
    return Header.parse(JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()))
  } catch {
    return undefined
  }
}

/** The JWTs of `operator` and `resolver_preload`, which stand in a configuration as they are. */
function readConfiguration(path: string, text: string): StoreItem[] {
  const found = text.match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/gu) ?? []
  return [...new Set(found)].map((jwt) => readJwt(path, jwt))
}

const Text = z.string().nullish().catch(null)
const CredentialJson = z.object({
  nats: z.object({ jwt: z.string(), nkey_seed: Text }).optional(),
  messaging: z.object({ jwt: z.string(), nkey_seed: Text }).optional(),
  device_id: Text,
  tenant: Text,
})

function readCredentials(path: string, text: string): StoreItem {
  const damaged = (damage: Damage): StoreItem => ({ kind: 'damaged', path, damage })
  const isJson = text.trimStart().startsWith('{')
  let parts: { jwt: string; seed: string | null; deviceId: string | null; tenant: string | null }
  try {
    parts = isJson
      ? jsonParts(text)
      : { jwt: jwtIn(text), seed: seedIn(text), deviceId: null, tenant: null }
  } catch {
    return damaged('truncated')
  }
  const item = readJwt(path, parts.jwt)
  if (item.kind !== 'jwt') return item
  if (parts.seed !== null) {
    try {
      if (privateKeyOf(parts.seed).publicKey !== item.claims.sub) return damaged('key-mismatch')
    } catch {
      return damaged('not-a-key')
    }
  }
  const { deviceId, tenant } = parts
  return { kind: 'credentials', path, jwt: item.jwt, claims: item.claims, deviceId, tenant }
}

function jsonParts(text: string) {
  const file = CredentialJson.parse(JSON.parse(text))
  const nats = file.nats ?? file.messaging
  return {
    jwt: nats?.jwt.trim() ?? '',
    // A device that keeps its key to itself has none in its file.
    seed: nats?.nkey_seed?.trim() ?? null,
    deviceId: file.device_id ?? null,
    tenant: file.tenant ?? null,
  }
}

async function readBounded(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    if ((await file.stat()).size > MAX_FILE_BYTES) {
      throw new RejectedError({
        code: 'FILE_TOO_LARGE',
        message: 'This file is larger than any that belongs to a store.',
        advice: 'Leave it out.',
      })
    }
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}
