import type { CommandState, QueuedCommand } from '#shared/contract/queue.ts'
import type { Tone } from '../../ui/state-mark.tsx'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

export const COMMAND_STATES: Readonly<Record<CommandState, { word: string; tone: Tone }>> = {
  sending: { word: 'Not confirmed', tone: 'busy' },
  queued: { word: 'Waiting', tone: 'info' },
  delivered: { word: 'With the device', tone: 'busy' },
  dead: { word: 'Failed too often', tone: 'bad' },
  done: { word: 'Done', tone: 'ok' },
  failed: { word: 'Failed', tone: 'bad' },
  expired: { word: 'Expired', tone: 'warn' },
  cancelled: { word: 'Cancelled', tone: 'off' },
  discarded: { word: 'Discarded', tone: 'off' },
  gone: { word: 'Outcome unknown', tone: 'warn' },
}

/** What each state means for the person. */
export const STATE_MEANS: Readonly<Record<CommandState, string>> = {
  sending:
    'The server has not confirmed the command yet. It shows within a moment whether it waits.',
  queued: 'The device fetches it when it is back.',
  delivered: 'The device has it and has not said yet what came of it.',
  dead: 'The device got it as often as it may and never finished it. It waits for you: queue it again once the cause is mended, or discard it.',
  done: 'The device carried it out.',
  failed: 'The device refused it or failed at it; it is not tried again.',
  expired: 'It was not begun in time, and is not carried out any more.',
  cancelled: 'It was taken from the queue.',
  discarded: 'It was taken from the queue.',
  gone: 'It is no longer in the queue, and neither the device nor a console said why.',
}

/** How long a command may wait, as people choose it. */
export const EXPIRIES = [
  { value: String(15 * MINUTE_MS), label: '15 minutes' },
  { value: String(HOUR_MS), label: '1 hour' },
  { value: String(8 * HOUR_MS), label: '8 hours' },
  { value: String(DAY_MS), label: '1 day' },
  { value: String(7 * DAY_MS), label: '7 days' },
  { value: String(30 * DAY_MS), label: '30 days' },
] as const

export const DEFAULT_EXPIRY = String(DAY_MS)

export function isWaiting({ state }: Pick<QueuedCommand, 'state'>): boolean {
  return state === 'sending' || state === 'queued' || state === 'delivered' || state === 'dead'
}

/** `2 of 5`, or nothing before the first attempt. */
export function attemptsText({
  attempts,
  maxAttempts,
}: Pick<QueuedCommand, 'attempts' | 'maxAttempts'>): string {
  return attempts === 0 ? '' : `${attempts} of ${maxAttempts}`
}
