import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { safe } from '@orpc/client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { HealthUpdate } from '#shared/contract/health.ts'
import { startMuster } from '../../../scripts/lib/muster-process.ts'
import { firstWhere } from '../../../scripts/lib/streams.ts'
import { unlessRoot } from '../../support/unless-root.ts'
import { until } from '../../support/until.ts'

const WITHIN_MS = 60_000

let folder: string
const endings: (() => Promise<void>)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-start-'))
})
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
  await rm(folder, { recursive: true, force: true })
})

async function start(profile = join(folder, 'profile')) {
  const started = await startMuster({ profile, demo: true })
  endings.push(() => started.close())
  return started
}

/** Runs the browser host until it ends by itself; its exit code and its words. */
async function startAndFail(...args: string[]) {
  const child = spawn(
    process.execPath,
    [resolve('out/main/browser.js'), '--demo', '--json', ...args],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  let words = ''
  child.stderr.on('data', (data: Buffer) => (words += data.toString()))
  const [code] = (await once(child, 'exit')) as [number]
  return { code, words }
}

describe('starting Muster', () => {
  test('a second one on the same profile is refused and says what to do', async () => {
    await start()
    const { code, words } = await startAndFail('--profile', join(folder, 'profile'))
    expect(code).toBe(1)
    expect(words).toContain('already running with this profile')
    expect(words).toContain('--profile')
  })

  test('a profile that can not be a folder is refused and left alone', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, 'mine')
    const { code, words } = await startAndFail('--profile', file)
    expect(code).toBe(1)
    expect(words).toContain('can not be read or written')
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })

  unlessRoot('a profile that may not be written is refused', async () => {
    await mkdir(join(folder, 'locked'))
    chmodSync(join(folder, 'locked'), 0o500)
    const { code, words } = await startAndFail('--profile', join(folder, 'locked', 'profile'))
    expect(code).toBe(1)
    expect(words).toContain('own the folder')
  })

  test('an argument that it does not know is named', async () => {
    const { code, words } = await startAndFail('--profil', folder)
    expect(code).toBe(1)
    expect(words).toContain('--profil')
  })

  test('a port that is taken is named, and the profile is free again', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const profile = join(folder, 'profile')
    const { code, words } = await startAndFail('--profile', profile, '--port', String(port))
    server.close()
    expect(code).toBe(1)
    expect(words).toContain(`port ${port}`)
    await start(profile)
  })

  test('a damaged database is kept aside, told, and a new one begun', async () => {
    const profile = join(folder, 'profile')
    await mkdir(profile, { recursive: true })
    writeFileSync(join(profile, 'muster.db'), 'not a database, but not ours to delete')
    const { client } = await start(profile)
    const notice = await firstWhere(
      (signal) => client.health.watch(undefined, { signal }),
      'the notice of the damaged database',
      WITHIN_MS,
      noticeWith('damaged'),
    )
    expect(notice.text).toContain('.damaged-')
    const kept = readdirSync(profile).find((name) => name.startsWith('muster.db.damaged-')) ?? ''
    expect(readFileSync(join(profile, kept), 'utf8')).toContain('not ours to delete')
  })

  test('a nats-server that is missing or too old is named with the way to get one, and nothing is half made', async () => {
    const { client } = await start()
    await client.settings.update({ natsServerPath: join(folder, 'nowhere', 'nats-server') })
    const create = () =>
      safe(
        client.mesh.createLocal({
          dialect: 'device-connect',
          tenant: 'plant',
          reach: { kind: 'loopback' },
        }),
      )
    expect((await create()).error).toMatchObject({ data: { code: 'NATS_SERVER_MISSING' } })
    const old = join(folder, 'nats-server')
    writeFileSync(old, '#!/bin/sh\necho nats-server: v2.8.4\n', { mode: 0o755 })
    await client.settings.update({ natsServerPath: old })
    expect((await create()).error).toMatchObject({ data: { code: 'NATS_SERVER_TOO_OLD' } })
    await client.settings.update({ natsServerPath: null })
    expect((await create()).error).toBeNull()
  })

  test('ends with everything that it started', async () => {
    const started = await startMuster({
      profile: join(folder, 'profile'),
      demo: true,
    })
    await started.client.mesh.createLocal({
      dialect: 'device-connect',
      tenant: 'plant',
      reach: { kind: 'loopback' },
    })
    const children = childrenOf(started.muster.pid)
    expect(children.length).toBeGreaterThanOrEqual(2)
    await started.close()
    // The last ones were told to end and are the system's to bury by now.
    await until('all of them to be gone', () => children.every((pid) => !isRunning(pid)))
  })
})

function noticeWith(word: string) {
  return (update: HealthUpdate) => {
    const notices =
      update.type === 'snapshot' ? update.notices : update.type === 'notice' ? [update.notice] : []
    return notices.find((notice) => notice.title.includes(word))
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Pids of all processes below one, from /proc. */
function childrenOf(pid: number): number[] {
  if (!existsSync('/proc')) return []
  const parents = readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        return {
          pid: Number(name),
          parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]),
        }
      } catch {
        return { pid: Number(name), parent: 0 }
      }
    })
  const below = (root: number): number[] =>
    parents
      .filter(({ parent }) => parent === root)
      .flatMap((child) => [child.pid, ...below(child.pid)])
  return below(pid)
}
