// On the small disk at argv[2]: makes one tenant after the other, each time with the disk full from the next boundary of
// its steps on, and again once there is room; then a kit while there is none. Tells as one line of JSON what came of it.
import { appendFileSync, existsSync, rmSync, statSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toMusterError } from '../../../../src/shared/errors.ts'
import type { Bootstrap } from '../../../../src/main/authority/authority.ts'
import { writeChosenFile } from '../../../../src/main/files/saved-file.ts'
import { openFaultWorld, type FaultWorld } from '../../../support/fault/fault-world.ts'
import { startNatsServer } from '../../../support/nats-server.ts'
import { NEVER } from '#shared/never.ts'

const folder = process.argv[2] ?? ''
const filler = join(folder, 'filler')
const kit = { name: 'kit.age', mediaType: 'text/plain', content: 'old'.repeat(100) }
const kitPath = join(folder, kit.name)

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => toMusterError(error).code,
  )

/** To the last byte: what is appended goes on until the file grows no more. */
function fill(): void {
  for (const size of [100_000, 4_096, 1]) {
    for (let before = -1; before < sizeOf();) {
      before = sizeOf()
      try {
        appendFileSync(filler, Buffer.alloc(size))
      } catch {
        // Full: the next round sees that nothing was added.
      }
    }
  }
}

const sizeOf = (): number => (existsSync(filler) ? statSync(filler).size : 0)

/** What the server has and what is recorded as confirmed. */
async function agreement({ authority, publisher }: FaultWorld): Promise<boolean> {
  const { systemAccount, accounts } = await authority.bootstrap()
  const recorded = [systemAccount, ...accounts].map(({ publicKey }) => publicKey)
  return recorded.toSorted().join() === (await publisher.list()).toSorted().join()
}

let server: Awaited<ReturnType<typeof startNatsServer>> | undefined
const startServer = async ({ operatorJwt, systemAccount }: Bootstrap) => {
  server ??= await startNatsServer({
    files: { 'op.jwt': operatorJwt },
    config: `
      operator: op.jwt
      system_account: ${systemAccount.publicKey}
      resolver: { type: full, dir: "jwt", allow_delete: true, interval: "2m", limit: 1000 }
      resolver_preload: { ${systemAccount.publicKey}: ${systemAccount.jwt} }`,
  })
  return server.url
}

const rounds: { step: string; code: string; agrees: boolean; afterwards: boolean; lost: number }[] =
  []
for (let at = 1; ; at += 1) {
  const name = `tenant-${at}`
  let passed = 0
  let step = 'before the first'
  const world = await openFaultWorld({
    folder,
    startServer,
    atBoundary: (boundary) => {
      if (boundary.kind !== 'provision-tenant') return
      passed += 1
      if (passed !== at) return
      step = `${boundary.step}, ${boundary.point}`
      fill()
    },
  })
  const make = () => world.authority.createTenant(name, { isolation: 'account' }, NEVER)
  const code = await codeOf(make())
  const agrees = await agreement(world)
  rmSync(filler, { force: true })
  await world.close()
  if (passed < at) break

  const next = await openFaultWorld({ folder, startServer })
  await next.authority.procedures.takeUp('mesh', NEVER)
  await next.authority.createTenant(name, { isolation: 'account' }, NEVER)
  const keys = next.authority.tenantAccounts.keysOf(name)
  const held = await Promise.all(keys.map((key) => next.keychain.get(key)))
  const lost = held.filter((seed) => seed === undefined).length
  const isDone = next.authority.procedures.unfinished().length === 0
  rounds.push({ step, code, agrees, afterwards: isDone && (await agreement(next)), lost })
  await next.close()
}

await writeChosenFile(kitPath, kit)
fill()
const newKit = await codeOf(writeChosenFile(kitPath, { ...kit, content: 'new'.repeat(100_000) }))
const told = {
  rounds,
  kit: newKit,
  oldKitStays: (await readFile(kitPath, 'utf8')) === kit.content,
  leftovers: (await readdir(folder)).filter((name) => name.includes('.tmp')),
}
await server?.stop()
process.stdout.write(`${JSON.stringify(told)}\n`)
