import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import {
  openFromMedium,
  type ReadFrom,
} from '../src/main/bundles/deliver/drives/read-from-medium.ts'
import { writeVerified } from '../src/main/bundles/deliver/write-verified.ts'
import { NEVER } from '#shared/never.ts'
import { BundleSite } from '../tests/integration/bundles/support/bundle-site.ts'
import { nscTool, openNsc } from '../tests/support/nsc-tool.ts'
import type { Benchmark, PeerFigure } from './benchmark.ts'
import type { Endings } from './endings.ts'
import { millisecondsOf } from './measure.ts'

const execute = promisify(execFile)

const TENANT_SCRIPT = join(import.meta.dirname, 'processes', 'tenant-by-script.sh')
const ACCOUNT = 'DEVICES'
const CREDENTIALS = 1000
const TENANT_DEVICES = 50
const MEGABYTE = 1024 * 1024
const READ_BYTES = 128 * MEGABYTE
const PIECE_BYTES = 4 * MEGABYTE
const LOOK_AT_MEMORY_EVERY_MS = 20

/** From the click to the receipt: issued, laid out, signed, packed, sealed, written, read back, recorded. */
const HAND_OVER: Benchmark = {
  name: 'bundle.hand-over-1000',
  unit: 'ms',
  better: 'less',
  goal: { of: 'value', limit: 3_000 },
  peer: 'stock age sealing the finished zip, and sync',
  further: [
    {
      name: 'bundle.hand-over-1000-memory',
      unit: 'MB',
      better: 'less',
      goal: { of: 'value', limit: 200 },
      peer: '',
    },
  ],
  prepare: async ({ endings }) => {
    const site = endings.add(await BundleSite.create(), (it) => it.close())
    const publicKey = await identityToRecipient(await generateX25519Identity())
    const { id } = site.bundles.addPerson({ name: 'bench', publicKey, note: '' })
    let round = 0
    const handOver = async (people: string[] | null) => {
      round += 1
      const folder = join(site.folder, String(round))
      const order = site.order(
        {
          kind: 'tenant',
          newDevices: Array.from({ length: CREDENTIALS }, (_, index) => `d${round}-${index}`),
          devices: [`none-${round}`],
        },
        {
          destination: { kind: 'folder', path: folder, allowSynced: false },
          sealing:
            people === null ? { kind: 'plain', confirmed: true } : { kind: 'people', people },
        },
      )
      const { job } = await site.made(order)
      if (job.state !== 'done') throw new Error(job.problem?.message ?? job.state)
      return folder
    }
    const plain = join(await handOver(null), 'test.zip')
    return async () => {
      const peer = await sealByAge(plain, publicKey)
      const before = process.memoryUsage().rss
      let most = before
      const looking = setInterval(() => {
        most = Math.max(most, process.memoryUsage().rss)
      }, LOOK_AT_MEMORY_EVERY_MS)
      let folder = ''
      const value = await millisecondsOf(async () => {
        folder = await handOver([id])
      })
      clearInterval(looking)
      await rm(folder, { recursive: true })
      const memory = { value: (most - before) / MEGABYTE, peer: null }
      return { value, peer, further: { 'bundle.hand-over-1000-memory': memory } }
    }
  },
}

/** How fast what was written is read back and compared, against reading it alone, before and after. */
const READ_BACK: Benchmark = {
  name: 'bundle.read-back',
  unit: 'MB/s',
  better: 'more',
  goal: { of: 'ratio', limit: 0.8 },
  peer: 'the same file read from the disk alone',
  prepare: async ({ endings }) => {
    const site = endings.add(await BundleSite.create(), (it) => it.close())
    const folder = join(site.folder, 'read-back')
    await mkdir(folder)
    const content = randomBytes(READ_BYTES)
    const name = 'large'
    return async () => {
      let bare = 0
      let began = 0
      let ended = 0
      await writeVerified(folder, [{ name, content, mode: 0o600 }], {
        signal: NEVER,
        openBack: async (path) => {
          bare = await bareRead(path)
          const file = await openFromMedium(path, {
            device: null,
            signal: NEVER,
            onOpened: requireMedium,
          })
          began = performance.now()
          return file
        },
        onProgress: ({ step, bytes }) => {
          if (step === 'reading-back' && bytes === READ_BYTES) ended = performance.now()
        },
      })
      const path = join(folder, name)
      bare = (bare + (await bareRead(path))) / 2
      await rm(path)
      return { value: megabytesPerSecond(ended - began), peer: megabytesPerSecond(bare) }
    }
  },
}

