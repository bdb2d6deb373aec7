import type { MeshState } from '#shared/contract/mesh.ts'
import type { MeshSession } from './mesh-session.ts'
import { withoutMesh } from './resting-state.ts'

type Listener = (state: MeshState) => void

/** Keeps the state that is told, counts the reconnects, and tells only what differs. */
export class StateTeller {
  readonly #listeners = new Set<Listener>()
  #state: MeshState
  #reconnects = 0
  #wasConnected = false
  #lost = false
  #session: MeshSession | undefined
  #earlierRestarts = 0
  #sessionRestarts = 0

  /** @param state what is told before any mesh is in use */
  constructor(state: MeshState) {
    this.#state = state
  }

  get state(): MeshState {
    return this.#state
  }

  /** Calls `listener` with the state now and after each change; returns how to stop that. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    listener(this.#state)
    return () => void this.#listeners.delete(listener)
  }

  /** Another mesh, or the same on purpose anew: what comes is no loss and no recovery. */
  begin(): void {
    this.#wasConnected = false
    this.#lost = false
  }

  tell(session: MeshSession | undefined): void {
    if (session !== this.#session) {
      this.#session = session
      this.#earlierRestarts += this.#sessionRestarts
      this.#sessionRestarts = 0
    }
    const state = session === undefined ? withoutMesh() : this.#stateOf(session)
    const { since } = this.#state
    const same = state.state === this.#state.state && state.kind === this.#state.kind
    const told = same ? { ...state, since } : state
    if (JSON.stringify(told) === JSON.stringify(this.#state)) return
    this.#state = told
    for (const listener of this.#listeners) listener(told)
  }

  close(): void {
    this.#listeners.clear()
  }

  #stateOf(session: MeshSession): MeshState {
    const state = session.state(this.#wasConnected)
    if (state.state === 'connected') {
      if (this.#lost) this.#reconnects += 1
      this.#lost = false
      this.#wasConnected = true
    } else if (this.#wasConnected) this.#lost = true
    this.#sessionRestarts = state.serverRestarts
    return {
      ...state,
      serverRestarts: this.#earlierRestarts + state.serverRestarts,
      dialect: session.dialect.name,
      reconnects: this.#reconnects,
      since: new Date().toISOString(),
    }
  }
}
