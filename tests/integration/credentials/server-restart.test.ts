import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CredentialsService } from '../../../src/main/credentials/credentials-service.ts'
import { logIn } from '../../support/log-in.ts'
import { TestProfile, type TestApp } from '../mesh/support/test-app.ts'
import { NEVER } from '#shared/never.ts'
import {
  accountOf,
  issueDevice,
  manage,
  type ManagedSite,
} from '../resolver/support/managed-site.ts'
import { credentialsOn } from './support/credentials-on.ts'
import { seen } from './support/site.ts'

/** A server that dies in the middle of a push, and comes back with what its disk has. */
const PATIENCE_MS = 60_000

let profile: TestProfile
let app: TestApp
let site: ManagedSite
let service: CredentialsService
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-restart-'))
  profile = await TestProfile.create()
  app = profile.open()
  site = await manage(app)
  service = credentialsOn(app)
}, PATIENCE_MS)

afterEach(async () => {
  await service.close()
  await profile.close()
  await site.server.stop()
  await rm(folder, { recursive: true, force: true })
})

type Gather = TestApp['link']['gather']

/** Does something around the next push of an account. */
function aroundPush(work: (push: () => ReturnType<Gather>) => ReturnType<Gather>): void {
  const { link } = app
  const gather: Gather = link.gather.bind(link)
  link.gather = (...asked) => {
    if (asked[0] !== '$SYS.REQ.CLAIMS.UPDATE') return gather(...asked)
    link.gather = gather
    return work(() => gather(...asked))
  }
}

/** Ends the server without warning; what it had on its disk is kept. */
async function killServer(): Promise<void> {
  await cp(join(site.server.folder, 'resolver'), join(folder, 'resolver'), { recursive: true })
  await site.server.kill9()
}

/** Starts it on the same port, with the disk that it had. */
async function startAgain(): Promise<void> {
  const config = await app.mesh.configuration(site.id)
  await site.restart(
    config.replace('dir: "resolver"', `dir: ${JSON.stringify(join(folder, 'resolver'))}`),
  )
}

const MOMENTS = [
  { moment: 'before the account reached it', staysAway: false, push: async () => killServer() },
  {
    moment: 'after it took the account, before it was asked for it',
    staysAway: true,
    push: async (send: () => ReturnType<Gather>) => {
      await send()
      await killServer()
    },
  },
]

test.each(MOMENTS)(
  'a server that dies $moment has the same as the ledger once it is back',
  async ({ push, staysAway }) => {
    const user = await issueDevice(app, 'pump')
    const device = await logIn(site.server.url, user)
    aroundPush(async (send) => {
      await push(send)
      return []
    })
    const target = { type: 'credentials' as const, ids: [user.ledgerId] }
    const [begun] = service.revoke(target, 'Stolen.')
    const id = begun?.id ?? ''
    await device.closed()
    if (staysAway) {
      const waiting = await seen(service, id, ({ state }) => state === 'waiting')
      expect(waiting).toMatchObject({ canCancel: true, problem: { code: 'PUSH_FAILED' } })
      expect(waiting.problem?.message).toMatch(/Muster sends it the recorded state/u)
      expect(app.authority.ledger.entry(user.ledgerId)?.state).toBe('active')
    }
    await startAgain()
    const { evidence } = await seen(service, id, ({ state }) => state === 'done')
    expect(evidence).toMatchObject({ verdict: 'proven', connectedAfter: 0 })
    expect(app.authority.ledger.entry(user.ledgerId)?.state).toBe('revoked')
    const account = accountOf(app)
    const [held] = await app.publisher.way.held([account], true, NEVER)
    const { accounts } = await app.authority.bootstrap()
    expect(held?.jwts).toEqual([accounts.find(({ publicKey }) => publicKey === account)?.jwt])
    expect(app.authority.procedures.unfinished()).toEqual([])
    await expect(logIn(site.server.url, user)).rejects.toThrow(/authorization|authentication/iu)
  },
  PATIENCE_MS,
)
