import { expect, test } from 'vitest'
import { placedTemplate } from '#shared/protocol/permission-template.ts'
import { DEFAULT_TEMPLATES, TENANT_ROLES, type Role } from '#shared/protocol/roles.ts'
import type { DecodedJwt } from '../authority/jwt.ts'
import { scopeTemplate } from '../authority/account-key-change.ts'
import { importedName, sameRole, templateOf } from './role-of-scope.ts'
import { accountClaims } from './store-claims.ts'

const NORTH = { dialect: 'device-connect', tenant: 'north' } as const
const rules = (...allow: string[]) => ({ allow, deny: [] })
const templates = (role: Role) => DEFAULT_TEMPLATES[role as keyof typeof DEFAULT_TEMPLATES]

test.each(TENANT_ROLES)('what Muster writes for the role %s is read as that role again', (role) => {
  const place = { root: 'device-connect', tenant: 'north' }
  const written = scopeTemplate(placedTemplate(DEFAULT_TEMPLATES[role], place))
  const { scoped } = accountClaims({
    nats: { signing_keys: [{ key: 'A', role, template: written }] },
  } as unknown as DecodedJwt)
  const read = scoped[0]?.permissions ?? { pub: rules(), sub: rules() }
  const template = templateOf(read, NORTH)
  if (template === undefined) throw new Error('not a template')
  expect(sameRole(template, role, templates, TENANT_ROLES)).toBe(role)
})

test('root and tenant become places, and subjects of others stay as they are', () => {
  const template = templateOf(
    {
      pub: rules('device-connect.north.{{name()}}.>', 'plant.7.>'),
      sub: { allow: ['device-connect.north.*.cmd workers'], deny: ['device-connect.south.>'] },
    },
    NORTH,
  )
  expect(template).toEqual({
    pub: rules('{root}.{tenant}.{{name()}}.>', 'plant.7.>'),
    sub: { allow: ['{root}.{tenant}.*.cmd workers'], deny: ['{root}.south.>'] },
    answers: null,
    inbox: 'private',
  })
})

test('no list at all is everything, as it is to NATS, and an answer without limit gets one', () => {
  const open = { pub: rules(), sub: rules(), resp: { max: -1, ttl: 0 } }
  expect(templateOf(open, NORTH)).toMatchObject({
    pub: rules('>'),
    sub: rules('>'),
    answers: { max: 1_000_000, seconds: 86_400 },
  })
})

test('a list that is longer than a role may have makes none', () => {
  const many = rules(...Array.from({ length: 101 }, (_, index) => `device-connect.north.${index}`))
  expect(templateOf({ pub: many, sub: rules() }, NORTH)).toBeUndefined()
})

test('a name is kept, numbered where it is taken, and made where there is none to show', () => {
  const key = 'ABCDEFGHIJKL'
  expect(importedName('sensor', key, new Set())).toBe('custom:sensor')
  expect(importedName('sensor', key, new Set(['custom:sensor', 'custom:sensor-2']))).toBe(
    'custom:sensor-3',
  )
  expect(importedName(' \u202E\n', key, new Set())).toBe('custom:role ABCDEFGH')
})
