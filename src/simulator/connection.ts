import { wsconnect, type ConnectionOptions, type NatsConnection } from '@nats-io/nats-core'
import { connect, type TlsOptions } from '@nats-io/transport-node'
import { WebSocket as WebSocketClient } from 'ws'
import { messageOf } from '#shared/errors.ts'
import type { CredentialFile } from '#shared/protocol/credentials.ts'
import { pause, type Clock } from './clock.ts'
import { deviceAuthenticator } from './device-key.ts'

const CONNECT_TIMEOUT_MS = 5_000
const PING_INTERVAL_MS = 20_000

/** A server that restarts is found again at once; one that stays away is asked less and less. */
const RECONNECT_FIRST_MS = 100
const RECONNECT_LONGEST_MS = 5_000
const RECONNECT_JITTER = 0.5
/** Attempts at the first pace: about the time that a local server takes to restart. */
const RECONNECT_FAST_ATTEMPTS = 20

/** A server says `Authentication Timeout` to who was too slow, which tells nothing of the credentials. */
const REFUSAL = /(?:authori[sz]ation|authentication)(?! timeout)/iu

export interface DeviceConnectionOptions {
  readonly credentials: CredentialFile
  /** Private key of the device; the JWT of the credentials is issued for its public half. */
  readonly seed: string | undefined
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Told about each attempt that failed, with the client's own words. */
  onFailure(message: string): void
}

/**
 * Connects a device, and tries until it succeeds or the signal aborts (then undefined). The
 * connection reconnects for ever by itself, also after the server refused the credentials: a
 * device has nobody to ask.
 * @throws RejectedError `SEED_MALFORMED`
 */
export async function connectDevice(
  options: DeviceConnectionOptions,
): Promise<NatsConnection | undefined> {
  const pace = reconnectPace()
  const settings = { ...connectionSettings(options), reconnectDelayHandler: () => pace.delay() }
  while (!options.signal.aborted) {
    try {
      const connection = await dial(options.credentials, settings)
      if (options.signal.aborted) {
        await connection.close()
        return undefined
      }
      pace.reset()
      followPace(connection, pace)
      return connection
    } catch (error) {
      options.onFailure(messageOf(error))
      pace.failed()
      await pause(options.clock, pace.delay(), options.signal)
    }
  }
  return undefined
}

/** What a single attempt to connect came to. */
export type Attempt =
  | { readonly connection: NatsConnection }
  | {
      readonly failure: string
      /** The server does not want these credentials. */ readonly refused: boolean
    }

/**
 * Tries once, for a credential that is to be proved before it is relied on.
 * @throws RejectedError `SEED_MALFORMED`
 */
export async function tryConnection(options: DeviceConnectionOptions): Promise<Attempt> {
  const pace = reconnectPace()
  const settings = { ...connectionSettings(options), reconnectDelayHandler: () => pace.delay() }
  try {
    const connection = await dial(options.credentials, settings)
    followPace(connection, pace)
    return { connection }
  } catch (error) {
    const failure = messageOf(error)
    return { failure, refused: REFUSAL.test(failure) }
  }
}

function connectionSettings({ credentials, seed }: DeviceConnectionOptions): ConnectionOptions {
  const { jwt, tls } = credentials.nats
  const useTls = tls !== undefined || credentials.nats.urls.some((url) => url.startsWith('tls://'))
  return {
    name: credentials.device_id,
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_INTERVAL_MS,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
    // A server without authentication (tests) takes devices with no JWT at all.
    ...(jwt === '' || seed === undefined ? {} : { authenticator: deviceAuthenticator(jwt, seed) }),
    ...(useTls ? { tls: tlsOptions(tls) } : {}),
  }
}

function tlsOptions(tls: CredentialFile['nats']['tls']): TlsOptions {
  return {
    ...(tls?.ca_pem === undefined ? {} : { ca: tls.ca_pem }),
    ...(tls?.ca_file === undefined ? {} : { caFile: tls.ca_file }),
    ...(tls?.cert_pem === undefined ? {} : { cert: tls.cert_pem }),
    ...(tls?.cert_file === undefined ? {} : { certFile: tls.cert_file }),
    ...(tls?.key_pem === undefined ? {} : { key: tls.key_pem }),
    ...(tls?.key_file === undefined ? {} : { keyFile: tls.key_file }),
  }
}

async function dial(
  { nats }: CredentialFile,
  settings: ConnectionOptions,
): Promise<NatsConnection> {
  // One connection speaks one transport: that of the first URL.
  const isWebSocket = (url: string) => /^wss?:\/\//u.test(url)
  const overWebSocket = isWebSocket(nats.urls[0] ?? '')
  const servers = nats.urls.filter((url) => isWebSocket(url) === overWebSocket)
  if (!overWebSocket) return connect({ ...settings, servers })
  const { tls: _tls, ...rest } = settings
  const authorities = nats.tls?.ca_pem
  return wsconnect({
    ...rest,
    servers,
    // Node's own WebSocket takes no certificate authority.
    ...(authorities === undefined ? {} : { wsFactory: trusting(authorities) }),
  })
}

function trusting(ca: string) {
  return async (url: string) => ({
    socket: new WebSocketClient(url, { ca }) as unknown as WebSocket,
    encrypted: url.startsWith('wss:'),
  })
}

interface ReconnectPace {
  delay(): number
  failed(): void
  reset(): void
}

function reconnectPace(): ReconnectPace {
  let failures = 0
  return {
    delay: () => {
      const doublings = Math.max(0, failures - RECONNECT_FAST_ATTEMPTS)
      const base = Math.min(RECONNECT_FIRST_MS * 2 ** doublings, RECONNECT_LONGEST_MS)
      return base * (1 + Math.random() * RECONNECT_JITTER)
    },
    failed: () => void (failures += 1),
    reset: () => void (failures = 0),
  }
}

function followPace(connection: NatsConnection, pace: ReconnectPace): void {
  const follow = async () => {
    for await (const status of connection.status()) {
      if (status.type === 'reconnecting') pace.failed()
      if (status.type === 'reconnect') pace.reset()
    }
  }
  // The iterator ends with the connection; it has no failure of its own.
  void follow()
}
