import { lookup } from 'node:dns/promises'
import { isIP, isIPv4 } from 'node:net'
import { toMusterError, type MusterError } from '#shared/errors.ts'
import type { CredentialFile } from '#shared/protocol/credentials.ts'
import { formatPin } from '#shared/protocol/pin.ts'
import { orAborted } from '../steps/or-aborted.ts'
import { readCommissioned, readInfo, type DeviceInfo } from './device-answers.ts'
import { deviceAddressUnknown, deviceTimeout, deviceUnreachable } from './device-errors.ts'
import { exchange, hostAndPort } from './http-exchange.ts'

const INFO_DEADLINE_MS = 5_000
/** The device checks the PIN with bcrypt, which takes seconds on small hardware. */
const COMMISSION_DEADLINE_MS = 30_000
/** An address that does not even accept a connection on a LAN by then is not the way. */
const CONNECT_TIMEOUT_MS = 1_500
const MAX_ADDRESSES = 8

/** Where a device was found, or where a person said that it is. */
export interface DeviceHost {
  /** IP literals or host names, best first. */
  readonly addresses: readonly string[]
  readonly port: number
}

/** `/info` and the one address that gave it: whatever follows goes to that address only. */
export interface DeviceAnswer extends DeviceInfo {
  /** The IP literal that answered. */
  readonly address: string
  readonly port: number
}

export interface Delivery {
  readonly to: DeviceAnswer
  /** Eight digits. */
  readonly pin: string
  readonly file: CredentialFile
}

/** How a delivery ended that was not refused. */
export type DeliveryOutcome =
  | { readonly type: 'taken' }
  /** It was sent, and no proper answer came back: the device may have taken it. */
  | { readonly type: 'unclear'; readonly error: MusterError }

export interface DeviceHttpOptions {
  readonly infoDeadlineMs?: number
  readonly commissionDeadlineMs?: number
  readonly connectTimeoutMs?: number
  readonly now?: () => Date
}

/** What Muster says to a device on the LAN: `GET /info` and `POST /commission` (protocol.md). */
export class DeviceHttp {
  private readonly infoDeadlineMs: number
  private readonly commissionDeadlineMs: number
  private readonly connectTimeoutMs: number
  private readonly now: () => Date

  constructor(options: DeviceHttpOptions = {}) {
    this.infoDeadlineMs = options.infoDeadlineMs ?? INFO_DEADLINE_MS
    this.commissionDeadlineMs = options.commissionDeadlineMs ?? COMMISSION_DEADLINE_MS
    this.connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
    this.now = options.now ?? (() => new Date())
  }

  /**
   * Asks a device what it is, at one address after the other, IPv4 first, until one accepts a
   * connection. What that one says counts: a wrong answer is not papered over by another address.
   * @throws MusterError of `http-exchange.ts` or `device-answers.ts`, or `DEVICE_ADDRESS_UNKNOWN`.
   */
  async info(host: DeviceHost, signal: AbortSignal): Promise<DeviceAnswer> {
    const startedAt = performance.now()
    const addresses = await this.resolve(host, signal)
    let failure: MusterError | undefined
    for (const [index, address] of addresses.entries()) {
      const leftMs = this.infoDeadlineMs - (performance.now() - startedAt)
      const shown = hostAndPort(address, host.port)
      if (leftMs <= 0) throw failure ?? deviceTimeout(shown, this.infoDeadlineMs)
      let connected = false
      try {
        const reply = await exchange({
          address,
          port: host.port,
          method: 'GET',
          path: '/info',
          connectTimeoutMs: Math.min(this.connectTimeoutMs, leftMs / (addresses.length - index)),
          deadlineMs: leftMs,
          signal,
          onConnected: () => void (connected = true),
        })
        return { ...readInfo(reply, shown), address, port: host.port }
      } catch (thrown) {
        const error = toMusterError(thrown)
        if (connected || signal.aborted) throw error
        // "Refused" says more than "no answer" from an address of another network.
        if (failure === undefined || failure.code === 'DEVICE_TIMEOUT') failure = error
      }
    }
    throw failure ?? deviceUnreachable('no address')
  }

  /**
   * Sends PIN and credential to the address that gave `/info`, once: every attempt counts.
   * @throws MusterError where nothing was sent (`DEVICE_UNREACHABLE`) or the device said no
   *   (`device-answers.ts`). A lost or garbled answer after sending is an outcome, not an error.
   */
  async commission(delivery: Delivery, signal: AbortSignal): Promise<DeliveryOutcome> {
    const { to, pin, file } = delivery
    const address = hostAndPort(to.address, to.port)
    let sent = false
    try {
      const reply = await exchange({
        address: to.address,
        port: to.port,
        method: 'POST',
        path: '/commission',
        body: JSON.stringify({ pin, credentials: file }),
        connectTimeoutMs: this.connectTimeoutMs,
        deadlineMs: this.commissionDeadlineMs,
        signal,
        onConnected: () => void (sent = true),
      })
      readCommissioned(
        reply,
        { address, deviceId: to.deviceId, secrets: secretsOf(pin, file) },
        this.now(),
      )
      return { type: 'taken' }
    } catch (thrown) {
      const error = toMusterError(thrown)
      if (sent && UNCLEAR.has(error.code) && !signal.aborted) return { type: 'unclear', error }
      throw error
    }
  }

  /** Names resolved; the operating system's resolver can hang for longer than our deadline. */
  private async resolve(host: DeviceHost, signal: AbortSignal): Promise<readonly string[]> {
    const deadline = AbortSignal.timeout(this.infoDeadlineMs)
    try {
      return await orAborted(resolveAddresses(host.addresses), AbortSignal.any([signal, deadline]))
    } catch (error) {
      if (!deadline.aborted || signal.aborted) throw error
      throw deviceTimeout(`${host.addresses[0] ?? ''}:${host.port}`, this.infoDeadlineMs)
    }
  }

  /** `info` for "add by address": `host` may be a name or an address. */
  probe(host: string, port: number, signal: AbortSignal): Promise<DeviceAnswer> {
    return this.info({ addresses: [host], port }, signal)
  }
}

/** After these the device may have taken the credential although no proper "yes" arrived. */
const UNCLEAR = new Set([
  'DEVICE_TIMEOUT',
  'DEVICE_CONNECTION_LOST',
  'DEVICE_REPLY_TOO_LARGE',
  'DEVICE_REPLY_MALFORMED',
])

function secretsOf(pin: string, file: CredentialFile): readonly string[] {
  const { jwt, nkey_seed: seed } = file.nats
  return [formatPin(pin), pin, jwt, ...(seed === undefined ? [] : [seed])]
}

/** IP literals as they are and names resolved, IPv4 first, each once. */
async function resolveAddresses(hosts: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const host of hosts.slice(0, MAX_ADDRESSES)) {
    if (isIP(host) !== 0) found.push(host)
    else found.push(...(await resolveName(host)))
  }
  const unique = [...new Set(found)]
  const v4 = unique.filter((address) => isIPv4(address))
  return [...v4, ...unique.filter((address) => !isIPv4(address))].slice(0, MAX_ADDRESSES)
}

async function resolveName(host: string): Promise<readonly string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address)
  } catch (cause) {
    throw deviceAddressUnknown(host, cause)
  }
}
