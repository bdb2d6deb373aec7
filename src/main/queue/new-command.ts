import type { DeviceAddress } from '#shared/contract/fleet.ts'
import type { CommandMessage } from './command-message.ts'
import { MAX_ATTEMPTS } from './command-state.ts'
import type { StoredCommand } from './command-store.ts'

/** A command as it is written down before the server has it. */
export function newCommand(
  { tenant, deviceId }: DeviceAddress,
  { id, functionName, params, by, deadline }: CommandMessage,
  at: Date,
): StoredCommand {
  return {
    id,
    tenant,
    deviceId,
    functionName,
    params,
    by,
    elsewhere: false,
    state: 'sending',
    enqueuedAt: at.toISOString(),
    deadline: deadline?.toISOString() ?? null,
    sequence: null,
    copies: 1,
    attempts: 0,
    maxAttempts: MAX_ATTEMPTS,
    result: null,
    error: null,
    mayHaveRun: false,
    endedAt: null,
  }
}

/** Whether a command that is asked for again under its id asks for the same. */
export function isSameCommand(
  existing: StoredCommand,
  { tenant, deviceId }: DeviceAddress,
  { functionName, params }: CommandMessage,
): boolean {
  return (
    existing.tenant === tenant &&
    existing.deviceId === deviceId &&
    existing.functionName === functionName &&
    JSON.stringify(existing.params) === JSON.stringify(params)
  )
}
