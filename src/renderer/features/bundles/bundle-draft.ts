import type { BundleChoice, BundleKind, BundleOrder } from '#shared/contract/bundles.ts'

/** An address under which the mesh is reached. While it is typed, its id alone stays the same. */
export interface Address {
  readonly id: string
  readonly url: string
}

/** What the person has put together so far. The passphrase is not in it: it stays in its field. */
export interface BundleDraft {
  readonly choice: BundleChoice
  /** Empty: as suggested. */
  readonly name: string
  /** Null until the person changed what is offered. */
  readonly addresses: readonly Address[] | null
  readonly allowLoopback: boolean
  readonly sealing: 'passphrase' | 'people' | 'plain'
  readonly people: readonly string[]
  /** The person read what an open bundle means. */
  readonly plainConfirmed: boolean
  readonly folder: string
  readonly allowSynced: boolean
}

export const MAX_DAYS = 3_650

/** A draft as it comes: for whom it was asked for, sealed. */
export function newDraft(
  tenant: string,
  devices: readonly string[],
  kind: BundleKind,
): BundleDraft {
  return {
    choice: {
      kind,
      tenant,
      devices: [...devices],
      keys: 'new',
      credentialFolder: '',
      newDevices: [],
      validDays: 90,
      alsoCreds: false,
      certificates: 'inline',
      starters: [],
    },
    name: '',
    addresses: null,
    allowLoopback: false,
    sealing: 'passphrase',
    people: [],
    plainConfirmed: false,
    folder: '',
    allowSynced: false,
  }
}

export function newAddress(url: string): Address {
  return { id: crypto.randomUUID(), url }
}

const LOOPBACK = /^[a-z-]+:\/\/(?:localhost|127\.|\[::1\])/iu

/** Whether an address means the very computer that it is used on. */
export function isLoopback(url: string): boolean {
  return LOOPBACK.test(url)
}

/** What the person still has to do. `secret` is whether a passphrase is there and written down. */
export function missingIn(
  draft: BundleDraft,
  urls: readonly string[],
  going: number,
  secret: boolean,
): string | null {
  if (draft.choice.tenant === '') return 'Choose a tenant.'
  if (going === 0) return 'Choose at least one device.'
  if (urls.length === 0) return 'Name at least one address.'
  if (!draft.allowLoopback && urls.some(isLoopback)) return 'Say whether it is for this computer.'
  if (draft.sealing === 'passphrase' && !secret) return 'Write the passphrase down first.'
  if (draft.sealing === 'people' && draft.people.length === 0) return 'Choose whom to seal it to.'
  if (draft.sealing === 'plain' && !draft.plainConfirmed) return 'Confirm that it may be open.'
  return draft.folder.trim() === '' ? 'Choose a folder.' : null
}

/** The order without its secret. */
export function orderOf(
  draft: BundleDraft,
  urls: readonly string[],
  suggestedName: string,
): Omit<BundleOrder, 'sealing'> {
  return {
    choice: draft.choice,
    name: draft.name.trim() === '' ? suggestedName : draft.name.trim(),
    urls: [...urls],
    allowLoopback: draft.allowLoopback,
    destination: { kind: 'folder', path: draft.folder.trim(), allowSynced: draft.allowSynced },
  }
}
