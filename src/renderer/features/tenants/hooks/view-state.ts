import type { DeviceEvent } from '#shared/contract/events.ts'
import type { SeenSubject, ViewSession, ViewUpdate } from '#shared/contract/tenants.ts'
import { reduceFleet, type FleetState } from '../../../lib/live/fleet-state.ts'

/** Newest events that a view keeps. */
const MAX_EVENTS = 200

/** What is seen with the eyes of a tenant. */
export interface ViewState {
  readonly session: ViewSession | null
  readonly fleet: FleetState | undefined
  /** The newest first. */
  readonly events: readonly DeviceEvent[]
  readonly subjects: readonly SeenSubject[]
  readonly moreSubjects: number
}

export const NOTHING_SEEN: ViewState = {
  session: null,
  fleet: undefined,
  events: [],
  subjects: [],
  moreSubjects: 0,
}

/** The next state of a view. */
export function reduceView(state: ViewState, update: ViewUpdate): ViewState {
  switch (update.type) {
    case 'session':
      return { ...state, session: update.session }
    case 'fleet':
      return { ...state, fleet: reduceFleet(state.fleet, update.update) }
    case 'events': {
      const added = update.update.events.toReversed()
      const before = update.update.type === 'snapshot' ? [] : state.events
      return { ...state, events: [...added, ...before].slice(0, MAX_EVENTS) }
    }
    case 'subjects':
      return { ...state, subjects: update.subjects, moreSubjects: update.more }
  }
}
