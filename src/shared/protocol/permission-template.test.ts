import { expect, test } from 'vitest'
import {
  expandSubject,
  placedTemplate,
  templateProblems,
  usesName,
  type PermissionTemplate,
} from './permission-template.ts'
import { DEFAULT_TEMPLATES, ROLE_NAMES } from './roles.ts'

const USER = { name: 'robot-1', publicKey: 'UABC', account: 'AXYZ', tags: ['zone:a', 'zone:b'] }

function listening(...allow: string[]): PermissionTemplate {
  return {
    pub: { allow: ['{root}.{tenant}.x'], deny: [] },
    sub: { allow, deny: [] },
    answers: null,
    inbox: 'private',
  }
}

function problemsOf(template: PermissionTemplate, spansTenants = false) {
  return templateProblems(template, { spansTenants, root: 'fabric' })
}

test('fills in root and tenant, and leaves the user to the server', () => {
  const placed = placedTemplate(DEFAULT_TEMPLATES['device-own'], { root: 'fabric', tenant: 'acme' })
  expect(placed.pub.allow).toContain('fabric.acme.{{name()}}.heartbeat')
  expect(placed.sub.allow).toContain('_INBOX.>')
})

test('a private inbox names the user as a token of its own, and leaves everybody else’s alone', () => {
  const placed = placedTemplate(DEFAULT_TEMPLATES.viewer, { root: 'fabric', tenant: 'acme' })
  expect(placed.sub.allow).toContain('_INBOX_PRIVATE.{{subject()}}.>')
  expect(placed.pub.allow.filter((subject) => subject.startsWith('_INBOX'))).toEqual([])
})

test.each([
  ['a.b', ['a.b']],
  ['a.{{name()}}.b', ['a.robot-1.b']],
  ['a.{{NAME()}}', ['a.robot-1']],
  ['a.{{subject()}}', ['a.UABC']],
  ['a.{{account-subject()}}', ['a.AXYZ']],
  ['a.{{tag(zone)}}.{{name()}}', ['a.a.robot-1', 'a.b.robot-1']],
  ['a.{{tag(floor)}}', []],
  ['a.{{nonsense()}}', []],
  ['a.x{{name()}}', ['a.x{{name()}}']],
])('%s becomes %j', (subject, expected) => {
  expect(expandSubject(subject, USER)).toEqual(expected)
})

test('no role comes with anything that would be refused', () => {
  for (const role of ROLE_NAMES) {
    expect(problemsOf(DEFAULT_TEMPLATES[role], role === 'registry')).toEqual([])
  }
})

test.each([
  '>',
  '*.>',
  '*.x',
  '$SYS.>',
  '$SYS.REQ.ACCOUNT.PING.CONNZ',
  '{root}.>',
  '{root}.*.cmd',
  '{root}.other.>',
  'fabric.other.>',
  'fabric.>',
  '_R_.>',
  '_INBOX_*.>',
  '_INBOX_PRIVATE.>',
  'a.{{tag(zone)}}',
  'a.x{{name()}}',
  'a.{zone}',
  'a..b',
  'a b',
  '',
  'a.>.b',
])('refuses %j', (subject) => {
  expect(problemsOf(listening(subject))).toMatchObject([{ level: 'refused', subject }])
})

test.each(['_INBOX.>', '$JS.API.>', '$KV.x.>', '{root}.{tenant}.*'])('warns of %j', (subject) => {
  expect(problemsOf(listening(subject))).toMatchObject([{ level: 'warning', subject }])
})

test('lets what is the tenant’s own pass, and all of it for the registry', () => {
  expect(problemsOf(listening('{root}.{tenant}.>', 'fabric.{tenant}.x', 'else.where'))).toEqual([])
  expect(problemsOf(listening('{root}.>'), true)).toEqual([])
})

test('refuses to publish everything by an empty list, and answers without bound', () => {
  const template = {
    ...listening('a'),
    pub: { allow: [], deny: [] },
    answers: { max: -1, seconds: 0 },
  }
  expect(problemsOf(template).map(({ list }) => list)).toEqual(['pub.allow', 'answers'])
})

test('knows where the name of a user becomes part of its subjects', () => {
  expect(usesName(DEFAULT_TEMPLATES['device-own'])).toBe(true)
  expect(usesName(DEFAULT_TEMPLATES.device)).toBe(false)
})