/**
 * A tenant and the credentials of its devices, from nothing to the packed bundle in a folder, against
 * the programs that the reference's `manage_tenants.sh` starts for it. Those know neither server nor
 * ledger, and sign, seal and read back nothing, so the peer has less to do.
 */
const TENANT_VS_SCRIPT: Benchmark = {
  name: 'bundle.tenant-vs-script',
  unit: 'ms',
  better: 'less',
  goal: { of: 'ratio', limit: 0.02 },
  peer: "the processes of the reference's manage_tenants.sh: nsc, text tools, Python, zip",
  mostRuns: 3,
  prepare: async ({ endings }) => {
    const site = endings.add(await BundleSite.create(), (it) => it.close())
    const script = await tenantScript(endings)
    let round = 0
    return async () => {
      round += 1
      const tenant = `tenant-${round}`
      const newDevices = Array.from({ length: TENANT_DEVICES }, (_, index) => `${tenant}-${index}`)
      const folder = join(site.folder, tenant)
      const value = await millisecondsOf(async () => {
        await site.app.authority.createTenant(tenant, { isolation: 'account' })
        const order = site.order(
          { kind: 'tenant', tenant, newDevices, alsoCreds: true },
          { destination: { kind: 'folder', path: folder, allowSynced: false } },
        )
        const { job } = await site.made(order)
        if (job.state !== 'done') throw new Error(job.problem?.message ?? job.state)
      })
      if ('notRun' in script) return { value, peer: script }
      return { value, peer: await millisecondsOf(() => script.create(tenant, newDevices)) }
    }
  },
}

export const BUNDLE_BENCHMARKS: readonly Benchmark[] = [HAND_OVER, READ_BACK, TENANT_VS_SCRIPT]

type TenantScript =
  | { create(tenant: string, devices: readonly string[]): Promise<unknown> }
  | { readonly notRun: string }

/** The peer with an operator and the one account that all its tenants share. */
async function tenantScript(endings: Endings): Promise<TenantScript> {
  const tool = await nscTool()
  if ('missing' in tool) return { notRun: tool.missing }
  const { home } = endings.add(await openNsc(tool.path), (it) =>
    rm(it.home, { recursive: true, force: true }),
  )
  const env = { ...process.env, HOME: home, NSC: tool.path }
  try {
    await execute('sh', ['-c', 'command -v bash zip python3'])
    await execute(tool.path, ['add', 'operator', '--name', 'bench'], { env })
    await execute(tool.path, ['add', 'account', '--name', ACCOUNT], { env })
  } catch {
    return { notRun: 'bash, zip or Python is missing' }
  }
  return {
    create: (tenant, devices) =>
      execute('bash', [TENANT_SCRIPT, ACCOUNT, tenant, join(home, tenant), ...devices], { env }),
  }
}

function megabytesPerSecond(milliseconds: number): number {
  return READ_BYTES / MEGABYTE / (milliseconds / 1000)
}

function requireMedium(from: ReadFrom): void {
  if (from !== 'medium')
    throw new Error('Here files can not be read past the memory of the system.')
}

async function bareRead(path: string): Promise<number> {
  const file = await openFromMedium(path, { device: null, signal: NEVER, onOpened: requireMedium })
  await file.close()
  return millisecondsOf(() => readThrough(path))
}

async function readThrough(path: string): Promise<void> {
  const handle = await open(path, 'r')
  const buffer = Buffer.alloc(PIECE_BYTES)
  for (let at = 0; ;) {
    const { bytesRead } = await handle.read(buffer, 0, PIECE_BYTES, at)
    if (bytesRead === 0) break
    at += bytesRead
  }
  await handle.close()
}

async function sealByAge(path: string, recipient: string): Promise<PeerFigure> {
  try {
    await readFile(path)
    return await millisecondsOf(async () => {
      await execute('age', ['-r', recipient, '-o', `${path}.age`, path])
      await execute('sync', ['-f', `${path}.age`])
    })
  } catch {
    return { notRun: 'age is not installed' }
  } finally {
    await rm(`${path}.age`, { force: true })
  }
}
