import type { MeshState } from '#shared/contract/mesh.ts'
import { durationText } from './duration-text.ts'
import type { ComponentReport, HealthService } from './health-service.ts'

/** The part of the mesh that health listens to. */
export interface MeshStates {
  readonly subscribe: (
    listener: (update: { readonly type: 'snapshot'; readonly mesh: MeshState }) => void,
  ) => () => void
}

/**
 * Turns the mesh's states into the component `mesh` and into notices about what broke and what
 * recovered by itself. Returns what ends it.
 */
export function watchMesh(
  health: Pick<HealthService, 'report' | 'notify'>,
  mesh: MeshStates,
  now: () => number = () => performance.now(),
): () => void {
  let before: MeshState | undefined
  let lostAt: number | undefined
  let restartsBeforeLoss = 0
  return mesh.subscribe(({ mesh: state }) => {
    health.report('mesh', reportOf(state))
    // Another mesh was chosen, by a person: neither a loss nor a recovery.
    if (before !== undefined && (before.kind !== state.kind || before.name !== state.name)) {
      lostAt = undefined
      before = undefined
    }
    if (before?.state === 'connected' && state.state !== 'connected' && state.state !== 'stopped') {
      lostAt = now()
      restartsBeforeLoss = before.serverRestarts
      health.notify(lossOf(state))
    }
    if (state.state === 'failed' && before?.state !== 'failed' && state.problem !== null) {
      health.notify({
        level: 'error',
        title: 'The mesh can not be used',
        text: `${state.problem.message} ${state.problem.advice}`,
      })
    }
    if (state.state === 'connected' && lostAt !== undefined) {
      const restarted = state.serverRestarts > restartsBeforeLoss
      health.notify(recoveryOf(restarted, now() - lostAt))
      lostAt = undefined
    }
    if (state.state === 'stopped') lostAt = undefined
    before = state
  })
}

function reportOf(mesh: MeshState): ComponentReport {
  const { problem } = mesh
  if (mesh.kind === 'none') {
    return { state: 'off', summary: 'No mesh has been set up yet', problem }
  }
  const reports: Record<MeshState['state'], Pick<ComponentReport, 'state' | 'summary'>> = {
    stopped: { state: 'off', summary: 'Stopped' },
    starting: {
      state: 'starting',
      summary: mesh.kind === 'local' ? 'The local mesh is starting' : 'Connecting',
    },
    connected: { state: problem === null ? 'ok' : 'degraded', summary: connectedText(mesh) },
    reconnecting: { state: 'degraded', summary: 'Connection lost, reconnecting' },
    failed: { state: 'failed', summary: problem?.message ?? 'The mesh can not be used' },
  }
  return { ...reports[mesh.state], problem }
}

// No round-trip time here: it changes with every ping and would make each one an update.
function connectedText(mesh: MeshState): string {
  const version = mesh.serverVersion === null ? '' : ` to nats-server ${mesh.serverVersion}`
  return `Connected${version}${mesh.reach === 'loopback' ? ', this computer only' : ''}`
}

function lossOf(mesh: MeshState) {
  return {
    level: 'warning',
    title: 'The connection to the mesh was lost',
    text:
      mesh.kind === 'local'
        ? 'Muster starts the local nats-server again where it stopped, and reconnects by itself.'
        : 'Muster keeps trying to reconnect. Devices are not affected by this.',
  } as const
}

function recoveryOf(restarted: boolean, lostMs: number) {
  return {
    level: 'success',
    title: restarted
      ? 'The local mesh stopped and was started again'
      : 'The connection to the mesh is back',
    text: `Recovered after ${durationText(lostMs)}.`,
  } as const
}
