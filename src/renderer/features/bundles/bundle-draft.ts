import type { BundleChoice, BundleKind, BundleOrder, Drive } from '#shared/contract/bundles.ts'
import { driveObstacle } from './drive-words.ts'

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
  readonly place: 'drive' | 'folder' | 'network'
  readonly driveId: string | null
  /** Let go of the drive once all is on it. */
  readonly eject: boolean
  readonly folder: string
  readonly allowSynced: boolean
  /** Address at which the bundle is fetched; null until the person changed what is offered. */
  readonly serverUrl: string | null
  readonly minutes: number
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
    place: 'drive',
    driveId: null,
    eject: true,
    folder: '',
    allowSynced: false,
    serverUrl: null,
    minutes: 15,
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
  return missingPlace(draft)
}

function missingPlace({ place, driveId, folder, serverUrl }: BundleDraft): string | null {
  if (place === 'drive') return driveId === null ? 'Choose a drive.' : null
  if (place === 'network') return serverUrl?.trim() === '' ? 'Name the address.' : null
  return folder.trim() === '' ? 'Choose a folder.' : null
}

/** What is wrong with the drive that was chosen, as far as it shows from here. */
export function missingDrive(
  { place, driveId }: BundleDraft,
  drives: readonly Drive[] | undefined,
  bytes: number,
): string | null {
  if (place !== 'drive') return null
  const drive = drives?.find(({ id }) => id === driveId)
  if (drive === undefined) return 'Plug the drive in again, or choose another.'
  const obstacle = driveObstacle(drive, bytes)
  return obstacle === undefined ? null : `${drive.name}: ${obstacle.word.toLowerCase()}.`
}

/** The order without its secret. */
export function orderOf(
  draft: BundleDraft,
  urls: readonly string[],
  { suggestedName, offeredServer }: { suggestedName: string; offeredServer: string },
): Omit<BundleOrder, 'sealing'> {
  return {
    choice: draft.choice,
    name: draft.name.trim() === '' ? suggestedName : draft.name.trim(),
    urls: [...urls],
    allowLoopback: draft.allowLoopback,
    destination: destinationOf(draft, offeredServer),
  }
}

function destinationOf(draft: BundleDraft, offeredServer: string): BundleOrder['destination'] {
  const { place, driveId, eject, folder, allowSynced, serverUrl, minutes, allowLoopback } = draft
  if (place === 'drive') return { kind: 'drive', id: driveId ?? '', eject }
  if (place === 'folder') return { kind: 'folder', path: folder.trim(), allowSynced }
  return {
    kind: 'network',
    serverUrl: (serverUrl ?? offeredServer).trim(),
    minutes,
    allowLoopback,
  }
}
