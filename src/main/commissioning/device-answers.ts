import { z } from 'zod'
import type { MusterError } from '#shared/errors.ts'
import { isSafeToken } from '#shared/protocol/names.ts'
import { isPublicKey } from '../authority/nkey.ts'
import { cleanText } from '#shared/protocol/device-text.ts'
import { redact } from '../log/redact.ts'
import {
  deviceAlreadyCommissioned,
  deviceIdMismatch,
  deviceKeyInvalid,
  deviceLocked,
  deviceRefused,
  deviceReplyMalformed,
  pinRejected,
} from './device-errors.ts'
import type { ExchangeReply } from './http-exchange.ts'

const MAX_LABEL_LENGTH = 128
const MAX_CAPABILITIES = 256
const MAX_DEVICE_TEXT_LENGTH = 300
/** A device that claims to be locked for longer is not believed; dates have an end, too. */
const MAX_LOCK_SECONDS = 366 * 24 * 3600

/** `GET /info` after the checks (protocol.md, "Commissioning"); fields it does not list are dropped. */
export interface DeviceInfo {
  readonly deviceId: string
  readonly deviceType: string | null
  readonly capabilities: readonly string[]
  readonly state: string
  /** A user key (U…) with a right checksum, or null where the device reports none. */
  readonly publicKey: string | null
}

const InfoBody = z.object({
  device_id: z.string(),
  device_type: z.string().nullish(),
  capabilities: z.array(z.string()).max(10_000).nullish(),
  state: z.string(),
  nkey_public: z.string().nullish(),
})

/**
 * Reads an answer to `GET /info`.
 * @throws RejectedError `DEVICE_REPLY_MALFORMED`, `DEVICE_KEY_INVALID` or `DEVICE_REFUSED`.
 */
export function readInfo(reply: ExchangeReply, address: string): DeviceInfo {
  if (reply.status !== 200) throw deviceRefused(address, reply.status, '')
  const parsed = InfoBody.safeParse(parseJson(reply.text))
  if (!parsed.success) {
    throw deviceReplyMalformed(address, 'its /info lacks a field or has one of the wrong kind')
  }
  const { device_id: deviceId, nkey_public: publicKey = null } = parsed.data
  // An id with a hidden character would look like another device's.
  if (!isSafeToken(deviceId) || cleanText(deviceId, 256) !== deviceId) {
    throw deviceReplyMalformed(address, 'its device id holds characters that no id may hold')
  }
  if (publicKey !== null && !isPublicKey(publicKey, 'user')) throw deviceKeyInvalid(address)
  return {
    deviceId,
    deviceType: labelOrNull(parsed.data.device_type),
    capabilities: (parsed.data.capabilities ?? [])
      .slice(0, MAX_CAPABILITIES)
      .map((name) => cleanText(name, MAX_LABEL_LENGTH)),
    state: cleanText(parsed.data.state, 32),
    publicKey,
  }
}

const TakenBody = z.object({ success: z.literal(true), device_id: z.string() })
const RefusedBody = z.object({ error: z.string() })

/** What must not be repeated from a device's text: it was sent to it a moment ago. */
export type Secrets = readonly string[]

/**
 * Reads an answer to `POST /commission`; returns where the device took the credential.
 * @throws MusterError for each way in which a device says no: `PIN_REJECTED`, `DEVICE_LOCKED`,
 *   `DEVICE_ALREADY_COMMISSIONED`, `DEVICE_REFUSED`; `DEVICE_ID_MISMATCH` where another device
 *   answered; `DEVICE_REPLY_MALFORMED`.
 */
export function readCommissioned(
  reply: ExchangeReply,
  sent: { readonly address: string; readonly deviceId: string; readonly secrets: Secrets },
  now: Date,
): void {
  const body = parseJson(reply.text)
  if (reply.status === 200) {
    const taken = TakenBody.safeParse(body)
    if (!taken.success) throw deviceReplyMalformed(sent.address, 'it does not say what it did')
    const { device_id: deviceId } = taken.data
    if (deviceId !== sent.deviceId) {
      throw deviceIdMismatch(sent.address, sent.deviceId, cleanText(deviceId, MAX_LABEL_LENGTH))
    }
    return
  }
  const refused = RefusedBody.safeParse(body)
  const said = refused.success ? refused.data.error : ''
  throw (
    (reply.status === 401 ? readPinAnswer(said, sent.address, now) : undefined) ??
    deviceRefused(sent.address, reply.status, withoutSecrets(said, sent.secrets))
  )
}

function readPinAnswer(said: string, address: string, now: Date): MusterError | undefined {
  const wrong = /^Invalid PIN \(attempt (\d{1,4})\/(\d{1,4})\)/u.exec(said)
  if (wrong !== null) return pinRejected(Math.max(0, Number(wrong[2]) - Number(wrong[1])))
  const locked = /^Too many attempts\. Locked for (\d{1,15}) seconds?/u.exec(said)
  if (locked !== null) {
    const seconds = Math.min(Number(locked[1]), MAX_LOCK_SECONDS)
    return deviceLocked(seconds, new Date(now.getTime() + seconds * 1000))
  }
  if (said.startsWith('Device already commissioned')) return deviceAlreadyCommissioned(address)
  return undefined
}

/** A faulty or hostile device may echo the request in its error. */
function withoutSecrets(said: string, secrets: Secrets): string {
  let text = redact(said.slice(0, MAX_DEVICE_TEXT_LENGTH * 4))
  for (const secret of secrets) text = text.replaceAll(secret, '[redacted]')
  return cleanText(text, MAX_DEVICE_TEXT_LENGTH)
}

function labelOrNull(text: string | null | undefined): string | null {
  const label = cleanText(text ?? '', MAX_LABEL_LENGTH)
  return label === '' ? null : label
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
