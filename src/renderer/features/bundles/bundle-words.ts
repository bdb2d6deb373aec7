import type {
  BundleKind,
  BundleReceipt,
  BundleStep,
  PlannedCredential,
} from '#shared/contract/bundles.ts'
import type { Tone } from '../../ui/state-mark.tsx'

export const KIND_WORDS: Readonly<Record<BundleKind, string>> = {
  devices: 'Device credentials',
  tenant: 'Tenant',
  collector: 'Collector',
  context: 'nats context',
  'leaf-node': 'Leaf node',
}

export const STEP_WORDS: Readonly<Record<BundleStep, string>> = {
  issuing: 'Issuing the credentials',
  sealing: 'Signing and sealing',
  writing: 'Writing',
  flushing: 'Waiting until the medium has it',
  'reading-back': 'Reading it back and comparing',
  waiting: 'Waiting to be fetched',
  recording: 'Writing the receipt',
  ejecting: 'Ejecting the drive',
}

/** The steps in their order, with how much of the bar each has. */
export const STEP_SHARES: readonly (readonly [BundleStep, number])[] = [
  ['issuing', 10],
  ['sealing', 15],
  ['writing', 30],
  ['flushing', 15],
  ['reading-back', 26],
  ['recording', 2],
  ['ejecting', 2],
]

export const WAY_WORDS: Readonly<
  Record<PlannedCredential['way'], { readonly word: string; readonly tone: Tone }>
> = {
  repack: { word: 'Packed again', tone: 'ok' },
  keep: { word: 'Without its key', tone: 'info' },
  issue: { word: 'New', tone: 'ok' },
  refuse: { word: 'Left out', tone: 'bad' },
}

/** How a bundle was closed, in a few words. */
export function sealingWords({ sealing, people }: BundleReceipt): string {
  if (sealing === 'plain') return 'Open'
  return sealing === 'passphrase' ? 'Passphrase' : people.join(', ')
}

/** How it was made sure that the medium has it; null where that was not told. */
export function readBackWords({ readFrom }: BundleReceipt['destination']): string | null {
  if (readFrom === undefined) return null
  return readFrom === 'medium'
    ? 'From the medium itself'
    : 'Through the memory of the system, which does not let the medium be read alone'
}
