import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeJwt } from '../../../src/main/authority/jwt.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import { signerOf } from '../../../src/main/authority/signer.ts'
import {
  publishVerdict,
  subscribeVerdict,
  type SubjectLists,
  type UserPermissions,
} from '../../../src/main/doctor/permission-matcher.ts'
import { RawNats } from '../../../src/main/doctor/raw-nats.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { TestOperator } from '../mesh/support/test-operator.ts'
import { NEVER } from '#shared/never.ts'

const operator = new TestOperator()
let server: NatsServer

beforeAll(async () => {
  server = await startNatsServer({ files: operator.files(), config: operator.config() })
})
afterAll(() => server.stop())

/** A connection of a user with these permissions in its JWT. */
async function connectWith(permissions: UserPermissions): Promise<RawNats> {
  const key = createNkey('user')
  const { pub, sub, resp } = permissions
  const jwt = encodeJwt(
    {
      name: 'user',
      subject: key.publicKey,
      type: 'user',
      nats: {
        pub: listsOf(pub),
        sub: listsOf(sub),
        ...(resp === null ? {} : { resp }),
        subs: -1,
        data: -1,
        payload: -1,
      },
      issuedAt: Math.floor(Date.now() / 1000),
    },
    signerOf(operator.account.seed),
  )
  const target = { host: '127.0.0.1', port: server.port, tls: false, caPem: null }
  const raw = await RawNats.open(target, NEVER)
  expect(await raw.login({ jwt, seed: key.seed })).toBeUndefined()
  return raw
}

function listsOf({ allow, deny }: SubjectLists) {
  return allow === null ? { deny } : { allow, deny }
}

// Few words, so that lists and subjects meet often.
const token = fc.constantFrom('a', 'b', 'c')
const subject = fc.array(token, { minLength: 1, maxLength: 4 }).map((all) => all.join('.'))
const pattern = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 3 }),
    fc.constantFrom('a', '*', '>', 'b*'),
  )
  .map(([tokens, last]) => [...tokens, last].join('.'))
const queue = fc.constantFrom('q', 'q.1', 'q.2', 'r')
const queuePattern = fc.oneof(
  pattern,
  fc.tuple(pattern, fc.constantFrom('q', 'q.*', 'q.>', 'r')).map((both) => both.join(' ')),
)
const lists = (entry: fc.Arbitrary<string>) =>
  fc.record({
    allow: fc.option(fc.array(entry, { maxLength: 3 })),
    deny: fc.array(entry, { maxLength: 2 }),
  })
const permissions: fc.Arbitrary<UserPermissions> = fc.record({
  pub: lists(pattern),
  sub: lists(queuePattern),
  resp: fc.option(fc.constant({ max: 1, ttl: 1_000_000_000 }), { freq: 3 }),
})

test('publishing is judged exactly as the server does, whatever the lists', async () => {
  await fc.assert(
    fc.asyncProperty(
      permissions,
      fc.array(subject, { minLength: 12, maxLength: 12 }),
      async (given, subjects) => {
        const raw = await connectWith(given)
        try {
          for (const to of subjects) {
            raw.send(`PUB ${to} 0`, '')
            const errors = await raw.flush()
            expect({ to, allowed: errors.length === 0 }).toEqual({
              to,
              allowed: publishVerdict(given, to).allowed,
            })
          }
        } finally {
          raw.close()
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('subscribing is judged exactly as the server does, with wildcards and queue groups', async () => {
  await fc.assert(
    fc.asyncProperty(
      permissions,
      fc.array(fc.tuple(fc.oneof(subject, pattern), fc.option(queue)), {
        minLength: 12,
        maxLength: 12,
      }),
      async (given, wanted) => {
        const raw = await connectWith(given)
        try {
          for (const [index, [to, group]] of wanted.entries()) {
            raw.send(`SUB ${to} ${group === null ? '' : `${group} `}${index + 1}`)
            const errors = await raw.flush()
            expect({ to, group, allowed: errors.length === 0 }).toEqual({
              to,
              group,
              allowed: subscribeVerdict(given, to, group).allowed,
            })
          }
        } finally {
          raw.close()
        }
      },
    ),
    { numRuns: 80 },
  )
})
