import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  startSidecar,
  whenServing,
  type RunningSidecar,
} from '../integration/registry/running-sidecar.ts'
import { startNatsServer, type NatsServer } from '../support/nats-server.ts'
import { PythonProgram } from './python-program.ts'
import { describeWithReference } from './with-reference.ts'

const TENANT = 'selectors'

type Values = Readonly<Record<string, unknown>>

const DEVICES: readonly Values[] = [
  device('cam-1', {
    labels: { category: ['camera', 'inference'], zone: 'A' },
    functions: [
      fn('shoot', { direction: 'read', modality: ['rgb', 'depth'] }),
      fn('turn', { direction: 'write', safety: 'critical' }),
    ],
    events: [
      {
        name: 'moved',
        description: 'It moved.',
        payload_schema: { type: 'object' },
        labels: { kind: 'motion' },
        tags: [],
      },
    ],
  }),
  device('cam-2', {
    labels: { category: 'camera', location: 'declared' },
    functions: [fn('shoot')],
  }),
  device('Cam-3', { functions: [fn('shoot', { direction: 'read' })] }, { location: null }),
  ...Array.from({ length: 30 }, (_, number) =>
    device(`soil-${String(number).padStart(2, '0')}`, {
      labels: { zone: `zone ${number % 25}` },
      functions: [fn('measure', { direction: 'read' })],
    }),
  ),
]

function device(deviceId: string, capabilities: Values, status: Values = { location: 'hall/1' }) {
  return {
    device_id: deviceId,
    device_ttl: 600,
    capabilities: { description: '', functions: [], events: [], ...capabilities },
    identity: { device_type: deviceId.startsWith('soil') ? 'soil-sensor' : 'camera' },
    status: { ts: '2026-01-01T00:00:00Z', availability: 'idle', ...status },
  }
}

function fn(name: string, labels?: Values) {
  const parameters = { type: 'object', properties: { x: { type: 'integer' } } }
  return { name, description: `Does ${name}.`, parameters, tags: [], ...(labels && { labels }) }
}

const SELECTORS: readonly Values[] = [
  { selector: 'device(*)', limit: 5 },
  { selector: 'device()', limit: 5, offset: 30 },
  { selector: 'device(*)', limit: 0 },
  { selector: 'device(cam-1)' },
  { selector: 'device(cam-?)' },
  { selector: 'device([cC]am-[!3])' },
  { selector: 'device(category:camera)' },
  { selector: 'device(category:[robot, infer*])' },
  { selector: 'device(category:camera, location:hall/*)' },
  { selector: 'device(location:declared)' },
  { selector: 'device(type:camera)' },
  { selector: 'device(cam-*,zone:A)' },
  { selector: 'device(zone:zone 7)' },
  { selector: 'device(nothing:*)' },
  { selector: 'device(cam-*).function(direction:read)' },
  { selector: 'device(*).function(*)', limit: 4, offset: 2 },
  { selector: 'function(shoot,modality:depth)' },
  { selector: 'function(direction:[read,write])', limit: 7, offset: 3 },
  { selector: 'event(kind:motion)' },
  { selector: 'device(category:camera).event(*)' },
  { key: null },
  { key: 'device.zone', limit: 7 },
  { key: 'device.zone', limit: 7, offset: 21 },
  { key: 'device.category' },
  { key: 'function.direction' },
  { key: 'event.kind' },
  { key: 'device.nothing' },
]

const REFUSED: readonly string[] = [
  '',
  ' ',
  'robot(*)',
  'device',
  'device(a',
  'device(a:[b)',
  'device(a])',
  'device(a,)',
  'device(a,b)',
  'device(a b:c)',
  'device(a:)',
  'device(a:[])',
  'device(a:[b,,c])',
  'device(a:[b]c)',
  'device(a:b[c])',
  'device(a) b',
  'device(a).function(b).event(c)',
  'function(a).event(b)',
  'device(a).device(b)',
  'device((a))',
]

describeWithReference("selectors of the reference's tools and of our index", (python) => {
  let server: NatsServer
  let sidecar: RunningSidecar
  let connection: NatsConnection
  let folder: string
  let theirs: readonly Values[]

  beforeAll(async () => {
    server = await startNatsServer()
    sidecar = await startSidecar([server.url])
    await whenServing(sidecar.supervisor)
    connection = await connect({ servers: server.url })
    for (const params of DEVICES) await ask('registry', 'registerDevice', params)
    folder = await mkdtemp(join(tmpdir(), 'muster-selectors-'))
    const tools = new PythonProgram({
      python,
      command: ['selector_tools.py'],
      folder,
      environment: { MESSAGING_BACKEND: 'nats', NATS_URL: server.url, TENANT },
    })
    const questions = [...SELECTORS, ...REFUSED.map((selector) => ({ selector }))]
    tools.tell(JSON.stringify(questions))
    const { answers } = (await tools.fact({})) as { answers: readonly Values[] }
    theirs = answers
    await tools.stop()
  })

  afterAll(async () => {
    await connection?.close()
    await sidecar?.close()
    await server?.stop()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })

  async function ask(subject: string, method: string, params: Values): Promise<Values> {
    const request = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const reply = await connection.request(`device-connect.${TENANT}.${subject}`, request, {
      timeout: 30_000,
    })
    return reply.json<{ result: Values }>().result
  }

  const ourAnswer = (question: Values) =>
    ask(
      'discovery',
      'selector' in question ? 'discovery/discover' : 'discovery/discoverLabels',
      question,
    )

  test.each(SELECTORS.map((question, index) => [JSON.stringify(question), index] as const))(
    'answers the same to %s',
    async (_text, index) => {
      expect(await ourAnswer(SELECTORS[index] ?? {})).toEqual(theirs[index])
    },
  )

  test.each(REFUSED.map((selector, index) => [selector, index] as const))(
    'refuses “%s” as well',
    async (selector, index) => {
      const their = theirs[SELECTORS.length + index] as { error?: { code: string } }
      const ours = (await ourAnswer({ selector })) as { error?: { code: string } }
      expect(ours.error?.code).toBe(their.error?.code)
    },
  )
})
