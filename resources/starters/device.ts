// A device to begin with, on nothing but a NATS client.
//
//   npm install
//   node device.ts ../credentials/NAME.creds.json        (Node 22.18 or newer)
//
// It registers, sends heartbeats, answers `set_level` and tells `level_changed`. FUNCTIONS is what can be
// called; change it into what your device does.
import { readFile } from 'node:fs/promises'
import { connect, jwtAuthenticator, type Msg, type NatsConnection } from '@nats-io/transport-node'

interface CredentialFile {
  device_id: string
  tenant: string
  nats: { urls: string[]; jwt: string; nkey_seed: string; tls?: { ca_pem?: string } }
}

const TTL_SECONDS = 15
const REGISTER_TIMEOUT_MS = 5_000
const LONGEST_PAUSE_MS = 30_000

const say = (...words: unknown[]) => void process.stdout.write(`${words.join(' ')}\n`)

const state = { level: 50 }

const FUNCTIONS: Record<string, (params: Record<string, unknown>) => unknown> = {
  set_level: ({ percent }) => {
    if (typeof percent !== 'number' || percent < 0 || percent > 100) {
      throw new RangeError('percent has to be 0 to 100')
    }
    state.level = percent
    emit('level_changed', { percent })
    return { percent }
  },
}

const CAPABILITIES = {
  description: 'A tank whose level can be set and is told.',
  functions: [
    {
      name: 'set_level',
      description: 'Set the level.',
      parameters: {
        type: 'object',
        properties: { percent: { type: 'number', minimum: 0, maximum: 100 } },
        required: ['percent'],
      },
      tags: [],
    },
  ],
  events: [{ name: 'level_changed', description: 'The level is another one now.', tags: [] }],
}

const [path] = process.argv.slice(2)
if (path === undefined) {
  say('usage: node device.ts CREDENTIAL_FILE')
  process.exit(1)
}
const file = JSON.parse(await readFile(path, 'utf8')) as CredentialFile
const { device_id: deviceId, tenant, nats } = file
const root = process.env['SUBJECT_ROOT'] ?? rootIn(nats.jwt)
const own = `${root}.${tenant}.${deviceId}`

const connection: NatsConnection = await connect({
  servers: nats.urls,
  name: deviceId,
  authenticator: jwtAuthenticator(nats.jwt, new TextEncoder().encode(nats.nkey_seed)),
  maxReconnectAttempts: -1,
  waitOnFirstConnect: true,
  ...(nats.tls?.ca_pem === undefined ? {} : { tls: { ca: nats.tls.ca_pem } }),
})
connection.subscribe(`${own}.cmd`, { callback: (_error, message) => answer(message) })
await register()
say('registered', deviceId)
const beating = setInterval(beat, (TTL_SECONDS / 3) * 1_000)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    clearInterval(beating)
    say('stopped')
    void connection.drain()
  })
}

/** The first part of every subject, as the credential's permissions name it. */
function rootIn(jwt: string): string {
  const claims = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'))
  const allowed: string[] = claims.nats?.pub?.allow ?? []
  const end = `.${tenant}.>`
  const found = allowed.find((subject) => subject.endsWith(end))
  return found === undefined ? 'device-connect' : found.slice(0, -end.length)
}

function registration() {
  return {
    device_id: deviceId,
    device_ttl: TTL_SECONDS,
    capabilities: CAPABILITIES,
    identity: { device_type: 'tank', manufacturer: 'You', model: 'Starter' },
    status: { ts: Date.now() / 1_000, location: 'bench', availability: 'available', ...state },
  }
}

/** Tries until the registry knows the device: 1 s between attempts, then twice as long each time. */
async function register(): Promise<void> {
  for (let pause = 1_000; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      const request = { jsonrpc: '2.0', id: '1', method: 'registerDevice', params: registration() }
      const reply = await connection.request(
        `${root}.${tenant}.registry`,
        JSON.stringify(request),
        {
          timeout: REGISTER_TIMEOUT_MS,
        },
      )
      const { result, error } = reply.json<{ result?: unknown; error?: { message: string } }>()
      if (result !== undefined) return
      say('not registered:', error?.message)
    } catch (error) {
      say('the registry is silent:', String(error))
    }
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

function beat(): void {
  const heartbeat = { device_id: deviceId, ts: Date.now() / 1_000, ...state }
  connection.publish(`${own}.heartbeat`, JSON.stringify(heartbeat))
}

function emit(name: string, params: Record<string, unknown>): void {
  const event = { jsonrpc: '2.0', method: `event/${name}`, params }
  connection.publish(`${own}.event.${name}`, JSON.stringify(event))
}

function answer(message: Msg): void {
  let id: unknown = null
  const reply = (rest: object) => message.respond(JSON.stringify({ jsonrpc: '2.0', id, ...rest }))
  try {
    const request = message.json<{
      id?: unknown
      method: string
      params?: Record<string, unknown>
    }>()
    id = request.id ?? null
    if (request.method === 'requestRegistration') return void reply({ result: registration() })
    const called = FUNCTIONS[request.method]
    if (called === undefined) {
      return void reply({
        error: { code: -32601, message: `There is no function ${request.method}` },
      })
    }
    const { _dc_meta: _from, ...params } = request.params ?? {}
    reply({ result: called(params) })
  } catch (error) {
    reply({ error: { code: -32603, message: String(error) } })
  }
}
