import type { Schema } from '@cfworker/json-schema'
import { RejectedError } from '#shared/errors.ts'
import type { CredentialFile } from '#shared/protocol/credentials.ts'
import { isJsonObject, parseJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'
import { UPDATE_CREDENTIALS } from '#shared/protocol/update-credentials.ts'
import { publicKeyOf } from './device-key.ts'
import type { DeviceFunction } from './description.ts'
import { readCredentials } from './read-credentials.ts'

const DEFAULT_DEADLINE_SECONDS = 120

/** Where a device keeps a credential that it tries, beside the one that it lives by. */
export interface CredentialSlots {
  /** Stores it beside the one in use: whole, or not at all. */
  saveNext(credentials: unknown): Promise<void>
  /** It works: puts it in the place of the one in use. */
  promoteNext(): Promise<void>
  /** It does not work. */
  dropNext(): Promise<void>
}

/**
 * What goes wrong when a device is given a new credential: it says no; its power is cut before or after
 * it answered; it answers, leaves and does not come back.
 */
export type CredentialUpdateFault =
  | 'refuses'
  | 'dies-before-answer'
  | 'dies-after-answer'
  | 'stays-away'

export interface CredentialUpdateOptions {
  /** Without, what was taken is forgotten with the process. */
  readonly slots?: CredentialSlots
  readonly fault?: CredentialUpdateFault
}

/** A credential that a device has stored and is about to try. */
export interface StoredUpdate {
  readonly credentials: CredentialFile
  /** How long it may try before it stays with the old one. */
  readonly deadlineMs: number
}

/** docs/extensions/update-credentials.md */
const PARAMETERS: Schema = {
  type: 'object',
  properties: {
    credentials: {
      type: 'object',
      description: 'A credential file without a private key: the device keeps its own.',
      properties: {
        device_id: { type: 'string' },
        auth_type: { const: 'jwt' },
        tenant: { type: 'string' },
        nats: {
          type: 'object',
          properties: {
            urls: { type: 'array', items: { type: 'string' }, minItems: 1 },
            jwt: { type: 'string' },
            tls: { type: 'object' },
          },
          required: ['urls', 'jwt'],
        },
      },
      required: ['device_id', 'tenant', 'nats'],
    },
    deadline_seconds: { type: 'integer', minimum: 1 },
  },
  required: ['credentials'],
}

export interface CredentialUpdateParts {
  readonly deviceId: string
  readonly tenant: string
  readonly seed: string | undefined
  readonly nowMs: () => number
  readonly slots: CredentialSlots | undefined
  readonly fault: CredentialUpdateFault | undefined
  /** Called once it is stored; the move begins when the answer is out. */
  readonly onStored: (update: StoredUpdate) => void
}

/** The function by which a device takes a new credential over the mesh. */
export function updateCredentialsFunction(parts: CredentialUpdateParts): DeviceFunction {
  return {
    name: UPDATE_CREDENTIALS,
    description: 'Takes a new credential for the key of this device, and goes on with it.',
    parameters: PARAMETERS,
    tags: ['muster:credentials'],
    run: async (params) => {
      if (parts.fault === 'refuses') throw unusable('its flash is read-only')
      const credentials = readCredentials(params['credentials'])
      const claims = claimsOf(credentials.nats.jwt)
      checkUsable(parts, credentials, claims)
      await parts.slots?.saveNext(params['credentials'])
      const seconds = Number(params['deadline_seconds'] ?? DEFAULT_DEADLINE_SECONDS)
      parts.onStored({ credentials, deadlineMs: seconds * 1000 })
      const exp = claims['exp']
      const expiresAt = typeof exp === 'number' ? new Date(exp * 1000).toISOString() : null
      return { status: 'stored', expires_at: expiresAt }
    },
  }
}

/** Refuses what the device could never log in with, before it touches its storage. */
function checkUsable(
  { deviceId, tenant, seed, nowMs }: CredentialUpdateParts,
  credentials: CredentialFile,
  claims: JsonObject,
): void {
  if (credentials.device_id !== deviceId) throw unusable('they are for another device')
  if (credentials.tenant !== tenant) throw unusable('they are for another tenant')
  if (seed === undefined || claims['sub'] !== publicKeyOf(seed)) {
    throw unusable('they are for another key')
  }
  const exp = claims['exp']
  if (typeof exp === 'number' && exp * 1000 <= nowMs()) throw unusable('they have expired')
}

function claimsOf(jwt: string): JsonObject {
  const claims = parseJsonObject(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'))
  if (!isJsonObject(claims)) throw unusable('they hold no JWT')
  return claims
}

function unusable(why: string): RejectedError {
  return new RejectedError({
    code: 'CREDENTIALS_UNUSABLE',
    message: `The device can't use these credentials: ${why}.`,
    advice: 'Issue credentials for this device and its key.',
  })
}
