import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { deviceParams, registryParts, rpc } from '../../../tests/support/registry-parts.ts'
import { SILENT, UNHEARD } from './beat-history.ts'
import { presenceText, takePresence } from './presence-text.ts'
import { openSqliteStore } from './sqlite-store.ts'

const NOTHING = {
  reconnects: 0,
  drops: undefined as number[] | undefined,
  flappingUntilMs: 0,
  reason: SILENT,
  hasOwnCredential: false,
}

test('a device without history takes no room in the store', () => {
  expect(presenceText(NOTHING)).toBeNull()
})

test('history comes back as it was', () => {
  const entry = {
    reconnects: 7,
    drops: [1, 2, 3],
    flappingUntilMs: 99,
    reason: UNHEARD,
    hasOwnCredential: true,
  }
  const again = { ...NOTHING }
  takePresence(again, presenceText(entry))
  expect(again).toEqual(entry)
})

test.each([
  '',
  'null',
  '[]',
  '{"drops":"x","reconnects":-4,"unheard":1}',
  '{"reconnects":1e99,"flappingUntil":1e99,"drops":[-1]}',
])('what somebody else wrote there (%s) reads as nothing', (text) => {
  const entry = { ...NOTHING }
  takePresence(entry, text)
  expect(entry).toEqual(NOTHING)
})

test('it outlives a restart in the embedded store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-presence-'))
  const store = openSqliteStore(join(folder, 'registry.db'))
  try {
    const signal = new AbortController().signal
    const { index, registrations, writes } = registryParts({ store })
    for (let time = 0; time < 3; time += 1) {
      void registrations.answer('t', rpc('registerDevice', deviceParams('d')), 'source')
    }
    await writes.close()
    expect(index.get('t', 'd')?.reconnects).toBe(2)
    const restored = registryParts()
    for await (const page of store.load(signal)) {
      for (const device of page) restored.registrar.restore(device)
    }
    expect(restored.index.get('t', 'd')?.reconnects).toBe(2)
  } finally {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  }
})
