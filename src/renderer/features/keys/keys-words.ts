import type { KeyHolder, UnfinishedProcedure } from '#shared/contract/keys.ts'
import type { Tone } from '../../ui/state-mark.tsx'

export const KIND_WORDS: Readonly<Record<KeyHolder['kind'], string>> = {
  operator: 'Operator',
  system: 'System account',
  registry: 'Registry account',
  shared: 'Shared account',
  tenant: 'Tenant account',
}

export const IDENTITY_WORDS: Readonly<
  Record<KeyHolder['identity'], { readonly word: string; readonly tone: Tone }>
> = {
  here: { word: 'In the keychain', tone: 'ok' },
  offline: { word: 'In the kit only', tone: 'off' },
  missing: { word: 'Missing', tone: 'bad' },
}

/** Where a procedure stands, in a word or two. */
export function procedureState(one: UnfinishedProcedure): { word: string; tone: Tone } {
  if (one.running) {
    return one.direction === 'back'
      ? { word: 'Rolling back', tone: 'busy' }
      : { word: 'Running', tone: 'busy' }
  }
  if (one.problem !== null) return { word: 'Stopped', tone: 'bad' }
  return one.waitsFor === null
    ? { word: 'Interrupted', tone: 'warn' }
    : { word: 'Waits for you', tone: 'warn' }
}
