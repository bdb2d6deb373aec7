import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { credsAuthenticator, jwtAuthenticator } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BundleChoice } from '../../../src/shared/contract/bundles.ts'
import { freeTcpPort } from '../../support/free-tcp-port.ts'
import { startNatsServer } from '../../support/nats-server.ts'
import { until } from '../../support/until.ts'
import { patientConnect } from '../../support/patient-connect.ts'
import { BundleSite, execute } from './support/bundle-site.ts'

let site: BundleSite

beforeAll(async () => {
  site = await BundleSite.create()
})
afterAll(() => site.close())

/** Makes an open bundle and unpacks it with the tools of the system. */
async function unpacked(
  name: string,
  choice: Partial<BundleChoice>,
  urls: readonly string[] = [site.url],
): Promise<string> {
  const folder = join(site.folder, name)
  const destination = { kind: 'folder', path: folder, allowSynced: false } as const
  const { job } = await site.made(site.order(choice, { name, urls: [...urls], destination }))
  expect(job).toMatchObject({ state: 'done', problem: null })
  const [file = ''] = await readdir(folder)
  const out = join(folder, 'out')
  await mkdir(out)
  if (file.endsWith('.zip')) await execute('unzip', ['-q', join(folder, file), '-d', out])
  else await execute('tar', ['-xzf', join(folder, file), '-C', out])
  return out
}

/** A user of REGISTRY, which answers where a registry would. */
async function registryClient() {
  const user = await site.app.authority.issueUser({
    account: 'registry',
    role: 'registry',
    name: 'test registry',
    ttlMs: 600_000,
    delivery: 'internal',
  })
  return patientConnect({
    servers: site.url,
    authenticator: jwtAuthenticator(user.jwt, Buffer.from(user.seed ?? '')),
  })
}

test('the installer of a collector can be run twice, checks, and takes everything away again', async () => {
  const folder = await unpacked('collector', { kind: 'collector' })
  expect((await readdir(folder)).toSorted()).toEqual([
    'README.md',
    'certs',
    'config.json',
    'install.sh',
    'manifest.json',
    'manifest.sig',
    'nats.creds',
  ])
  const root = join(site.folder, 'destdir')
  const run = (...args: string[]) =>
    execute('sh', [join(folder, 'install.sh'), ...args], { env: { ...process.env, DESTDIR: root } })
  expect((await run('check')).stdout).toMatch(/^ok: 127\.0\.0\.1:\d+ answers$/mu)
  const command = 'cat config.json > started.txt'
  expect((await run('--exec', command)).stdout).toMatch(/^installed: /mu)
  await run()
  const installed = join(root, 'etc', 'device-collector')
  expect((await readdir(installed)).toSorted()).toEqual([
    'command',
    'config.json',
    'nats.creds',
    'run.sh',
  ])
  expect((await stat(join(installed, 'nats.creds'))).mode & 0o777).toBe(0o600)
  await execute('sh', [join(installed, 'run.sh')])
  const config = JSON.parse(await readFile(join(installed, 'started.txt'), 'utf8')) as {
    nats: { inbox_prefix: string }
    subjects: string[]
  }
  const unit = await readFile(join(root, 'etc/systemd/system/device-collector.service'), 'utf8')
  expect(unit).toContain('ExecStart=/etc/device-collector/run.sh')

  // As the program that it is for would: it hears events, and can say nothing.
  const client = await patientConnect({
    servers: site.url,
    authenticator: credsAuthenticator(await readFile(join(installed, 'nats.creds'))),
    inboxPrefix: config.nats.inbox_prefix,
  })
  for (const subject of config.subjects) client.subscribe(subject)
  await client.flush()
  client.publish('device-connect.north.x.event.y')
  const status = (async () => {
    for await (const { type } of client.status()) if (type === 'error') return type
    return undefined
  })()
  await client.flush()
  expect(await status).toBe('error')
  await client.close()

  // A file of the person's own stays.
  expect((await run('uninstall')).stdout).toMatch(/files of yours stay/u)
  expect(await readdir(installed)).toEqual(['started.txt'])
  await execute('rm', [join(installed, 'started.txt')])
  expect((await run('uninstall')).stdout).toMatch(/^taken away: /u)
  expect(await readdir(join(root, 'etc'))).not.toContain('device-collector')
})

test('a collector says which address does not answer, and what is missing', async () => {
  const port = await freeTcpPort()
  const folder = await unpacked('collector-away', { kind: 'collector' }, [
    `nats://127.0.0.1:${port}`,
  ])
  const root = join(site.folder, 'destdir-away')
  const run = (...args: string[]) =>
    execute('sh', [join(folder, 'install.sh'), ...args], { env: { ...process.env, DESTDIR: root } })
  await expect(run('check')).rejects.toMatchObject({
    code: 2,
    stdout: expect.stringContaining(`not reached: 127.0.0.1:${port}`) as string,
  })
  await execute('rm', [join(folder, 'nats.creds')])
  await expect(run()).rejects.toMatchObject({
    stderr: expect.stringContaining('nats.creds is missing') as string,
  })
})

