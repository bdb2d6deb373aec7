import type { ControlId } from './probes.ts'

/** Words for what must work. */
export const CONTROL_NAMES: Readonly<Record<ControlId, string>> = {
  event: 'its own events reach it',
  request: 'a device answers a call on _INBOX',
  'private-request': 'a console gets its answer on a private inbox',
  queue: 'every queued message reaches its own worker',
  'service-request': 'the registry calls a device and gets its answer',
  'registry-hears': 'the registry hears its heartbeats and events',
  'registry-asks': 'its registrations and discovery requests reach the registry',
  presence: 'the registry’s notices reach it',
  jetstream: 'its own stream answers it',
  system: 'the server answers the system account about it',
}
