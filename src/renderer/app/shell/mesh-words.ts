import type { MeshState } from '#shared/contract/mesh.ts'
import type { Tone } from '../../ui/state-mark.tsx'

/** The state of the mesh as a word and a tone. */
export const MESH_WORDS: Readonly<Record<MeshState['state'], { word: string; tone: Tone }>> = {
  stopped: { word: 'Stopped', tone: 'off' },
  starting: { word: 'Starting', tone: 'busy' },
  connected: { word: 'Connected', tone: 'ok' },
  reconnecting: { word: 'Reconnecting', tone: 'warn' },
  failed: { word: 'Failed', tone: 'bad' },
}

/** Who can reach the mesh, as a sentence part. */
export const REACH_WORDS: Readonly<Record<MeshState['reach'], string>> = {
  loopback: 'This computer only',
  network: 'Devices on the network',
  remote: 'A mesh elsewhere',
}