test('a nats context installs for a user, twice, and goes again', async () => {
  const folder = await unpacked('context', { kind: 'context' })
  const home = join(site.folder, 'home')
  const run = (...args: string[]) =>
    execute('sh', [join(folder, 'install.sh'), ...args], {
      env: { PATH: process.env['PATH'] ?? '', HOME: home },
    })
  await run()
  await run()
  const context = JSON.parse(
    await readFile(join(home, '.config/nats/context/north-console.json'), 'utf8'),
  ) as Record<string, string>
  expect(context).toMatchObject({
    url: site.url,
    creds: join(home, '.config/nats/handed-over/north-console.creds'),
  })
  const client = await patientConnect({
    servers: context['url'] ?? '',
    authenticator: credsAuthenticator(await readFile(context['creds'] ?? '')),
    inboxPrefix: context['inbox_prefix'] ?? '_INBOX',
  })
  await client.close()
  await run('uninstall')
  expect(await readdir(join(home, '.config/nats/handed-over'))).toEqual([])
})

test('a leaf node is accepted by nats-server, connects, and carries the tenant both ways', async () => {
  const port = await freeTcpPort()
  const { operatorJwt, systemAccount, accounts } = await site.app.authority.bootstrap()
  const preload = [systemAccount, ...accounts].map(({ publicKey, jwt }) => `${publicKey}: ${jwt}`)
  const hub = await startNatsServer({
    files: { 'op.jwt': operatorJwt },
    config: `operator: op.jwt\nsystem_account: ${systemAccount.publicKey}\nresolver: MEMORY\nresolver_preload { ${preload.join('\n')} }\nleafnodes { listen: "127.0.0.1:${port}" }\n`,
  })
  const folder = await unpacked('leaf', { kind: 'leaf-node' }, [`nats-leaf://127.0.0.1:${port}`])
  expect((await execute('sh', [join(folder, 'run.sh'), 'check'])).stdout).toContain(
    `ok: 127.0.0.1:${port} answers`,
  )
  const leafPort = await freeTcpPort()
  // As run.sh starts it, on a port that is free here.
  const leaf = spawn('nats-server', ['-c', 'leaf-node.conf', '-p', String(leafPort)], {
    cwd: folder,
  })
  try {
    const device = await patientConnect({
      servers: `nats://127.0.0.1:${leafPort}`,
      waitOnFirstConnect: true,
      reconnectTimeWait: 100,
    })
    const user = await site.app.authority.issueUser({
      account: { tenant: 'north' },
      role: 'console',
      name: 'listener',
      ttlMs: 600_000,
      delivery: 'internal',
    })
    const listener = await patientConnect({
      servers: hub.url,
      authenticator: jwtAuthenticator(user.jwt, Buffer.from(user.seed ?? '')),
      inboxPrefix: user.inboxPrefix,
    })
    const heard: string[] = []
    listener.subscribe('device-connect.north.*.event.*', {
      callback: (_error, message) => void heard.push(message.subject),
    })
    await listener.flush()
    await until('an event over the leaf', () => {
      device.publish('device-connect.north.pump-1.event.irrigated', '{}')
      return heard.length > 0
    })
    device.subscribe('device-connect.north.pump-1.cmd', {
      callback: (_error, message) => void message.respond('done'),
    })
    await device.flush()
    await expect
      .poll(() =>
        listener.request('device-connect.north.pump-1.cmd', '{}', { timeout: 500 }).then(
          (answer) => answer.string(),
          () => 'none',
        ),
      )
      .toBe('done')
    await device.close()
    await listener.close()
  } finally {
    leaf.kill()
    await once(leaf, 'close')
    await hub.stop()
  }
})

test('the starter in TypeScript runs as it is: registers, answers, tells', async () => {
  const folder = await unpacked('typescript', {
    newDevices: ['tank-1'],
    starters: ['device-typescript'],
  })
  // Instead of `npm install`.
  const modules = join(import.meta.dirname, '..', '..', '..', 'node_modules')
  await symlink(modules, join(folder, 'starters', 'node_modules'))
  const registry = await registryClient()
  registry.subscribe('device-connect.north.registry', {
    callback: (_error, message) =>
      void message.respond(
        JSON.stringify({
          jsonrpc: '2.0',
          id: '1',
          result: { status: 'registered', device_registration_id: 'r' },
        }),
      ),
  })
  const events: string[] = []
  registry.subscribe('device-connect.north.*.event.>', {
    callback: (_error, message) => void events.push(message.subject),
  })
  await registry.flush()
  const script = join(folder, 'starters', 'device.ts')
  const device = spawn(process.execPath, [script, join(folder, 'tank-1.creds.json')])
  try {
    const lines = createInterface({ input: device.stdout })[Symbol.asyncIterator]()
    expect((await lines.next()).value).toBe('registered tank-1')
    const call = async (method: string, params: object) => {
      const answer = await registry.request(
        'device-connect.north.tank-1.cmd',
        JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }),
        { timeout: 30_000 },
      )
      return answer.json()
    }
    expect(await call('set_level', { percent: 20 })).toEqual({
      jsonrpc: '2.0',
      id: 7,
      result: { percent: 20 },
    })
    await until('the event', () =>
      events.includes('device-connect.north.tank-1.event.level_changed'),
    )
    expect(await call('set_level', { percent: 200 })).toMatchObject({ error: { code: -32_603 } })
    expect(await call('no_such', {})).toMatchObject({ error: { code: -32_601 } })
  } finally {
    device.kill('SIGTERM')
    await once(device, 'close')
    await registry.close()
  }
  expect(device.exitCode).toBe(0)
})
