import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { mkdir } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { firstWhere } from '../../scripts/lib/streams.ts'
import { InteropSite } from './site.ts'
import { describeWithReference } from './with-reference.ts'

const execute = promisify(execFile)
const PATIENCE_MS = 60_000
const TENANT = 'default'
const DEVICES = ['sensor', 'pump', 'controller', 'tank', 'watcher']

/** A request to the model, as far as the agent's script is asked about it. */
interface ChatRequest {
  readonly messages: readonly { readonly role: string; readonly content?: string }[]
  readonly tools: readonly { readonly function: { readonly name: string } }[]
}

describeWithReference('what a bundle brings along for Python', (python) => {
  let site: InteropSite
  let folder: string
  const running: ChildProcess[] = []

  beforeAll(async () => {
    site = await InteropSite.open(python, [TENANT])
    folder = join(site.folder, 'unpacked')
    const sealing = { kind: 'plain', confirmed: true } as const
    const { client } = site
    const [host] = await client.bundles.hosts({ kind: 'tenant' })
    const { id } = await client.bundles.create({
      choice: {
        kind: 'tenant',
        tenant: TENANT,
        devices: [],
        keys: 'new',
        credentialFolder: '',
        newDevices: DEVICES,
        validDays: 1,
        alsoCreds: false,
        certificates: 'inline',
        starters: ['device-python', 'greenhouse', 'agent'],
      },
      name: 'starters',
      urls: [host?.url ?? ''],
      allowLoopback: true,
      sealing,
      destination: { kind: 'folder', path: site.folder, allowSynced: false },
    })
    const job = await firstWhere(
      (signal) => client.bundles.watch(undefined, { signal }),
      'the bundle',
      PATIENCE_MS,
      (update) =>
        update.job?.id === id && update.job.state !== 'running' ? update.job : undefined,
    )
    expect(job).toMatchObject({ state: 'done', problem: null })
    await mkdir(folder)
    await execute('unzip', ['-q', join(site.folder, 'starters.zip'), '-d', folder])
  })

  afterAll(async () => {
    const open = running.filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    )
    for (const child of open) child.kill('SIGTERM')
    await Promise.all(open.map((child) => once(child, 'close')))
    await site?.close()
  })

  const credential = (name: string) => join(folder, TENANT, 'credentials', `${name}.creds.json`)

  /** Starts a script as its README says; resolves once it said all of `lines`. */
  async function start(script: string, names: readonly string[], lines: readonly string[]) {
    const path = join(folder, TENANT, 'starters', script)
    const child = spawn(python, [path, ...names.map(credential)], {
      env: { ...process.env, MEASURE_EVERY_SECONDS: '0.5' },
    })
    running.push(child)
    const waiting = new Set(lines)
    const said: string[] = []
    createInterface({ input: child.stderr }).on('line', (line) => said.push(line))
    const late = AbortSignal.timeout(PATIENCE_MS)
    late.addEventListener('abort', () => child.kill())
    for await (const line of createInterface({ input: child.stdout })) {
      said.push(line)
      waiting.delete(line)
      if (waiting.size === 0) return child
    }
    throw new Error(`${script} ended without ${[...waiting].join(', ')}:\n${said.join('\n')}`)
  }

  test('the device registers, and answers', async () => {
    await start('device.py', ['tank'], ['registered tank'])
    await site.online(TENANT, 'tank')
    const outcome = await site.client.rpc.call({
      tenant: TENANT,
      deviceId: 'tank',
      functionName: 'set_level',
      params: { percent: 20 },
      timeoutMs: 10_000,
    })
    expect(outcome).toMatchObject({ type: 'result', result: { percent: 20 } })
  })

  test('the greenhouse waters itself', async () => {
    await start(
      'greenhouse.py',
      ['sensor', 'pump', 'controller'],
      [
        'registered soil-sensor',
        'registered irrigation-pump',
        'registered irrigation-controller',
        'watered sensor',
      ],
    )
  })

  test('the agent lists devices, calls what its model asks for, and says what it did', async () => {
    const requests: ChatRequest[] = []
    const calls = [
      { name: 'list_devices', arguments: '{}' },
      {
        name: 'call_function',
        arguments: '{"device_id":"tank","function":"set_level","params":{"percent":70}}',
      },
      { name: 'call_function', arguments: '{"device_id":"tank","function":"explode"}' },
      { name: 'recent_events', arguments: '{}' },
    ]
    const model = await startModel((request) => {
      requests.push(request)
      const call = calls[requests.length - 1]
      return call === undefined
        ? { role: 'assistant', content: 'The tank is at 70 percent.' }
        : {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: `c${requests.length}`, type: 'function', function: call }],
          }
    })
    const { port } = model.address() as AddressInfo
    const { stdout, stderr } = await execute(
      python,
      [join(folder, TENANT, 'starters', 'agent.py'), credential('watcher'), 'Fill the tank.'],
      { env: { ...process.env, OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` } },
    )
    model.close()
    expect(stdout.trim()).toBe('The tank is at 70 percent.')
    expect(stderr).toContain('calling tank set_level {"percent": 70}')
    expect(requests[0]?.tools.map((tool) => tool.function.name)).toEqual([
      'list_devices',
      'recent_events',
      'call_function',
    ])
    const told = requests.at(-1)?.messages.filter(({ role }) => role === 'tool') ?? []
    const answers = told.map(({ content = '' }) => JSON.parse(content) as unknown)
    expect(answers[0]).toContainEqual(
      expect.objectContaining({ device_id: 'tank', type: 'tank', events: ['level_changed'] }),
    )
    expect(answers[1]).toMatchObject({ percent: 70 })
    expect(answers[2]).toEqual({ error: 'tank has no function explode' })
    expect(answers[3]).toMatchObject({
      events: expect.arrayContaining([
        expect.objectContaining({ device: 'tank', event: 'level_changed' }),
      ]) as unknown,
    })
  })
})

/** An endpoint that speaks as much of the OpenAI API as agents use. */
async function startModel(answer: (request: ChatRequest) => object): Promise<Server> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => void parts.push(part))
    request.on('end', () => {
      const asked = JSON.parse(Buffer.concat(parts).toString('utf8')) as ChatRequest
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ choices: [{ message: answer(asked) }] }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
