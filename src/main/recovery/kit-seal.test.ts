import { generateIdentity, identityToRecipient } from 'age-encryption'
import { describe, expect, test } from 'vitest'
import { createNkey } from '../authority/nkey.ts'
import type { KitContent } from './kit-content.ts'
import { isRecipient } from '../age/age-file.ts'
import { openKit, sealFile, sealForPaper } from './kit-seal.ts'

/** Little work, so that the tests are quick; the format is the same. */
const WORK_FACTOR = 4

const operator = createNkey('operator')
const CONTENT: KitContent = {
  format: 'muster-recovery-kit',
  version: 1,
  id: '7f1fbe8e-6b39-4a0c-9f7e-0a7ad13d4a10',
  createdAt: '2030-01-01T00:00:00.000Z',
  operator: { name: 'muster', publicKey: operator.publicKey, dialect: 'device-connect' },
  keys: [
    { kind: 'operator', holder: 'muster', purpose: 'identity', seed: operator.seed },
    { kind: 'tenant', holder: 'acme', purpose: 'identity', seed: createNkey('account').seed },
  ],
}
const PASSPHRASE = { kind: 'passphrase', passphrase: 'nine slow barges' } as const
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: { code?: string }) => error.code,
  )

describe('a kit', () => {
  test('opens with its passphrase, from the file and from the bytes on paper', async () => {
    const file = await sealFile(CONTENT, PASSPHRASE, WORK_FACTOR)
    expect(file).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/)
    expect(await openKit(file, PASSPHRASE)).toEqual(CONTENT)
    const paper = await sealForPaper(CONTENT, PASSPHRASE, WORK_FACTOR)
    expect(await openKit(paper, PASSPHRASE)).toEqual(CONTENT)
    expect(paper.length).toBeLessThan(600)
  })

  test('holds nothing readable', async () => {
    const file = await sealFile(CONTENT, PASSPHRASE, WORK_FACTOR)
    const bytes = Buffer.from(file.split('\n').slice(1, -2).join(''), 'base64').toString('latin1')
    for (const hidden of [operator.seed, operator.publicKey, 'acme', 'muster-recovery-kit']) {
      expect(bytes).not.toContain(hidden)
    }
  })

  test('says that it is another passphrase, and not that the file is damaged', async () => {
    const file = await sealFile(CONTENT, PASSPHRASE, WORK_FACTOR)
    const wrong = openKit(file, { kind: 'passphrase', passphrase: 'nine slow barge' })
    expect(await codeOf(wrong)).toBe('KIT_NOT_OPENED')
  })

  test('opens with the identity of each of its recipients, and of nobody else', async () => {
    const identities = await Promise.all([generateIdentity(), generateIdentity()])
    const recipients = await Promise.all(identities.map(identityToRecipient))
    const file = await sealFile(CONTENT, { kind: 'recipients', recipients })
    for (const identity of identities) {
      expect(await openKit(file, { kind: 'identity', identity })).toEqual(CONTENT)
    }
    const stranger = { kind: 'identity', identity: await generateIdentity() } as const
    expect(await codeOf(openKit(file, stranger))).toBe('KIT_NOT_OPENED')
    expect(await codeOf(openKit(file, PASSPHRASE))).toBe('KIT_NOT_OPENED')
    expect(recipients.every(isRecipient)).toBe(true)
    expect(isRecipient('age1nobody')).toBe(false)
  })

  test('tells a recipient and an identity that are none without repeating the secret', async () => {
    const toNobody = sealFile(CONTENT, { kind: 'recipients', recipients: ['age1nobody'] })
    expect(await codeOf(toNobody)).toBe('KIT_RECIPIENT')
    const file = await sealFile(CONTENT, PASSPHRASE, WORK_FACTOR)
    const identity = 'AGE-SECRET-KEY-1NOT'
    const error = await openKit(file, { kind: 'identity', identity }).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ code: 'KIT_IDENTITY' })
    expect((error as Error).message).not.toContain(identity)
  })

  test('is told to be damaged wherever a byte of it was changed', async () => {
    const sealed = await sealForPaper(CONTENT, PASSPHRASE, WORK_FACTOR)
    const codes = new Set<string | undefined>()
    for (let at = 0; at < sealed.length; at += 7) {
      const changed = Uint8Array.from(sealed)
      changed[at] = (changed[at] ?? 0) ^ 1
      codes.add(await codeOf(openKit(changed, PASSPHRASE)))
    }
    expect(codes).toEqual(new Set(['KIT_DAMAGED', 'KIT_NOT_OPENED']))
    expect(await codeOf(openKit('not a kit', PASSPHRASE))).toBe('KIT_DAMAGED')
  })

  test('refuses what is no kit, one of a newer Muster, and one with a damaged seed', async () => {
    const sealed = (content: unknown) => sealFile(content as KitContent, PASSPHRASE, WORK_FACTOR)
    const [operatorKey, ...others] = CONTENT.keys
    const last = operator.seed.endsWith('A') ? 'B' : 'A'
    const cut = { ...operatorKey, seed: operator.seed.slice(0, -1) + last }
    const cases = [
      [{ hello: 'world' }, 'KIT_UNKNOWN'],
      [{ ...CONTENT, version: 2 }, 'KIT_TOO_NEW'],
      [{ ...CONTENT, keys: [cut, ...others] }, 'KIT_DAMAGED'],
    ] as const
    for (const [content, code] of cases) {
      expect(await codeOf(openKit(await sealed(content), PASSPHRASE))).toBe(code)
    }
  })
})
